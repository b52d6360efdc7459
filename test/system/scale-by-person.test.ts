import { afterAll, beforeAll, expect, test } from 'vitest';
import { scalePool } from '../../cli/commands/scale.ts';
import { readStatus } from '../../cli/commands/status.ts';
import { readSpecFile } from '../../cli/spec-file.ts';
import { makePoolGroups } from '../../functions/aws/pool-groups.ts';
import { eventually } from '../support/eventually.ts';
import { type ProvisionedCluster, provisionCluster, silent } from '../support/provisioned-cluster.ts';

/** Two workers of a pool of at most four, in two zones. */
const example = readSpecFile('examples/ha.yaml');
const spec = {
  ...example,
  pools: example.pools.map((pool) => ({ ...pool, zones: ['a', 'b'], min: 2, max: 4 })),
};

let cluster: ProvisionedCluster;
beforeAll(async () => {
  cluster = await provisionCluster(spec);
}, 240_000);
afterAll(() => cluster?.stop());

const scale = async (size: number, more: { pool?: string; dryRun?: boolean } = {}) => {
  const lines: string[] = [];
  const output = { ...silent, say: (line: string) => void lines.push(line) };
  const request = { cluster: spec.name, pool: 'general', size, ...more };
  return { code: await scalePool(cluster.deployed.target, request, output), lines };
};

/** By zone: what its group is to have, and who is in service. */
const groups = async () => {
  const names = ['a', 'b'].map((zone) => `trivet-${spec.name}-pool-general-${zone}`);
  const found = await makePoolGroups(cluster.deployed.target.config).describe(names);
  return found.map(({ desired, instances }) => ({
    desired,
    serving: instances.flatMap((one) => (one.lifecycleState === 'InService' ? [one.instanceId] : [])),
  }));
};

test('a person’s size is refused, planned, reached by a worker more and by one less that is drained', {
  timeout: 420_000,
}, async () => {
  await expect(scale(5)).rejects.toThrow('pool general has 2 to 4 workers by its spec and 5 are asked for');
  await expect(scale(3, { pool: 'gpu' })).rejects.toThrow('has no pool gpu; its pools are: general');
  expect((await groups()).map(({ desired }) => desired)).toEqual([1, 1]);

  const planned = await scale(3, { dryRun: true });
  expect(planned).toEqual({
    code: 2,
    lines: ['demo, pool general: 3 workers are asked for.', '  zone a  1 → 2', '  zone b  1 → 1'],
  });
  const before = (await groups()).flatMap(({ serving }) => serving);

  // Two operators who ask for the same: one execution, and both see its end.
  const [one, other] = await Promise.all([scale(3), scale(3)]);
  expect([one.code, other.code]).toEqual([0, 0]);
  expect(one.lines.at(-1)).toBe('demo, pool general: scaled: general is to have 3 workers, as asked.');
  const grown = await groups();
  expect(grown.map(({ desired }) => desired)).toEqual([2, 1]);
  expect(grown.flatMap(({ serving }) => serving)).toEqual(expect.arrayContaining(before));
  const executions = await executionsOf('scale-workers');
  expect(executions.map(({ name }) => name)).toEqual(['demo-general-3-1']);

  expect((await scale(3, { dryRun: true })).code).toBe(0);
  const fewer = await scale(2);
  expect(fewer.code).toBe(0);
  const drains = await executionsOf('drain-worker');
  expect(drains[0]?.input).toMatchObject({
    cause: 'scale-down',
    afterwards: 'terminate-and-shrink',
    zone: 'a',
  });
  const gone = String(drains[0]?.input.instanceId);
  expect(fewer.lines.join('\n')).toContain(`${gone} is drained and goes`);
  const shrunk = await eventually(
    async () => {
      const found = await groups();
      return found.every(({ desired, serving }) => desired === 1 && serving.length === 1) ? found : undefined;
    },
    { timeoutMs: 120_000, intervalMs: 500, what: 'one worker in each zone' },
  );
  expect(shrunk.flatMap(({ serving }) => serving)).not.toContain(gone);
  const { lastFailure } = await readStatus(cluster.deployed.target, spec.name);
  expect(lastFailure).toBeUndefined();
});

test('an input of neither form fails with what is wrong, and changes nothing', {
  timeout: 120_000,
}, async () => {
  const { states, stateMachineArn } = cluster.deployed.target;
  const before = await groups();
  const { executionArn } = await states.startExecution({
    stateMachineArn: stateMachineArn('scale-workers'),
    input: JSON.stringify({ cluster: spec.name, pool: 'general', size: '3' }),
  });
  const ended = await eventually(
    async () => {
      const described = await states.describeExecution({ executionArn });
      return described.status === 'RUNNING' ? undefined : described;
    },
    { timeoutMs: 60_000, what: 'the end of the execution' },
  );
  expect(ended).toMatchObject({ status: 'FAILED', error: 'ScalingRefused' });
  expect(ended.cause).toContain('size is no whole number');
  expect(await groups()).toEqual(before);
});

/** Executions of a workflow, the earliest first, with their inputs. */
async function executionsOf(workflow: string) {
  const { states, stateMachineArn } = cluster.deployed.target;
  const { executions = [] } = await states.listExecutions({ stateMachineArn: stateMachineArn(workflow) });
  const described = await Promise.all(
    executions.map(({ executionArn }) => states.describeExecution({ executionArn })),
  );
  return described
    .toSorted((first, second) => Number(first.startDate) - Number(second.startDate))
    .map(({ input, name }) => ({ name, input: JSON.parse(input ?? '{}') as Record<string, unknown> }));
}
