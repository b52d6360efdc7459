import { withPodCondition } from '../eviction.ts';
import { type ApiObject, at, conditionOf, secondsTime, textOf } from '../json.ts';
import { resourceOf } from '../resources.ts';
import { decideNode } from './decide-node.ts';
import type { Controllers } from './run.ts';

const nodes = resourceOf('nodes');
const leases = resourceOf('leases');
const pods = resourceOf('pods');

/** Kubernetes' own: after how many seconds of silence a node is not ready, and how long pods of a node that is gone are left. */
const silenceSeconds = 40;
const orphanSeconds = 40;
/** However quick the region's clocks are: etcd elects a leader and processes start in their own time. */
const silenceSecondsMin = 8;

interface Seen {
  readonly what: string;
  readonly at: number;
}

/**
 * Marks nodes whose kubelets are silent, and deletes pods whose nodes are gone. By changes that it sees and its own clock: times that
 * kubelets write are theirs. A new runner begins to count anew.
 */
export function createNodeLifecycle({ now, store, waitScale }: Controllers) {
  const seen = new Map<string, Seen>();
  const deleteOrphans = createOrphans({ now, store, waitScale });
  const silence = Math.max(silenceSecondsMin, silenceSeconds * waitScale) * 1000;

  const isSilent = (node: ApiObject, lease: ApiObject | undefined): boolean => {
    const name = node.metadata.name ?? '';
    const heartbeats = [
      at(lease, 'spec', 'renewTime'),
      conditionOf(node, 'Ready')?.lastHeartbeatTime,
      node.metadata.uid,
    ];
    const what = JSON.stringify(heartbeats);
    const last = seen.get(name);
    if (last?.what === what) return now().getTime() - last.at > silence;
    seen.set(name, { what, at: now().getTime() });
    return false;
  };

  const markPods = async (node: string): Promise<void> => {
    for (const pod of (await store.list(pods)).items) {
      const bound = textOf(at(pod, 'spec', 'nodeName')) === node;
      if (!bound || conditionOf(pod, 'Ready')?.status !== 'True') continue;
      const { name = '', namespace } = pod.metadata;
      await store.change(pods, namespace, name, (current) =>
        withPodCondition(current, { type: 'Ready', status: 'False', reason: 'NodeNotReady' }, now()),
      );
    }
  };

  return async (): Promise<void> => {
    const [all, held] = await Promise.all([
      store.list(nodes),
      store.list(leases, { namespace: 'kube-node-lease' }),
    ]);
    const names = new Set(all.items.map(({ metadata }) => metadata.name ?? ''));
    for (const name of seen.keys()) if (!names.has(name)) seen.delete(name);
    for (const node of all.items) {
      const name = node.metadata.name ?? '';
      const silent = isSilent(
        node,
        held.items.find(({ metadata }) => metadata.name === name),
      );
      const time = secondsTime(now());
      if (decideNode(node, silent, time) === node) continue;
      await store.change(nodes, undefined, name, (current) =>
        decideNode(
          current,
          silent && current.metadata.resourceVersion === node.metadata.resourceVersion,
          time,
        ),
      );
      if (silent) await markPods(name);
    }
    // A lease is owned by its node, and goes with it.
    for (const lease of held.items) {
      if (!names.has(lease.metadata.name ?? '') && isOfNode(lease)) await store.remove(leases, lease);
    }
    await deleteOrphans(names);
  };
}

/** Deletes pods whose nodes have been gone for a while. */
function createOrphans({ now, store, waitScale }: Pick<Controllers, 'now' | 'store' | 'waitScale'>) {
  const orphans = new Map<string, number>();
  return async (names: ReadonlySet<string>): Promise<void> => {
    const lost = (await store.list(pods)).items.filter((pod) => {
      const node = textOf(at(pod, 'spec', 'nodeName'));
      return node !== '' && !names.has(node);
    });
    const ids = new Set(lost.map(({ metadata }) => metadata.uid ?? ''));
    for (const id of orphans.keys()) if (!ids.has(id)) orphans.delete(id);
    for (const pod of lost) {
      const id = pod.metadata.uid ?? '';
      const since = orphans.get(id) ?? now().getTime();
      orphans.set(id, since);
      if (now().getTime() - since >= orphanSeconds * waitScale * 1000) await store.remove(pods, pod);
    }
  };
}

const isOfNode = (lease: ApiObject): boolean => at(lease, 'metadata', 'ownerReferences') !== undefined;
