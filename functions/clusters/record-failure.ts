/**
 * Writes why an execution failed into the cluster's record: the step, the cause and the way on.
 *
 * Safe to repeat: it writes one field. It asks for no lease, for a run that never got one must be able to say so.
 */
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { task } from '../runtime/task.ts';
import { recordFailure } from './contracts.ts';
import { explainFailure } from './explain-failure.ts';

export const handler = task(
  recordFailure,
  (config): { registry: Registry } => ({ registry: makeRegistry(config) }),
  async ({ cluster, workflow, execution, error, step }, { registry }, { signal, clock, log, metrics }) => {
    const { name, message } = explainFailure({ cluster, workflow, step, error });
    const at = clock.now().toISOString();
    const lastFailure = { workflow, execution, step, error: name, message, at };
    log.warn('workflow failed', { ...lastFailure });
    metrics.count('WorkflowFailed', 1, { workflow });
    const record = cluster === '' ? undefined : await registry.getCluster(cluster, signal);
    if (record) await registry.updateCluster(cluster, { lastFailure }, {}, signal);
    return { error: name, message };
  },
);
