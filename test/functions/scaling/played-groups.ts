import type { LaunchFailure } from '../../../functions/aws/launch-failure.ts';
import type { PoolGroupFound, PoolGroups } from '../../../functions/aws/pool-groups.ts';
import { renderObservation } from '../../../functions/demand/stored-observation.ts';
import { TrivetError } from '../../../functions/runtime/errors.ts';
import type { TaskContext } from '../../../functions/runtime/task.ts';
import { handler as fallBackScaling } from '../../../functions/scaling/fall-back-scaling.ts';
import { handler as planPersonSizes } from '../../../functions/scaling/plan-person-sizes.ts';
import { handler as resizePools } from '../../../functions/scaling/resize-pools.ts';
import { handler as startDrains } from '../../../functions/scaling/start-drains.ts';
import { handler as verifyDrains } from '../../../functions/scaling/verify-drains.ts';
import { handler as verifyScaling } from '../../../functions/scaling/verify-scaling.ts';
import { StateFailure } from '../../../region/states/errors.ts';
import type { JsonValue } from '../../../region/states/json.ts';
import type { TestFunction } from '../../region/states/harness.ts';
import { fakeExecutions } from '../../support/fake-executions.ts';
import { fakeObjects } from '../../support/fake-objects.ts';
import { fakeRegistry } from '../../support/fake-registry.ts';
import { fakeTaskContext } from '../../support/fake-task-context.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { buildSpec } from '../../support/specs.ts';
import { putFormedCluster } from '../sweep/registered.ts';
import { nodeOf } from './scaled-cluster.ts';

const tasks = {
  PlanPersonSizes: planPersonSizes,
  ResizePools: resizePools,
  VerifyScaling: verifyScaling,
  FallBackScaling: fallBackScaling,
  StartDrains: startDrains,
  VerifyDrains: verifyDrains,
};

interface PlayedGroup {
  desired: number;
  /** Instances in service, each a ready node. */
  readonly instances: string[];
  /** What its launches fail with. */
  refusal?: string;
}

export interface PlayedWorld {
  /** By zone, how many workers there are. */
  readonly sizes: Readonly<Record<string, number>>;
  readonly pool?: object;
}

export type PlayedGroups = Awaited<ReturnType<typeof playedGroups>>;

/** A pool's groups, nodes and drains, played in time; the real tasks act on them. Drains end when a test says so, or when they are looked at. */
export async function playedGroups({ pool = {}, sizes }: PlayedWorld) {
  const clock = createManualClock(new Date('2026-03-01T12:00:00.000Z'));
  const registry = fakeRegistry();
  await putFormedCluster(registry, 'demo', []);
  const zones = Object.keys(sizes);
  const general = { name: 'general', instanceTypes: ['m7g.large'], zones, min: 0, max: 5, ...pool };
  const spec = buildSpec({ pools: [general, { ...general, name: 'spot' }] });
  await registry.updateCluster('demo', { spec }, {});
  const groups = new Map<string, PlayedGroup>();
  let launches = 0;
  const launch = (): string => `i-${(++launches).toString(16).padStart(17, '0')}`;
  for (const [zone, size] of Object.entries(sizes))
    groups.set(zone, { desired: size, instances: Array.from({ length: size }, launch) });

  const live = (): void => {
    for (const group of groups.values())
      while (group.refusal === undefined && group.instances.length < group.desired)
        group.instances.push(launch());
  };
  const zoneOf = (name: string): string => name.slice('trivet-demo-pool-general-'.length);
  const groupOf = (zone: string, { desired, instances }: PlayedGroup): PoolGroupFound => ({
    name: `trivet-demo-pool-general-${zone}`,
    subnetIds: [],
    launchTemplateId: 'lt-1',
    launchTemplateVersion: '1',
    instanceTypes: ['m7g.large'],
    capacity: 'on-demand',
    min: 0,
    max: 5,
    desired,
    suspended: [],
    tags: {},
    instances: instances.map((instanceId) => ({
      instanceId,
      lifecycleState: 'InService',
      healthStatus: 'Healthy',
      instanceType: 'm7g.large',
      zone: `us-east-1${zone}`,
    })),
  });
  const seen = { sized: [] as string[], observing: true };
  const ports: Pick<PoolGroups, 'describe' | 'setDesired' | 'launchFailures'> = {
    describe: async (names) => {
      live();
      return [...groups]
        .map(([zone, group]) => groupOf(zone, group))
        .filter(({ name }) => names.includes(name));
    },
    setDesired: async (name, { from, to }) => {
      const group = groups.get(zoneOf(name));
      if (group?.desired !== from) return 'changed';
      group.desired = to;
      seen.sized.push(`${zoneOf(name)}:${from}-${to}`);
      return 'set';
    },
    launchFailures: async (name): Promise<LaunchFailure[]> => {
      const { refusal } = groups.get(zoneOf(name)) ?? {};
      return refusal === undefined
        ? []
        : [{ at: clock.now().toISOString(), kind: 'capacity', message: refusal }];
    },
  };
  const objects = fakeObjects();
  const observe = async (): Promise<void> => {
    live();
    const nodes = [...groups].flatMap(([zone, { instances }]) =>
      instances.map((name) => ({ ...nodeOf(zone, 0), name })),
    );
    const nothing = { pending: [], leftOut: [], daemonSets: [], budgets: [] };
    const head = { cluster: 'demo', observedAt: clock.now().toISOString(), reachable: true, allPods: true };
    const key = 'clusters/demo/observations/workers.json';
    if (seen.observing) await objects.put(key, renderObservation({ ...head, ...nothing, nodes }));
  };
  const executions = fakeExecutions(() => clock.now());
  const deps = { registry, objects, groups: ports, executions };
  const context = (): TaskContext => ({ ...fakeTaskContext(), clock });
  const functions: Record<string, TestFunction> = { '${RecordFailure}': () => ({ message: 'it failed' }) };
  for (const [name, { contract, run }] of Object.entries(tasks))
    functions[`\${${name}}`] = async (payload) => {
      await observe();
      const input = contract.input.parse(payload);
      try {
        const output = await run(input as never, deps as never, context());
        return contract.output.parse(output) as unknown as JsonValue;
      } catch (error) {
        if (error instanceof TrivetError) throw new StateFailure(error.name, error.message);
        throw error;
      }
    };
  /** Ends a drain that runs; with `drained` its worker goes and its group is one smaller. */
  const endDrains = (outcome: string, reason = 'its pods are gone'): void => {
    for (const [arn, execution] of executions.executions) {
      if (execution.status !== 'RUNNING') continue;
      const { instanceId, zone } = execution.input as { instanceId: string; zone: string };
      const output = JSON.stringify({ outcome, reason });
      executions.executions.set(arn, { ...execution, status: 'SUCCEEDED', output });
      const group = groups.get(zone);
      const index = group?.instances.indexOf(instanceId) ?? -1;
      if (!group || index === -1 || outcome !== 'drained') continue;
      group.instances.splice(index, 1);
      group.desired -= 1;
    }
  };
  const counts = (): Record<string, number> =>
    Object.fromEntries([...groups].map(([zone, { instances }]) => [zone, instances.length]));
  return { clock, counts, endDrains, executions, functions, groups, registry, seen };
}
