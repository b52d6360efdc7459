import type { InstanceStatuses } from '../../../functions/aws/instance-statuses.ts';
import type { Objects } from '../../../functions/aws/objects.ts';
import type { PoolGroups } from '../../../functions/aws/pool-groups.ts';
import { observePools } from '../../../functions/demand/observe-pools.ts';
import { handler as beginRepair } from '../../../functions/repair/begin-repair.ts';
import { handler as finishRepair } from '../../../functions/repair/finish-repair.ts';
import { handler as judgeRepair } from '../../../functions/repair/judge-repair.ts';
import { handler as raisePool } from '../../../functions/repair/raise-pool.ts';
import { sweepRepairs } from '../../../functions/repair/sweep-repairs.ts';
import { handler as terminateWorker } from '../../../functions/repair/terminate-worker.ts';
import type { TaskContext } from '../../../functions/runtime/task.ts';
import type { SweepFinding } from '../../../functions/sweep/contracts.ts';
import type { JsonValue } from '../../../region/states/json.ts';
import type { TestFunction } from '../../region/states/harness.ts';
import { breakable, type Fault } from '../../support/breakable.ts';
import { fakeObjects } from '../../support/fake-objects.ts';
import { fakeRegistry } from '../../support/fake-registry.ts';
import { fakeTaskContext } from '../../support/fake-task-context.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { buildSpec } from '../../support/specs.ts';
import { putFormedCluster } from '../sweep/registered.ts';
import { type Condition, memberOf, unusedOfGroup, writtenObservation } from './seen-pool.ts';

const drainSeconds = 40;
const joinSeconds = 60;

interface Machine {
  readonly zone: string;
  readonly launchedAt: number;
  /** Since when its node says nothing any more. */
  silentAt?: number;
  leavingAt?: number;
}

export interface PlayedOptions {
  readonly replacement?: 'before' | 'after';
  readonly zones?: readonly string[];
  /** In each zone. */
  readonly size?: number;
  readonly max?: number;
}

export type PlayedPool = Awaited<ReturnType<typeof playedPool>>;

/** A cluster's pool, its groups and nodes, played in time; the real tasks act on them. Groups end, launch and replace as Auto Scaling does. */
export async function playedPool({
  replacement = 'after',
  zones = ['a'],
  size = 5,
  max = 10,
}: PlayedOptions = {}) {
  const clock = createManualClock(new Date('2026-03-01T12:00:00.000Z'));
  const now = () => clock.now().getTime();
  const registry = fakeRegistry();
  await putFormedCluster(registry, 'demo', ['a']);
  const [pool] = buildSpec({
    pools: [{ name: 'general', instanceTypes: ['m7g.large'], zones, max: 100 }],
  }).pools;
  if (!pool) throw new Error('the spec has no pool');
  const wishes = { ...pool, repair: { ...pool.repair, replacement } };
  await registry.updateCluster('demo', { spec: { ...buildSpec(), pools: [wishes] } });
  const machines = new Map<string, Machine>();
  const desired = new Map(zones.map((zone) => [zone, size]));
  const seen = { terminated: [] as string[], desiredMax: size, calls: [] as string[], apiDown: false };
  let launches = 0;
  const launch = (zone: string, launchedAt: number): void => {
    launches += 1;
    machines.set(`i-${launches.toString(16).padStart(8, '0')}`, { zone, launchedAt });
  };
  for (const zone of zones) for (let at = 0; at < size; at += 1) launch(zone, now() - 86_400_000);

  /** What has happened by now. */
  const live = (): void => {
    for (const [id, { leavingAt = Number.POSITIVE_INFINITY }] of machines)
      if (now() - leavingAt >= drainSeconds * 1000) machines.delete(id);
    for (const zone of zones) {
      const staying = [...machines.values()].filter(
        (one) => one.zone === zone && one.leavingAt === undefined,
      );
      for (let at = staying.length; at < (desired.get(zone) ?? 0); at += 1) launch(zone, now());
    }
  };
  const hasJoined = ({ launchedAt }: Machine) => now() - launchedAt >= joinSeconds * 1000;
  const stateOf = (machine: Machine) =>
    machine.leavingAt !== undefined ? 'Terminating:Wait' : hasJoined(machine) ? 'InService' : 'Pending:Wait';

  const groups: Pick<PoolGroups, 'describe' | 'setDesired' | 'terminate'> = {
    describe: async (names) => {
      live();
      return zones
        .map((zone) => ({
          name: `trivet-demo-pool-general-${zone}`,
          desired: desired.get(zone) ?? 0,
          min: 0,
          max,
          ...unusedOfGroup,
          tags: { 'trivet:deployment': 'trivet', 'trivet:cluster': 'demo', 'trivet:pool': 'general' },
          instances: [...machines]
            .filter(([, machine]) => machine.zone === zone)
            .map(([instanceId, machine]) => memberOf(instanceId, stateOf(machine))),
        }))
        .filter(({ name }) => names.includes(name));
    },
    setDesired: async (name, { from, to }) => {
      const zone = name.slice(-1);
      if (desired.get(zone) !== from) return 'changed';
      desired.set(zone, to);
      seen.desiredMax = Math.max(seen.desiredMax, to);
      return 'set';
    },
    terminate: async (instanceId, { decrement }) => {
      const machine = machines.get(instanceId);
      if (!machine || machine.leavingAt !== undefined) return false;
      machine.leavingAt = now();
      if (decrement) desired.set(machine.zone, (desired.get(machine.zone) ?? 0) - 1);
      seen.terminated.push(instanceId);
      return true;
    },
  };
  const conditionOf = ({ launchedAt, silentAt }: Machine): Condition =>
    silentAt === undefined
      ? { type: 'Ready', status: 'True', since: new Date(launchedAt).toISOString() }
      : { type: 'Ready', status: 'Unknown', since: new Date(silentAt).toISOString() };
  const observation = (): string => {
    const joined = [...machines].filter(([, machine]) => hasJoined(machine));
    const nodes = joined.map(([name, machine]) => ({
      name,
      createdAt: new Date(machine.launchedAt).toISOString(),
      unschedulable: false,
      conditions: [conditionOf(machine)],
    }));
    return writtenObservation(nodes, { observedAt: clock.now().toISOString(), reachable: !seen.apiDown });
  };
  const objects: Objects = {
    ...fakeObjects(),
    get: async () => {
      live();
      return { body: new TextEncoder().encode(observation()), etag: '' };
    },
  };
  const statuses: InstanceStatuses = {
    impaired: async () => [],
    scheduledEvents: async () => [],
  };
  let fault: Fault | undefined;
  const break_ = <T extends object>(name: string, port: T): T =>
    breakable(name, port, seen.calls, () => fault);
  const deps = {
    registry: break_('registry', registry),
    groups: break_('groups', groups),
    poolGroups: break_('groups', groups),
    objects: break_('objects', objects),
    statuses,
  };
  const context = (): TaskContext => ({ ...fakeTaskContext(), clock });
  const tasks = {
    JudgeRepair: judgeRepair,
    BeginRepair: beginRepair,
    RaisePool: raisePool,
    TerminateWorker: terminateWorker,
    FinishRepair: finishRepair,
  };
  const functions: Record<string, TestFunction> = {
    '${RecordFailure}': () => ({ message: 'it failed' }),
  };
  for (const [name, { contract, run }] of Object.entries(tasks))
    functions[`\${${name}}`] = async (payload) => {
      const input = contract.input.parse(payload);
      return contract.output.parse(
        await run(input as never, deps as never, context()),
      ) as unknown as JsonValue;
    };
  return {
    clock,
    machines,
    registry,
    desired,
    seen,
    functions,
    live,
    break: (one: Fault | undefined) => {
      fault = one;
      seen.calls.length = 0;
    },
    silence: (instanceId: string, seconds: number) => {
      const machine = machines.get(instanceId);
      if (machine) machine.silentAt = now() - seconds * 1000;
    },
    repairs: async () => (await registry.getRepairs('demo'))?.repairs ?? [],
    sweep: async (): Promise<SweepFinding[]> => {
      const { config, signal } = context();
      const look = { deployment: config.deployment, now: clock.now(), signal };
      const readers = { ...deps, registry };
      return sweepRepairs(await observePools(['demo'], readers, look), readers, context());
    },
  };
}
