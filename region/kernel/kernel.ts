import type { Call } from './calls.ts';
import type { Clock } from './clock.ts';
import type { Credentials } from './credentials.ts';
import type { Delays } from './delays.ts';
import type { Ids } from './ids.ts';

/** Who signs a request: the person at the keyboard, a role session, or an AWS service; or nobody (`anonymous`). */
export interface Principal {
  readonly kind: 'user' | 'role' | 'service' | 'anonymous';
  /** ARN of the user, the role (not of the session), or the service's host name. */
  readonly arn: string;
  readonly sessionName?: string;
  /** `${aws:userid}`: role-id:session-name for a role. */
  readonly userId?: string;
}

export interface RequestContext {
  readonly principal: Principal;
  readonly requestId: string;
  readonly signal?: AbortSignal;
}

export type ServiceId =
  | 'autoscaling'
  | 'cloudformation'
  | 'cloudwatch'
  | 'dynamodb'
  | 'ec2'
  | 'elbv2'
  | 'eventbridge'
  | 'iam'
  | 'kms'
  | 'lambda'
  | 'logs'
  | 's3'
  | 'scheduler'
  | 'sqs'
  | 'ssm'
  | 'stepfunctions'
  | 'sts';

type Method<T> = T extends (input: infer I, options?: infer _O) => Promise<infer R>
  ? (input: I, context: RequestContext) => Promise<Omit<R, '$metadata'>> | Omit<R, '$metadata'>
  : never;

/**
 * The operations of an AWS service in the shapes of its SDK client. `Client` is the aggregated client class (`EC2`, `AutoScaling`, …):
 * `const operations: Operations<EC2> = { async describeVolumes(input, context) { … } }`.
 */
export type Operations<Client> = {
  [K in keyof Client as K extends 'config' | 'middlewareStack' | 'send' | 'destroy' ? never : K]?: Method<
    FirstOverload<Client[K]>
  >;
};

/** SDK methods are overloaded (promise and callbacks); the first overloads are the promise forms. */
type FirstOverload<T> = T extends {
  (input: infer I, options?: infer O): Promise<infer R>;
  (...rest: infer _A): unknown;
  (...rest: infer _B): unknown;
}
  ? (input: I, options?: O) => Promise<R>
  : T extends {
        (): Promise<infer R0>;
        (input: infer I, options?: infer O): Promise<infer _R>;
        (...rest: infer _A): unknown;
        (...rest: infer _B): unknown;
      }
    ? (input: I, options?: O) => Promise<R0>
    : never;

export type UntypedOperation = (input: never, context: RequestContext) => unknown;

export interface Service {
  readonly id: ServiceId;
  readonly operations: Readonly<Record<string, UntypedOperation>>;
  /** Called once all services are registered. */
  start?(): Promise<void>;
  /** Frees timers, processes and sockets; called in reverse order of registration. */
  stop?(): Promise<void>;
}

/** An event as EventBridge carries it on the default bus, without the fields that the bus adds. */
export interface AwsEvent {
  readonly source: string;
  readonly 'detail-type': string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly resources?: readonly string[];
}

/** A running instance's inside: design §9, `region/machines/`. */
export interface Machine {
  attachVolume(volume: { volumeId: string; device: string }): void;
  detachVolume(volumeId: string): void;
  /** Ends every process of the machine by SIGKILL; resolves when they are gone. */
  terminate(): Promise<void>;
  consoleOutput(): string;
}

export interface MachineSpec {
  readonly instanceId: string;
  readonly privateIp: string;
  readonly zone: string;
  readonly userData: string;
  /** Role of the instance profile, when there is one: the machine signs its S3 calls as this role. */
  readonly roleArn?: string;
}

export interface Machines {
  launch(spec: MachineSpec): Machine;
  /** Nothing in the zone moves or answers until the returned function is called; instances can still be terminated. */
  holdZone(zone: string): () => void;
  /** Deletes the directory that stands for a volume. */
  deleteVolume(volumeId: string): Promise<void>;
  stop(): Promise<void>;
}

export interface Kernel {
  readonly accountId: string;
  readonly region: string;
  /** Full names of the region's zones, for example `us-east-1a`. */
  readonly zones: readonly string[];
  readonly stateDir: string;
  readonly clock: Clock;
  readonly delays: Delays;
  readonly ids: Ids;
  readonly credentials: Credentials;
  /** URL of the HTTP endpoint, set once the server listens. */
  endpoint: string;
  /** Set by the composition before services start. */
  machines: Machines;
  log(line: string): void;
  /**
   * Runs work that nobody awaits: `what` names it (`a health check`). What it throws, or rejects with, is a defect of the region, and
   * goes to the composition: a region says it loudly and goes on, a kernel that a test composed throws it.
   */
  background(what: string, work: () => void | Promise<void>): void;
  register(service: Service): void;
  service(id: ServiceId): Service;
  services(): readonly Service[];
  /**
   * Calls an operation in-process, as `principal`. Names are the SDK's method names (`runInstances`).
   * Throws AwsError as the operation does.
   */
  invoke<O = unknown>(
    service: ServiceId,
    operation: string,
    input: object,
    principal?: Principal,
  ): Promise<O>;
  /** Throws NotPlayedError unless the service is registered and has the operation. */
  assertPlayed(service: ServiceId, operation: string): void;
  /** Authorizes and runs an operation for a request that is already read and is being reported (the protocol layer's door). */
  perform(service: ServiceId, operation: string, input: object, context: RequestContext): Promise<unknown>;
  /** Calls `listener` after every call that ends, over the wire or by `invoke`; the returned function unsubscribes. */
  onCall(listener: (call: Call) => void): () => void;
  /** Tells the listeners of `onCall`. */
  reportCall(call: Call): void;
  /** Puts an AWS service's event on the default bus (delivery is the EventBridge service's work). */
  putEvent(event: AwsEvent): void;
  /** The EventBridge service subscribes here. */
  onEvent(listener: (event: AwsEvent) => void): void;
  /** Seam for IAM evaluation (a later issue): throws AwsError AccessDenied when the principal may not. Allows everything today. */
  authorize(principal: Principal, service: ServiceId, operation: string, input: object): void;
}
