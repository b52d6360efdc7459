import { isDeepStrictEqual } from 'node:util';
import {
  type ApiObject,
  at,
  conditionOf,
  type Json,
  objectsOf,
  secondsTime,
  textOf,
  withAt,
  withCondition,
} from '../json.ts';
import { resourceOf } from '../resources.ts';
import type { Store } from '../store.ts';

const nodes = resourceOf('nodes');
const leases = resourceOf('leases');

/** A node whose lease is older says nothing any more: Kubernetes' own grace, in seconds. */
export const graceSeconds = 50;

const notReady = 'node.kubernetes.io/not-ready';
const unreachable = 'node.kubernetes.io/unreachable';

/** What the controller manager does with nodes: one whose lease has run out is Unknown, and taints follow the Ready condition. */
export async function watchNodes(store: Store, now: Date): Promise<void> {
  const [all, held] = await Promise.all([
    store.list(nodes),
    store.list(leases, { namespace: 'kube-node-lease' }),
  ]);
  const renewed = new Map(
    held.items.map((lease) => [
      lease.metadata.name ?? '',
      Date.parse(textOf(at(lease, 'spec', 'renewTime'))),
    ]),
  );
  for (const node of all.items) {
    const name = node.metadata.name ?? '';
    const judged = judgeNode(node, renewed.get(name), now);
    if (!isDeepStrictEqual(judged, node))
      await store.change(nodes, undefined, name, (current) => judgeNode(current, renewed.get(name), now));
  }
}

/** Pure. `renewedAt`: of its lease, epoch ms; undefined where there is none. The same object where nothing is to be said. */
export function judgeNode(node: ApiObject, renewedAt: number | undefined, now: Date): ApiObject {
  const since = renewedAt ?? Date.parse(node.metadata.creationTimestamp ?? '');
  const silent = (now.getTime() - since) / 1000 > graceSeconds;
  const said = silent ? withUnknown(node, now) : node;
  const ready = textOf(conditionOf(said, 'Ready')?.status);
  const taints = taintsFor(objectsOf(at(said, 'spec', 'taints')), ready);
  return isDeepStrictEqual(taints, objectsOf(at(said, 'spec', 'taints')))
    ? said
    : withAt(said, ['spec', 'taints'], taints.length > 0 ? taints : undefined);
}

function withUnknown(node: ApiObject, now: Date): ApiObject {
  if (conditionOf(node, 'Ready')?.status === 'Unknown') return node;
  const conditions = ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready'].reduce<unknown>(
    (list, type) =>
      withCondition(
        list,
        {
          type,
          status: 'Unknown',
          reason: 'NodeStatusUnknown',
          message: 'Kubelet stopped posting node status.',
        },
        secondsTime(now),
      ),
    at(node, 'status', 'conditions'),
  );
  return withAt(node, ['status', 'conditions'], conditions);
}

/** Taints by the Ready condition, as the node lifecycle controller keeps them; all others stay. */
function taintsFor(taints: readonly Json[], ready: string): readonly Json[] {
  const others = taints.filter(({ key }) => key !== notReady && key !== unreachable);
  if (ready === 'True') return others.length === taints.length ? taints : others;
  const key = ready === 'Unknown' ? unreachable : notReady;
  const kept = taints.filter((taint) => taint.key === key);
  const effects = ['NoSchedule', 'NoExecute'].filter(
    (effect) => !kept.some((taint) => taint.effect === effect),
  );
  if (effects.length === 0 && others.length + kept.length === taints.length) return taints;
  return [...others, ...kept, ...effects.map((effect) => ({ key, effect }))];
}
