/**
 * Records that a cluster's Kubernetes is as its spec says, so that the next plan can tell whether anything is to be done.
 *
 * Safe to repeat: the record says what was applied, whoever writes it.
 */
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { openCluster } from '../clusters/acting.ts';
import { task } from '../runtime/task.ts';
import { finishKubernetes } from './contracts.ts';

export const handler = task(
  finishKubernetes,
  (config): { registry: Registry } => ({ registry: makeRegistry(config) }),
  async (input, { registry }, { config, signal, clock }) => {
    const { cluster, hash } = input;
    const { record, act } = await openCluster(registry, input, config.deployment, signal);
    const version = record.spec.kubernetesVersion;
    const changed = record.kubernetes?.appliedHash !== hash || record.kubernetes.version !== version;
    const at = clock.now().toISOString();
    if (changed)
      await act(() =>
        registry.updateCluster(
          cluster,
          { kubernetes: { version, appliedHash: hash, at }, updatedAt: at },
          undefined,
          signal,
        ),
      );
    return { cluster, changed };
  },
);
