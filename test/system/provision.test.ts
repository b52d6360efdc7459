import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { provision } from '../../cli/commands/provision.ts';
import { readStatus } from '../../cli/commands/status.ts';
import { readSpecFile } from '../../cli/spec-file.ts';
import { invokeTask } from '../../cli/target.ts';
import type { Plan } from '../../functions/clusters/contracts.ts';
import type { ClusterSpec } from '../../functions/clusters/spec.ts';
import { type DeployedRegion, deployRegion } from '../support/deployed-region.ts';
import { eventually } from '../support/eventually.ts';

const spec = readSpecFile('examples/ha.yaml');
const output = { json: true, say: () => {}, result: () => {} };
const planOf = (wanted: ClusterSpec) => invokeTask<Plan>(deployed.target, 'plan-cluster', { spec: wanted });

let deployed: DeployedRegion;
beforeAll(async () => {
  deployed = await deployRegion({});
});
afterAll(() => deployed?.stop());

describe('provision-cluster', () => {
  test('makes three healthy voters out of a spec, and the same spec again changes nothing', {
    timeout: 120_000,
  }, async () => {
    expect((await planOf(spec)).action).toBe('create');
    expect(await provision(deployed.target, spec, output)).toMatchObject({ status: 'SUCCEEDED' });
    const status = await readStatus(deployed.target, spec.name);
    expect(status.phase).toBe('serving');
    expect(status.members.filter(({ voter, healthy }) => voter && healthy)).toHaveLength(3);
    expect(status.members.filter(({ leader }) => leader)).toHaveLength(1);
    const again = await planOf(spec);
    expect({ action: again.action, changes: again.changes, refusals: again.refusals }).toEqual({
      action: 'unchanged',
      changes: [],
      refusals: [],
    });
    const before = deployed.calls.length;
    expect(await provision(deployed.target, spec, output)).toMatchObject({ status: 'SUCCEEDED' });
    const requests = deployed.calls.slice(before).filter(({ via }) => via === 'request');
    const changing = requests.filter(({ operation }) =>
      /^(create|run|attach|delete|terminate)/.test(operation),
    );
    expect(changing.map(({ operation }) => operation)).toEqual([]);
  });

  test('refuses what is not safe, with the reason, before anything is changed', async () => {
    const plan = await planOf({ ...spec, zones: ['a'] });
    expect(plan.action).toBe('refuse');
    expect(plan.refusals.map(({ path }) => path)).toEqual(['zones']);
    const outcome = await provision(deployed.target, { ...spec, zones: ['a'] }, output);
    expect(outcome).toMatchObject({ status: 'FAILED', error: 'SpecRefused' });
    expect((await readStatus(deployed.target, spec.name)).members).toHaveLength(3);
  });

  test('converges on a change that is safe', { timeout: 60_000 }, async () => {
    const changed = { ...spec, tags: { ...spec.tags, team: 'storage' } };
    expect((await planOf(changed)).action).toBe('converge');
    expect(await provision(deployed.target, changed, output)).toMatchObject({ status: 'SUCCEEDED' });
    expect((await planOf(changed)).action).toBe('unchanged');
  });

  // Side by side, since each waits until the dead run's last task can no longer act (design §5, Leases); of two with three slots, since
  // five such clusters at once are more than two cores bring up.
  test('a run that was stopped at any of five steps is finished by the next', {
    timeout: 300_000,
  }, async () => {
    const finished = await Promise.all([
      stopAndFinish('stopped-0', 'Ensure certificates', ['a']),
      stopAndFinish('stopped-1', 'Ensure volume', ['b']),
      stopAndFinish('stopped-2', 'Ensure slot group', ['a', 'b', 'c']),
      stopAndFinish('stopped-3', 'Direct slot', ['a', 'b', 'c']),
      stopAndFinish('stopped-4', 'Verify etcd', ['c']),
    ]);
    expect(finished).toEqual([1, 1, 3, 3, 1]);
  });
});

/** Starts to provision a cluster, stops the execution as it enters `step`, provisions again; how many healthy voters there are then. */
async function stopAndFinish(name: string, step: string, zones: readonly string[]): Promise<number> {
  const other = { ...spec, name, zones: [...zones], pools: [] };
  const { states } = deployed.target;
  const stateMachineArn = deployed.target.stateMachineArn('provision-cluster');
  const input = JSON.stringify({ spec: other });
  const { executionArn = '' } = await states.startExecution({ stateMachineArn, name, input });
  await eventually(
    async () => {
      const { events = [] } = await states.getExecutionHistory({ executionArn, maxResults: 1000 });
      return events.some(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name === step);
    },
    { timeoutMs: 180_000, what: `the state ${step}` },
  );
  await states.stopExecution({ executionArn });
  expect(await provision(deployed.target, other, output)).toMatchObject({ status: 'SUCCEEDED' });
  const status = await readStatus(deployed.target, name);
  return status.members.filter(({ voter, healthy }) => voter && healthy).length;
}
