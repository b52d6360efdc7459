import { describe, expect, test } from 'vitest';
import { judgeHealth, type NodesSeen, type WorkerSeen } from '../../../functions/repair/judge-health.ts';
import { trackAiling } from '../../../functions/repair/track-ailing.ts';
import { ago, type Condition, node, nodesOf, now, policy, ready, worker } from './seen-pool.ts';

const id = 'i-0a';
const judge = (
  nodes: NodesSeen,
  more: { worker?: Partial<WorkerSeen>; ailing?: { absent?: string; unready?: string } } = {},
) =>
  judgeHealth(
    { ...worker(id), ...more.worker },
    nodes,
    more.ailing ? { [id]: more.ailing } : {},
    policy,
    now,
  );
const blind: NodesSeen = { usable: false, reason: 'no API server can be asked' };
const withConditions = (...conditions: Condition[]) => nodesOf([node(id, conditions)]);
const isReady = ready('True', ago(9_000));
const ofType = (type: string, status: Condition['status'], seconds: number): Condition => ({
  type,
  status,
  since: ago(seconds),
});

describe('a worker in service', () => {
  test.each<[string, NodesSeen, { ailing?: { absent?: string; unready?: string } }, string]>([
    ['is healthy as a ready node', withConditions(isReady), {}, 'healthy'],
    ['that turned False is ailing within its time', withConditions(ready('False', ago(300))), {}, 'ailing'],
    ['that is False for longer is dead', withConditions(ready('False', ago(301))), {}, 'dead'],
    ['that is Unknown for longer is dead', withConditions(ready('Unknown', ago(301))), {}, 'dead'],
    [
      'that flapped from Unknown to False begins nothing anew',
      withConditions(ready('False', ago(5))),
      { ailing: { unready: ago(301) } },
      'dead',
    ],
    [
      'that flapped and was first unready lately is ailing',
      withConditions(ready('False', ago(5))),
      { ailing: { unready: ago(200) } },
      'ailing',
    ],
    ['that says nothing of its readiness is not healthy', withConditions(), {}, 'dead'],
    [
      'whose unreadiness began in the future is ailing',
      withConditions(ready('Unknown', ago(-3_600))),
      {},
      'ailing',
    ],
    ['whose unreadiness has no time is ailing', withConditions(ready('Unknown', 'long ago')), {}, 'ailing'],
    [
      'whose clock is years behind is reckoned from when its node was made',
      nodesOf([node(id, [ready('False', '1970-01-01T00:00:00Z')], { createdAt: ago(100) })]),
      {},
      'ailing',
    ],
    [
      'with disk pressure is ailing for its time',
      withConditions(isReady, ofType('DiskPressure', 'True', 1_800)),
      {},
      'ailing',
    ],
    [
      'with lasting disk pressure is dead',
      withConditions(isReady, ofType('DiskPressure', 'True', 1_801)),
      {},
      'dead',
    ],
    [
      'with lasting memory pressure is dead',
      withConditions(isReady, ofType('MemoryPressure', 'True', 1_801)),
      {},
      'dead',
    ],
    [
      'with lasting PID pressure is dead',
      withConditions(isReady, ofType('PIDPressure', 'True', 1_801)),
      {},
      'dead',
    ],
    [
      'whose pressure is unknown while it is ready is healthy',
      withConditions(isReady, ofType('DiskPressure', 'Unknown', 9_000)),
      {},
      'healthy',
    ],
    [
      'whose network is unavailable while it is ready is healthy',
      withConditions(isReady, ofType('NetworkUnavailable', 'True', 9_000)),
      {},
      'healthy',
    ],
    ['without a node is ailing when that was never seen before', nodesOf([]), {}, 'ailing'],
    [
      'without a node is ailing within the time of joining',
      nodesOf([]),
      { ailing: { absent: ago(600) } },
      'ailing',
    ],
    ['without a node for longer is dead', nodesOf([]), { ailing: { absent: ago(601) } }, 'dead'],
    [
      'of which nothing can be seen is neither healthy nor dead',
      blind,
      { ailing: { absent: ago(9_999), unready: ago(9_999) } },
      'ailing',
    ],
  ])('%s', (_, nodes, more, state) => {
    expect(judge(nodes, more).state).toBe(state);
  });

  test('that takes no pods is in somebody’s hand', () => {
    expect(judge(nodesOf([node(id, [isReady], { unschedulable: true })])).state).toBe('moving');
  });

  test('says since when and why, the same text each time', () => {
    expect(judge(withConditions(ready('Unknown', ago(301))))).toEqual({
      state: 'dead',
      reason: 'has not been ready since 2026-03-01T11:54:59.000Z',
      since: '2026-03-01T11:54:59.000Z',
    });
  });
});

describe('a status check of EC2 that fails', () => {
  const impaired = (since?: string) => ({
    worker: { impaired: [{ instanceId: id, check: 'system' as const, ...(since && { since }) }] },
  });
  test.each<[string, NodesSeen, string | undefined, string]>([
    ['for its time is ailing', withConditions(isReady), ago(120), 'ailing'],
    ['for longer is dead, ready or not', withConditions(isReady), ago(121), 'dead'],
    ['for longer is dead where no API server can be asked', blind, ago(121), 'dead'],
    ['since an unknown time is ailing', withConditions(isReady), undefined, 'ailing'],
    ['since a time that has not come is ailing', withConditions(isReady), ago(-600), 'ailing'],
  ])('%s', (_, nodes, since, state) => {
    expect(judge(nodes, impaired(since)).state).toBe(state);
  });
});

test.each(['Pending', 'Pending:Wait', 'Terminating:Wait', 'Standby', 'unknown'])(
  'an instance that is %s is judged by nobody',
  (lifecycleState) => {
    expect(judge(withConditions(ready('False', ago(9_999))), { worker: { lifecycleState } }).state).toBe(
      'moving',
    );
  },
);

describe('what looks remember', () => {
  const unready = nodesOf([node(id, [ready('False', ago(5))])], ago(0));
  test('is kept from one look to the next', () => {
    const first = trackAiling(undefined, nodesOf([], ago(60)), [id]);
    expect(trackAiling(first, nodesOf([], ago(0)), [id]).since).toEqual({ [id]: { absent: ago(60) } });
  });
  test('is not kept across a gap in the watch', () => {
    const first = trackAiling(undefined, nodesOf([], ago(600)), [id]);
    expect(trackAiling(first, nodesOf([], ago(0)), [id]).since).toEqual({ [id]: { absent: ago(0) } });
  });
  test('is not kept from a look that is dated after this one', () => {
    const first = trackAiling(undefined, nodesOf([], ago(-60)), [id]);
    expect(trackAiling(first, nodesOf([], ago(0)), [id]).since).toEqual({ [id]: { absent: ago(0) } });
  });
  test('goes back to the first of a flap', () => {
    const before = { observedAt: ago(60), since: { [id]: { unready: ago(200) } } };
    expect(trackAiling(before, unready, [id]).since).toEqual({ [id]: { unready: ago(200) } });
  });
  test('forgets who is ready again, and who is gone', () => {
    const before = {
      observedAt: ago(60),
      since: { [id]: { unready: ago(200) }, 'i-0b': { absent: ago(200) } },
    };
    expect(trackAiling(before, nodesOf([node(id, [isReady])], ago(0)), [id]).since).toEqual({});
  });
  test('stays as it was while nothing can be seen', () => {
    const before = { observedAt: ago(60), since: { [id]: { unready: ago(200) } } };
    expect(trackAiling(before, blind, [id])).toEqual(before);
  });
});
