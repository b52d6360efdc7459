import { afterAll, beforeAll, expect, test } from 'vitest';
import { readStatus } from '../../cli/commands/status.ts';
import { readSpecFile } from '../../cli/spec-file.ts';
import type { Machine } from '../../region/kernel/kernel.ts';
import type { DeployedRegion } from '../support/deployed-region.ts';
import { eventually } from '../support/eventually.ts';
import { type ProvisionedCluster, provisionCluster } from '../support/provisioned-cluster.ts';

const example = readSpecFile('examples/ha.yaml');
/** The least that a spec may ask for; a node is Unknown forty seconds after its kubelet's last word. */
const notReadySeconds = 30;
const spec = {
  ...example,
  pools: example.pools.map((pool) => ({ ...pool, repair: { ...pool.repair, notReadySeconds } })),
};

let cluster: ProvisionedCluster;
let deployed: DeployedRegion;
/** The insides of instances: one that ends takes its kubelet with it, and EC2 goes on saying that the instance runs. */
const machines = new Map<string, Machine>();

const workersStatus = async () => (await readStatus(deployed.target, spec.name)).workers;
/** Workers that run, by EC2's word. */
const runningWorkers = async () => {
  const { Reservations = [] } = await deployed.target.ec2.describeInstances({
    Filters: [
      { Name: 'tag-key', Values: ['trivet:pool'] },
      { Name: 'instance-state-name', Values: ['running'] },
    ],
  });
  return Reservations.flatMap(({ Instances = [] }) =>
    Instances.map(({ InstanceId = '' }) => InstanceId),
  ).sort();
};

/** Keeps every machine's insides from now on. */
function keepMachines({ region: { kernel } }: DeployedRegion): void {
  const { launch } = kernel.machines;
  kernel.machines = {
    ...kernel.machines,
    launch: (machine) => {
      const launched = launch(machine);
      machines.set(machine.instanceId, launched);
      return launched;
    },
  };
}

beforeAll(async () => {
  cluster = await provisionCluster(spec, keepMachines);
  ({ deployed } = cluster);
}, 240_000);
afterAll(() => cluster?.stop());

test('a worker that dies while EC2 says it runs is replaced, and status says why', {
  timeout: 420_000,
}, async () => {
  const before = await runningWorkers();
  expect(before).toHaveLength(3);
  const [dead = ''] = before;
  await machines.get(dead)?.terminate();
  const repair = await eventually(
    async () => (await workersStatus()).repairs.find(({ endedAt }) => endedAt !== undefined),
    { timeoutMs: 400_000, intervalMs: 1_000, what: 'a repair that has ended' },
  );
  expect(repair).toMatchObject({ pool: 'general', instanceId: dead, outcome: 'replaced' });
  expect(repair.reason).toMatch(/has not been ready since/);
  const after = await runningWorkers();
  expect(after).not.toContain(dead);
  expect(after).toEqual(expect.arrayContaining(before.slice(1)));
});

test('all workers silent at once is a storm: none is ended, and a person is called', {
  timeout: 420_000,
}, async () => {
  const before = await eventually(
    async () => {
      const found = await runningWorkers();
      return found.length === 3 ? found : undefined;
    },
    { timeoutMs: 60_000, what: 'three workers' },
  );
  await Promise.all(before.map((instanceId) => machines.get(instanceId)?.terminate()));
  const { alarms, workers } = await eventually(
    async () => {
      const status = await readStatus(deployed.target, spec.name);
      return status.alarms.some((alarm) => alarm.startsWith('trivet-worker-storm')) ? status : undefined;
    },
    { timeoutMs: 300_000, intervalMs: 1_000, what: 'the alarm of a storm' },
  );
  expect(alarms.join('\n')).toContain('trivet-worker-storm');
  expect(workers.pools).toMatchObject([
    { pool: 'general', ready: 0, guardClosed: { reason: '3 of 3 workers are unhealthy, and 2 may be' } },
  ]);
  expect(await runningWorkers()).toEqual(before);
});
