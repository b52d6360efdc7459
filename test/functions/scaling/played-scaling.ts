import type { LaunchFailure } from '../../../functions/aws/launch-failure.ts';
import type { PoolGroups } from '../../../functions/aws/pool-groups.ts';
import { handler as recordFailure } from '../../../functions/clusters/record-failure.ts';
import type { WorkerPod } from '../../../functions/demand/contracts.ts';
import { observePools } from '../../../functions/demand/observe-pools.ts';
import { renderObservation } from '../../../functions/demand/stored-observation.ts';
import type { TaskContext } from '../../../functions/runtime/task.ts';
import type { SizeChange } from '../../../functions/scaling/contracts.ts';
import { handler as fallBackScaling } from '../../../functions/scaling/fall-back-scaling.ts';
import { handler as resizePools } from '../../../functions/scaling/resize-pools.ts';
import { sweepScaling } from '../../../functions/scaling/sweep-scaling.ts';
import { handler as verifyScaling } from '../../../functions/scaling/verify-scaling.ts';
import { StateFailure } from '../../../region/states/errors.ts';
import type { JsonValue } from '../../../region/states/json.ts';
import type { TestFunction } from '../../region/states/harness.ts';
import { breakable, type Fault } from '../../support/breakable.ts';
import { fakeObjects } from '../../support/fake-objects.ts';
import { fakeRegistry } from '../../support/fake-registry.ts';
import { fakeTaskContext } from '../../support/fake-task-context.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { buildSpec } from '../../support/specs.ts';
import { putFormedCluster } from '../sweep/registered.ts';
import { groupOf, nodeOf, poolOf, types, waiting, web } from './scaled-cluster.ts';

const joinSeconds = 60;
/** Auto Scaling tries a launch that failed again after a while. */
const retrySeconds = 20;
const zones = ['a', 'b'];

interface Machine {
  readonly zone: string;
  readonly launchedAt: number;
  pod?: string;
}

export interface ScalingOptions {
  /** Pods that need a worker each. */
  readonly pods?: number;
  /** Zones in which EC2 has no instance to give. */
  readonly withdrawn?: readonly string[];
  /** Instances never become nodes. */
  readonly silent?: boolean;
}

export type PlayedScaling = Awaited<ReturnType<typeof playedScaling>>;

/** A cluster with one pool over two zones, at most four workers, and pods that wait, played in time; the real tasks and the sweep act on it. */
export async function playedScaling({ pods = 3, silent = false, withdrawn = [] }: ScalingOptions = {}) {
  const clock = createManualClock(new Date('2026-03-01T12:00:00.000Z'));
  const now = () => clock.now().getTime();
  const registry = fakeRegistry();
  await putFormedCluster(registry, 'demo', ['a']);
  await registry.updateCluster('demo', { spec: buildSpec({ pools: [poolOf()] }) });
  const machines = new Map<string, Machine>();
  const desired = new Map(zones.map((zone) => [zone, 0]));
  const failures = new Map(zones.map((zone) => [zone, [] as LaunchFailure[]]));
  const lacking = new Set(withdrawn);
  const queue = waiting(pods).pods.slice();
  const calls: string[] = [];
  const seen = { launched: 0, wantedMax: 0, sizesSet: [] as string[] };

  const inZone = (zone: string) => [...machines].filter(([, machine]) => machine.zone === zone);
  const hasJoined = ({ launchedAt }: Machine) => !silent && now() - launchedAt >= joinSeconds * 1000;
  const launch = (zone: string): void => {
    seen.launched += 1;
    machines.set(`i-${seen.launched.toString(16).padStart(8, '0')}`, { zone, launchedAt: now() });
    failures.set(zone, []);
  };
  const refuse = (zone: string): void => {
    const before = failures.get(zone) ?? [];
    if (before[0] && now() - Date.parse(before[0].at) < retrySeconds * 1000) return;
    const message = 'We currently do not have sufficient m7g.large capacity in the zone you requested';
    failures.set(zone, [{ at: clock.now().toISOString(), kind: 'capacity', message }, ...before]);
  };
  /** What has happened by now. */
  const live = (): void => {
    for (const zone of zones)
      for (let at = inZone(zone).length; at < (desired.get(zone) ?? 0); at += 1)
        if (lacking.has(zone)) refuse(zone);
        else launch(zone);
    for (const machine of machines.values())
      if (hasJoined(machine) && machine.pod === undefined) {
        const pod = queue.shift();
        if (pod !== undefined) machine.pod = pod;
      }
  };
  const groups: Pick<PoolGroups, 'describe' | 'setDesired' | 'launchFailures'> = {
    describe: async (names) => {
      live();
      return zones
        .map((zone) =>
          groupOf(zone, desired.get(zone) ?? 0, {
            instances: inZone(zone).map(([instanceId, machine]) => ({
              instanceId,
              lifecycleState: hasJoined(machine) ? 'InService' : 'Pending:Wait',
              healthStatus: 'Healthy',
              instanceType: 'm7g.large',
              zone: `us-east-1${zone}`,
            })),
          }),
        )
        .filter(({ name }) => names.includes(name));
    },
    setDesired: async (name, { from, to }) => {
      const zone = name.slice(-1);
      if (desired.get(zone) !== from) return 'changed';
      desired.set(zone, to);
      seen.sizesSet.push(`${zone}:${from}-${to}`);
      seen.wantedMax = Math.max(
        seen.wantedMax,
        [...desired.values()].reduce((sum, one) => sum + one, 0),
      );
      live();
      return 'set';
    },
    launchFailures: async (name) => {
      live();
      return failures.get(name.slice(-1)) ?? [];
    },
  };
  const observation = () => ({
    cluster: 'demo',
    observedAt: clock.now().toISOString(),
    reachable: true,
    nodes: [...machines]
      .filter(([, machine]) => hasJoined(machine))
      .map(([name, { launchedAt, pod, zone }]) =>
        nodeOf(zone, 0, {
          name,
          createdAt: new Date(launchedAt).toISOString(),
          pods: pod === undefined ? [] : [podOf(pod)],
        }),
      ),
    pending: queue.length > 0 ? [{ ...waiting(0), pods: [...queue] }] : [],
    leftOut: [],
    daemonSets: [],
    budgets: [],
    allPods: true,
  });
  const objects = fakeObjects();
  /** As the watch does. */
  const watch = async (): Promise<void> => {
    live();
    await objects.put('clusters/demo/observations/workers.json', renderObservation(observation()));
  };
  let fault: Fault | undefined;
  const break_ = <T extends object>(name: string, port: T): T => breakable(name, port, calls, () => fault);
  const deps = {
    registry: break_('registry', registry),
    groups: break_('groups', groups),
    objects: break_('objects', objects),
  };
  const context = (): TaskContext => ({ ...fakeTaskContext(), clock });
  const functions: Record<string, TestFunction> = {};
  const tasks = {
    ResizePools: resizePools,
    VerifyScaling: verifyScaling,
    FallBackScaling: fallBackScaling,
    RecordFailure: recordFailure,
  };
  for (const [name, { contract, run }] of Object.entries(tasks))
    functions[`\${${name}}`] = async (payload) => {
      await watch();
      const input = contract.input.parse(payload);
      return asFailure(async () =>
        contract.output.parse(await run(input as never, deps as never, context())),
      );
    };
  return {
    clock,
    registry,
    machines,
    desired,
    failures,
    lacking,
    queue,
    calls,
    seen,
    functions,
    live,
    break: (one: Fault | undefined) => {
      fault = one;
      calls.length = 0;
    },
    /** One minute's sweep: the changes of each execution of scale-workers that it would start. */
    sweep: async (): Promise<SizeChange[][]> => {
      await watch();
      const ports = { registry, objects, poolGroups: groups, instanceTypes: { describe: async () => types } };
      const { config, signal } = context();
      const look = { deployment: config.deployment, now: clock.now(), signal };
      const findings = await sweepScaling(await observePools(['demo'], ports, look), ports, context());
      return findings.flatMap(({ action, changes }) =>
        action === 'start-scale' && changes ? [changes] : [],
      );
    },
  };
}

function podOf(name: string): WorkerPod {
  return { view: { name, shape: web }, resident: false };
}

/** What a task throws, as Lambda tells the workflow. */
async function asFailure(run: () => Promise<unknown>): Promise<JsonValue> {
  try {
    return (await run()) as JsonValue;
  } catch (error) {
    if (error instanceof StateFailure || !(error instanceof Error)) throw error;
    throw new StateFailure(error.name, JSON.stringify({ errorMessage: error.message }));
  }
}
