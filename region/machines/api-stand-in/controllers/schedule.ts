import { withPodCondition } from '../eviction.ts';
import { type ApiObject, conditionOf, withAt } from '../json.ts';
import { resourceOf } from '../resources.ts';
import { StatusError } from '../status-error.ts';
import { type Binding, decideBindings } from './decide-bindings.ts';
import type { Controllers } from './run.ts';

const pods = resourceOf('pods');
const nodes = resourceOf('nodes');

/** A pod as it is once its binding is written; the same one where nothing changes. Pure. */
function withBinding(pod: ApiObject, binding: Binding, now: Date): ApiObject {
  if ('node' in binding) {
    const bound = withAt(pod, ['spec', 'nodeName'], binding.node);
    return withPodCondition(bound, { type: 'PodScheduled', status: 'True' }, now);
  }
  const { message, reason } = conditionOf(pod, 'PodScheduled') ?? {};
  if (reason === 'Unschedulable' && message === binding.refusal) return pod;
  const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable' };
  return withPodCondition(pod, { ...condition, message: binding.refusal }, now);
}

/** Stands for kube-scheduler: looks at every pod without a node. A repeat changes nothing, since a bound one is not looked at. */
export async function schedulePods({ now, store }: Controllers): Promise<void> {
  const all = (await store.list(pods)).items;
  for (const binding of decideBindings(all, (await store.list(nodes)).items)) {
    const { pod } = binding;
    if (withBinding(pod, binding, now()) === pod) continue;
    const { name = '', namespace } = pod.metadata;
    try {
      await store.change(pods, namespace, name, (current) =>
        // Changed meanwhile: it is looked at next time.
        current.metadata.resourceVersion === pod.metadata.resourceVersion
          ? withBinding(current, binding, now())
          : current,
      );
    } catch (error) {
      if (!(error instanceof StatusError) || error.code !== 404) throw error;
    }
  }
}
