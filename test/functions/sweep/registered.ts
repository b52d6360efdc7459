import type { Registry } from '../../../functions/aws/registry.ts';
import { buildSpec } from '../../support/specs.ts';

/** Registers a formed cluster with Kubernetes, whose members serve on i-a, i-b and so on. */
export async function putFormedCluster(
  registry: Registry,
  cluster: string,
  slots: readonly string[],
): Promise<void> {
  const at = '2026-03-01T11:00:00Z';
  await registry.putCluster({
    name: cluster,
    spec: buildSpec(),
    specHash: '',
    layout: {
      cluster,
      clusterUid: 'uid',
      generation: 1,
      initialClusterToken: 'uid-1',
      initialCluster: '',
      slots: [],
    },
    phase: 'serving',
    formed: true,
    kubernetes: { version: '1.35.4', appliedHash: '', at },
    createdAt: at,
    updatedAt: at,
  });
  for (const slot of slots) {
    await registry.putSlot(cluster, {
      slot,
      zone: `us-east-1${slot}`,
      address: '127.80.0.10',
      subnetId: `subnet-${slot}`,
      filesystemUuid: '',
      generation: 1,
      memberName: `${cluster}-${slot}`,
      phase: 'serving',
      startedOnce: true,
      networkInterfaceId: `eni-${slot}`,
      instanceId: `i-${slot}`,
    });
  }
}
