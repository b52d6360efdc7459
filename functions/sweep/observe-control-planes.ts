import type { ScheduledEvent } from '../aws/instance-statuses.ts';
import type { ClusterRecord, Registry } from '../aws/registry.ts';
import { type EtcdHealth, etcdHealth } from '../etcd/contracts.ts';
import type { JudgedControlPlane } from '../replacement/judge-others.ts';
import { type KubernetesObservation, kubernetesObservation, type SweepScope } from './contracts.ts';
import type { SweptSlot } from './decide-sweep.ts';

/** What is known of a cluster one of whose nodes may have to be replaced on purpose. */
export interface ControlPlane {
  readonly cluster: string;
  /** Every slot of the cluster. */
  readonly slots: readonly SweptSlot[];
  /** By the latest watch of Kubernetes, however old; absent where there is none. */
  readonly kubernetes?: KubernetesObservation;
  /** By the latest watch of etcd, however old; absent where there is none. */
  readonly etcd?: EtcdHealth;
  /** The cluster's latest replacement of a hung node. */
  readonly lastReplacement?: NonNullable<ClusterRecord['hungReplacement']>;
  /** What AWS has scheduled for the slots' instances. */
  readonly scheduled: readonly ScheduledEvent[];
}

export interface ControlPlaneLook {
  readonly registry: Pick<Registry, 'getCluster' | 'getObservation' | 'getKubernetesObservation'>;
  readonly scheduled: readonly ScheduledEvent[];
  readonly signal: AbortSignal;
}

/**
 * The control planes in which the watch of Kubernetes saw a slot not ready, or for an instance of which AWS has scheduled something. Only for
 * a look at everything: it needs all slots of a cluster, and what has lasted for minutes or is days ahead can wait for the next minute. A
 * cluster that is well costs one read.
 */
export async function observeControlPlanes(
  scope: SweepScope | undefined,
  swept: readonly SweptSlot[],
  look: ControlPlaneLook,
): Promise<ControlPlane[]> {
  if (scope?.autoScalingGroupName || scope?.instanceId || scope?.cluster || scope?.cause) return [];
  const watched = swept.filter(({ formed, retiring }) => formed && retiring === undefined);
  const clusters = [...new Set(watched.map(({ cluster }) => cluster))];
  const found = await Promise.all(
    clusters.map((cluster) =>
      observeControlPlane(
        cluster,
        swept.filter((slot) => slot.cluster === cluster),
        look,
      ),
    ),
  );
  return found.flat();
}

async function observeControlPlane(
  cluster: string,
  slots: readonly SweptSlot[],
  { registry, scheduled: all, signal }: ControlPlaneLook,
): Promise<ControlPlane[]> {
  const scheduled = all.filter(({ instanceId }) =>
    slots.some(({ group }) => group?.instance?.instanceId === instanceId),
  );
  const kubernetes = kubernetesObservation.safeParse(
    await registry.getKubernetesObservation(cluster, signal),
  );
  const unready = Object.keys(kubernetes.data?.unreadySince ?? {}).length > 0;
  if (!unready && scheduled.length === 0) return [];
  const [record, observation] = await Promise.all([
    registry.getCluster(cluster, signal),
    registry.getObservation(cluster, signal),
  ]);
  const etcd = etcdHealth.safeParse(observation);
  return [
    {
      cluster,
      slots,
      scheduled,
      ...(kubernetes.success && { kubernetes: kubernetes.data }),
      ...(etcd.success && { etcd: etcd.data }),
      ...(record?.hungReplacement && { lastReplacement: record.hungReplacement }),
    },
  ];
}

/** A control plane as it is judged whether one of its instances may go. Pure. */
export function judgedBy({ slots, kubernetes, etcd }: ControlPlane): JudgedControlPlane {
  return {
    slots: slots.map(({ slot, phase, group }) => ({ slot, phase, instance: group?.instance })),
    ...(kubernetes && { kubernetes }),
    ...(etcd && { etcd }),
  };
}
