/**
 * Marks a worker's node, so that nothing new comes to it, looks at its pods, decides, and asks those to go that are due: by the eviction API,
 * which holds disruption budgets, or at the end by deletion.
 *
 * Safe to repeat: the marks are there already, a pod that goes already is awaited, and each request names the pod by its UID, so that a new pod of
 * the same name is never meant. A budget that blocks is an answer, and the next round asks again after its pause.
 */
import { makeObjects, type Objects } from '../aws/objects.ts';
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { callingKubernetes, openKubernetes } from '../kubernetes/open.ts';
import { task } from '../runtime/task.ts';
import { evictPods } from './contracts.ts';
import { decideDrain, drainPolicy, withBlocked } from './decide-drain.ts';
import { askPodsToGo } from './evict.ts';
import { observeNode } from './observe-node.ts';

export interface DrainKubernetesDeps {
  readonly registry: Pick<Registry, 'getSlots'>;
  readonly objects: Objects;
  readonly open: typeof openKubernetes;
}

export const makeDrainKubernetesDeps = (config: Parameters<typeof makeRegistry>[0]): DrainKubernetesDeps => ({
  registry: makeRegistry(config),
  objects: makeObjects(config),
  open: openKubernetes,
});

export const handler = task(
  evictPods,
  makeDrainKubernetesDeps,
  async ({ observation, blocked: before }, deps, { clock, log, signal }) => {
    const { cluster, instanceId, cause } = observation;
    const client = await deps.open(deps, cluster, 'kubernetes-admin', signal);
    try {
      const found = await observeNode(client, observation, clock.now(), signal);
      const drain = decideDrain(observation, found, before, drainPolicy, clock.now());
      const { evictions, deletions } = drain;
      const asked = await callingKubernetes(() => askPodsToGo(client, { evictions, deletions }, signal));
      const { outcome, reason } = drain.decision;
      // What was not tried in this round is held up as it was before; a drain that is done, by nothing.
      const tried = evictions.length + deletions.length > 0;
      const blocked = tried ? [...asked.blocked] : outcome === 'drained' ? [] : before;
      const told = outcome === 'going' ? withBlocked(reason, blocked) : reason;
      const decision = { ...drain.decision, reason: told };
      log.info('decided', { instanceId, cause, ...decision, evicted: asked.evicted, deleted: asked.deleted });
      return { decision, blocked, evicted: asked.evicted, deleted: asked.deleted };
    } finally {
      client.close();
    }
  },
);
