import { afterAll, beforeAll, expect, test } from 'vitest';
import { provision } from '../../cli/commands/provision.ts';
import { readStatus } from '../../cli/commands/status.ts';
import { readSpecFile } from '../../cli/spec-file.ts';
import { invokeTask } from '../../cli/target.ts';
import { makeRegistry } from '../../functions/aws/registry.ts';
import { type DeployedRegion, deployRegion } from '../support/deployed-region.ts';
import { eventually } from '../support/eventually.ts';

const spec = readSpecFile('examples/ha.yaml');
const output = { json: true, say: () => {}, result: () => {} };

let deployed: DeployedRegion;
beforeAll(async () => {
  deployed = await deployRegion();
  expect(await provision(deployed.target, spec, output)).toMatchObject({ status: 'SUCCEEDED' });
}, 120_000);
afterAll(() => deployed?.stop());

test('the watch finds every API server and node of a fresh cluster ready', { timeout: 60_000 }, async () => {
  const registry = makeRegistry(deployed.target.config);
  const observation = await eventually(
    async () => {
      const latest = await registry.getKubernetesObservation(spec.name);
      return latest?.ready === true ? latest : undefined;
    },
    { timeoutMs: 50_000, intervalMs: 500, what: 'an observation of Kubernetes that is well' },
  );
  expect(observation.unreadySince).toEqual({});
});

test('a node that has hung for eleven minutes comes back on another instance as the same member', {
  timeout: 120_000,
}, async () => {
  const registry = makeRegistry(deployed.target.config);
  const memberOf = async (wanted: string) =>
    (await readStatus(deployed.target, spec.name)).members.find(({ slot }) => slot === wanted);
  const before = await memberOf('b');
  const instanceId = before?.instanceId ?? '';
  expect(instanceId).toMatch(/^i-/);

  /** What the watch would have recorded; its own next look may come before the sweep's. */
  const hang = (): Promise<void> => {
    const now = Date.now();
    return registry.putKubernetesObservation(spec.name, {
      cluster: spec.name,
      observedAt: new Date(now).toISOString(),
      ready: false,
      reason: 'b does not answer',
      apiServers: ['a', 'b', 'c'].map((slot) => ({ slot, ready: slot !== 'b' })),
      nodes: [],
      absent: false,
      unreadySince: { b: { instanceId, since: new Date(now - 660_000).toISOString() } },
    });
  };
  const fence = await eventually(
    async () => {
      await hang();
      await invokeTask(deployed.target, 'sweep', {});
      return (await registry.getCluster(spec.name))?.hungReplacement;
    },
    { timeoutMs: 60_000, intervalMs: 200, what: 'the replacement of the hung node' },
  );
  expect(fence).toMatchObject({ slot: 'b', instanceId });

  const after = await eventually(
    async () => {
      const member = await memberOf('b');
      return member?.healthy && member.instanceId !== instanceId ? member : undefined;
    },
    { timeoutMs: 60_000, intervalMs: 200, what: 'a healthy member on another instance' },
  );
  expect(after).toMatchObject({ memberId: before?.memberId, voter: true });
  const stateMachineArn = deployed.target.stateMachineArn('replace-control-plane-node');
  const statuses = async () =>
    (await deployed.target.states.listExecutions({ stateMachineArn })).executions?.map(
      ({ name, status }) => `${name} ${status}`,
    );
  await eventually(async () => (await statuses())?.join() === `${spec.name}-b-${instanceId}-1 SUCCEEDED`, {
    timeoutMs: 30_000,
    what: 'the end of the one execution',
  });
});
