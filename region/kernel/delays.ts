/** How long AWS takes, in milliseconds, and how its own clocks are scaled. Sources: reference/reliability-and-security.md §5. */
export interface Delays {
  /** RunInstances accepted → instance `running`. */
  readonly instancePending: number;
  /** Instance `running` → its user data starts. */
  readonly instanceBoot: number;
  /** `shutting-down` → `terminated`. */
  readonly instanceShutdown: number;
  readonly volumeCreate: number;
  readonly volumeAttach: number;
  readonly volumeDetach: number;
  readonly networkInterfaceDetach: number;
  /** How often an Auto Scaling group looks at its instances and at failed launches. */
  readonly autoScalingInterval: number;
  readonly targetHealthInterval: number;
  readonly loadBalancerProvision: number;
  /** An event put on the bus → its targets invoked. */
  readonly eventDelivery: number;
  /** Added to every API call that comes over the wire (HTTP or in-process request handler), not to calls between services. */
  readonly apiLatency: number;
  /** Added to an invocation that finds no warm environment. */
  readonly lambdaColdStart: number;
  /** Added to each Step Functions transition. */
  readonly stateTransition: number;
  /** Factor on ASL Wait seconds and Retry intervals. */
  readonly waitScale: number;
  /** Factor on EventBridge Scheduler rates. */
  readonly scheduleScale: number;
  /** Factor on lifecycle hook time-outs. */
  readonly hookScale: number;
}

const fast: Delays = {
  instancePending: 50,
  instanceBoot: 100,
  instanceShutdown: 100,
  volumeCreate: 20,
  volumeAttach: 50,
  volumeDetach: 50,
  networkInterfaceDetach: 20,
  autoScalingInterval: 200,
  targetHealthInterval: 500,
  loadBalancerProvision: 50,
  eventDelivery: 5,
  apiLatency: 0,
  lambdaColdStart: 0,
  stateTransition: 0,
  waitScale: 1,
  scheduleScale: 0.1,
  hookScale: 1,
};

const delayProfiles = {
  fast,
  /** Trivet's own overhead with what AWS adds to each step, without the long boot (design §11). */
  modelled: {
    ...fast,
    eventDelivery: 300,
    apiLatency: 40,
    lambdaColdStart: 300,
    stateTransition: 30,
    scheduleScale: 1,
  },
  real: {
    instancePending: 17_000,
    instanceBoot: 8_000,
    instanceShutdown: 30_000,
    volumeCreate: 1_500,
    volumeAttach: 2_000,
    volumeDetach: 2_000,
    networkInterfaceDetach: 1_000,
    autoScalingInterval: 5_000,
    targetHealthInterval: 10_000,
    loadBalancerProvision: 120_000,
    eventDelivery: 300,
    apiLatency: 40,
    lambdaColdStart: 300,
    stateTransition: 30,
    waitScale: 1,
    scheduleScale: 1,
    hookScale: 1,
  },
} as const satisfies Record<string, Delays>;

export type DelayProfile = keyof typeof delayProfiles;

/** The delays of a profile with single values overridden. */
export function resolveDelays(delays: DelayProfile | Partial<Delays> = 'fast'): Delays {
  return typeof delays === 'string' ? delayProfiles[delays] : { ...fast, ...delays };
}
