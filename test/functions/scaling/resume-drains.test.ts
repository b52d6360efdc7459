import { beforeEach, describe, expect, test } from 'vitest';
import type { ExecutionStatus } from '../../../functions/aws/executions.ts';
import type { ClusterRecord } from '../../../functions/aws/registry.ts';
import type { WorkerNode } from '../../../functions/demand/contracts.ts';
import type { PoolsSeen } from '../../../functions/demand/observe-pools.ts';
import { resumeDrains } from '../../../functions/scaling/resume-drains.ts';
import { type FakeExecutions, fakeExecutions } from '../../support/fake-executions.ts';
import { fakeTaskContext } from '../../support/fake-task-context.ts';
import { groupOf, inputOf, instanceOf, nodeOf } from './scaled-cluster.ts';

const prefix = 'arn:aws:states:us-east-1:123456789012:execution:trivet-drain-worker:demo-general-i-a0';
/** The nodes were seen at 11:59:55. */
const before = '2026-11-27T11:59:00.000Z';
const after = '2026-11-27T11:59:58.000Z';

let executions: FakeExecutions;
beforeEach(() => {
  executions = fakeExecutions();
});

function ran(attempt: number, status: ExecutionStatus, stoppedAt?: string): void {
  const executionArn = `${prefix}-${attempt}`;
  const startedAt = '2026-11-27T11:50:00.000Z';
  executions.executions.set(executionArn, {
    executionArn,
    status,
    startedAt,
    ...(stoppedAt && { stoppedAt }),
  });
}

const marked = (cause: string): WorkerNode =>
  nodeOf('a', 0, {
    unschedulable: true,
    taints: [{ key: 'trivet.dev/draining', value: cause, effect: 'NoSchedule' }],
  });

interface Sight {
  readonly node?: WorkerNode;
  readonly fresh?: boolean;
  readonly reachable?: boolean;
  readonly lifecycleState?: string;
}

async function resumed({
  fresh = true,
  lifecycleState,
  node = marked('scale-down'),
  reachable = true,
}: Sight) {
  const { found, spec } = inputOf({ nodes: [node], reachable }, { fresh });
  const instances = [instanceOf('a', 0, lifecycleState)];
  const seen: PoolsSeen = {
    cluster: { name: 'demo', spec } as ClusterRecord,
    groups: [groupOf('a', 1, { instances }), groupOf('b', 0)],
    ...(found && { found }),
  };
  return resumeDrains([seen], executions, fakeTaskContext());
}

describe('a worker whose node is marked for a drain', () => {
  test('that has died is drained again, to the end that its drain had', async () => {
    ran(1, 'FAILED', before);
    expect(await resumed({})).toEqual([
      {
        cluster: 'demo',
        pool: 'general',
        zone: 'a',
        instanceId: 'i-a0',
        action: 'start-drain',
        cause: 'scale-down',
        afterwards: 'terminate-and-shrink',
        reason: 'the drain of i-a0 for scale-down died before it was through',
      },
    ]);
    expect(await resumed({ node: marked('rebalance') })).toMatchObject([{ afterwards: 'terminate' }]);
  });

  test.each<[string, () => void, Sight]>([
    ['that runs', () => ran(1, 'RUNNING'), {}],
    ['whose latest attempt runs', () => [ran(1, 'FAILED', before), ran(2, 'RUNNING')], {}],
    ['that ended after the node was seen', () => ran(1, 'SUCCEEDED', after), {}],
    [
      'that has failed five times',
      () => [1, 2, 3, 4, 5].map((attempt) => ran(attempt, 'FAILED', before)),
      {},
    ],
    ['of a person', () => ran(1, 'FAILED', before), { node: marked('person') }],
    ['and has come into its hook', () => ran(1, 'FAILED', before), { lifecycleState: 'Terminating:Wait' }],
    ['by an old look', () => ran(1, 'FAILED', before), { fresh: false }],
    ['where the API could not be asked', () => ran(1, 'FAILED', before), { reachable: false }],
    ['of nobody: its cordon is a person’s', () => {}, { node: nodeOf('a', 0, { unschedulable: true }) }],
  ])('%s is left alone', async (_, history, sight) => {
    history();
    expect(await resumed(sight)).toEqual([]);
  });
});
