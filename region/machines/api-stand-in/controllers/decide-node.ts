import { isDeepStrictEqual } from 'node:util';
import { type ApiObject, at, conditionOf, type Json, objectsOf, withAt, withCondition } from '../json.ts';

const heartbeatConditions = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];
/** Taints that follow from what a node's conditions and spec say; all others are left alone. */
const own = [
  'node.kubernetes.io/not-ready',
  'node.kubernetes.io/unreachable',
  'node.kubernetes.io/unschedulable',
];

/**
 * A node as the node lifecycle controller would have it: silent for too long, its conditions are Unknown; and its taints follow its
 * Ready condition and `unschedulable`. The same object where nothing changes. Pure.
 */
export function decideNode(node: ApiObject, silent: boolean, now: string): ApiObject {
  const heard = silent ? withUnknown(node, now) : node;
  return withTaints(heard, now);
}

function withUnknown(node: ApiObject, now: string): ApiObject {
  const never = conditionOf(node, 'Ready') === undefined;
  const told = never
    ? { reason: 'NodeStatusNeverUpdated', message: 'Kubelet never posted node status.' }
    : { reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' };
  let conditions = at(node, 'status', 'conditions');
  for (const type of heartbeatConditions) {
    const before = objectsOf(conditions).find((one) => one.type === type);
    if (before?.status === 'Unknown') continue;
    const { lastHeartbeatTime = node.metadata.creationTimestamp } = before ?? {};
    conditions = withCondition(conditions, { type, status: 'Unknown', ...told, lastHeartbeatTime }, now);
  }
  return conditions === at(node, 'status', 'conditions')
    ? node
    : withAt(node, ['status', 'conditions'], conditions);
}

function withTaints(node: ApiObject, now: string): ApiObject {
  const ready = conditionOf(node, 'Ready')?.status;
  const condition = ready === 'True' ? undefined : ready === 'Unknown' ? 'unreachable' : 'not-ready';
  const wanted: Json[] = [
    ...(condition === undefined
      ? []
      : ['NoSchedule', 'NoExecute'].map((effect) => ({ key: `node.kubernetes.io/${condition}`, effect }))),
    ...(at(node, 'spec', 'unschedulable') === true
      ? [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }]
      : []),
  ];
  const taints = objectsOf(at(node, 'spec', 'taints'));
  const isWanted = (taint: Json): boolean =>
    wanted.some(({ effect, key }) => key === taint.key && effect === taint.effect);
  const kept = taints.filter((taint) => !own.includes(String(taint.key)) || isWanted(taint));
  const fresh = wanted
    .filter(({ effect, key }) => !taints.some((taint) => taint.key === key && taint.effect === effect))
    .map((taint) => ({ ...taint, timeAdded: now }));
  const next = [...kept, ...fresh];
  if (isDeepStrictEqual(next, taints)) return node;
  return withAt(node, ['spec', 'taints'], next.length > 0 ? next : undefined);
}
