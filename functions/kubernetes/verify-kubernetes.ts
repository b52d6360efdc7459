/**
 * Looks whether a cluster's Kubernetes is as it should be: every API server ready, every slot's instance a ready node.
 *
 * Changes nothing, so a repeat is safe: workflows poll it, and people ask by `trivet status`.
 */
import { makeObjects } from '../aws/objects.ts';
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { task } from '../runtime/task.ts';
import { type KubernetesHealth, type KubernetesVerdict, verifyKubernetes } from './contracts.ts';
import { type KubernetesReaderDeps, observeKubernetes } from './observe-kubernetes.ts';

export interface VerifyKubernetesDeps extends KubernetesReaderDeps {
  readonly registry: Pick<Registry, 'getSlots' | 'getCluster'>;
}

export const handler = task(
  verifyKubernetes,
  (config): VerifyKubernetesDeps => ({ registry: makeRegistry(config), objects: makeObjects(config) }),
  async ({ cluster }, deps, context) => {
    const [health, record] = await Promise.all([
      observeKubernetes(cluster, deps, context),
      deps.registry.getCluster(cluster, context.signal),
    ]);
    const ownNetwork = record?.spec.network.cni === 'none';
    return { verdict: verdictOn(health, ownNetwork), reason: health.reason, health };
  },
);

/**
 * Pure. `ownNetwork`: the pods' network is the user's to install, and nodes are not ready before it is; that they are there is all that can
 * be asked for.
 */
export function verdictOn(health: KubernetesHealth, ownNetwork: boolean): KubernetesVerdict {
  if (health.absent) return 'absent';
  if (health.ready) return 'ready';
  if (!health.apiServers.every(({ ready }) => ready)) return 'starting';
  const slots = health.apiServers.map(({ slot }) => slot);
  const there = slots.every((slot) => health.nodes.some((node) => node.slot === slot));
  if (!there) return 'serving';
  return ownNetwork ? 'ready' : 'registered';
}
