/**
 * Applies what a cluster's API needs once before anything else: who may do what. Marks the nodes of the control plane, too.
 *
 * Safe to repeat: every object is applied as a whole by its name, and what is there already is left as it is. Two runs at once write the same.
 */
import { makeObjects, type Objects } from '../aws/objects.ts';
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { openCluster } from '../clusters/acting.ts';
import { task } from '../runtime/task.ts';
import { bootstrapObjects } from './bootstrap-objects.ts';
import { bootstrapKubernetes } from './contracts.ts';
import { markControlPlaneNodes } from './control-plane-nodes.ts';
import { callingKubernetes, openKubernetes } from './open.ts';
import { pathOfObject } from './paths.ts';

export interface BootstrapDeps {
  readonly registry: Registry;
  readonly objects: Objects;
  readonly open: typeof openKubernetes;
}

export const handler = task(
  bootstrapKubernetes,
  (config): BootstrapDeps => ({
    registry: makeRegistry(config),
    objects: makeObjects(config),
    open: openKubernetes,
  }),
  async (input, deps, { config, signal, log }) => {
    const { cluster } = input;
    const { act } = await openCluster(deps.registry, input, config.deployment, signal);
    const slots = await deps.registry.getSlots(cluster, signal);
    // Beyond RBAC: what gives the administrator its rights cannot be done with them.
    const client = await deps.open(deps, cluster, 'kubernetes-super-admin', signal);
    try {
      const objects = bootstrapObjects();
      return await callingKubernetes(async () => {
        for (const object of objects) await act(() => client.apply(pathOfObject(object), object, signal));
        const instanceIds = slots.flatMap(({ instanceId }) => instanceId ?? []);
        const { marked, missing } = await act(() => markControlPlaneNodes(client, instanceIds, signal));
        log.info('bootstrapped', { applied: objects.length, marked, missing });
        const complete = instanceIds.length === slots.length && missing.length === 0;
        return { applied: objects.length, marked, complete };
      });
    } finally {
      client.close();
    }
  },
);
