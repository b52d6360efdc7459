import type { Registry } from '../aws/registry.ts';
import { etcdHealth } from '../etcd/contracts.ts';
import { kubernetesObservation, type SweepScope } from './contracts.ts';
import type { HungObservation } from './decide-hung.ts';
import type { SweptSlot } from './decide-sweep.ts';

/**
 * Of each cluster in which the watch of Kubernetes saw a slot not ready, what tells whether its node hangs. Only for a look at everything:
 * it needs all slots of a cluster, and a node that has hung for minutes can wait for the next minute. A cluster that is well costs one read.
 */
export async function observeHung(
  scope: SweepScope | undefined,
  swept: readonly SweptSlot[],
  { registry, signal }: { readonly registry: Registry; readonly signal: AbortSignal },
): Promise<HungObservation[]> {
  if (scope?.autoScalingGroupName || scope?.instanceId || scope?.cluster || scope?.cause) return [];
  const watched = swept.filter(({ formed, retiring }) => formed && retiring === undefined);
  const clusters = [...new Set(watched.map(({ cluster }) => cluster))];
  const found = await Promise.all(
    clusters.map(async (cluster): Promise<HungObservation[]> => {
      const kubernetes = kubernetesObservation.safeParse(
        await registry.getKubernetesObservation(cluster, signal),
      );
      if (!kubernetes.success || Object.keys(kubernetes.data.unreadySince).length === 0) return [];
      const [record, observation] = await Promise.all([
        registry.getCluster(cluster, signal),
        registry.getObservation(cluster, signal),
      ]);
      const etcd = etcdHealth.safeParse(observation);
      return [
        {
          cluster,
          slots: swept.filter((slot) => slot.cluster === cluster),
          kubernetes: kubernetes.data,
          ...(etcd.success && { etcd: etcd.data }),
          ...(record?.hungReplacement && { lastReplacement: record.hungReplacement }),
        },
      ];
    }),
  );
  return found.flat();
}
