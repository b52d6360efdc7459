import { deleteObject } from './deletion.ts';
import {
  type ApiObject,
  at,
  conditionOf,
  type Json,
  numberOf,
  objectOf,
  secondsTime,
  textOf,
  withAt,
  withCondition,
} from './json.ts';
import { restrictNode } from './node-restriction.ts';
import { type Answer, type Call, isDryRun, parseBody } from './objects.ts';
import type { Asked } from './request.ts';
import { resourceOf } from './resources.ts';
import { matchesSelector } from './selectors.ts';
import { badRequest, notFound, StatusError, tooManyRequests } from './status-error.ts';
import type { Store } from './store.ts';

const pods = resourceOf('pods');
const budgets = resourceOf('poddisruptionbudgets');

export const success = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' };

/** Evicts a pod: deletes it if its disruption budget allows one more. Throws StatusError 429 that names the budget which does not. */
export async function evictPod(call: Call): Promise<Answer> {
  const { asked, now, store, user } = call;
  const { name = '', namespace = '' } = asked;
  const eviction = objectOf(parseBody(call));
  if (eviction.kind !== undefined && eviction.kind !== 'Eviction')
    throw badRequest(`${textOf(eviction.kind)} is no Eviction`);
  const pod = await store.get(pods, namespace, name);
  if (!pod) throw notFound(pods, name);
  restrictNode(user, { asked, old: pod });
  const options = objectOf(eviction.deleteOptions);
  if (isDryRun(asked)) return { status: 201, body: success };
  if (!needsNoBudget(pod)) await spendBudget(store, pod, now);
  await markDisrupted(store, pod, now);
  const { query } = asked;
  const deleting: Asked = { verb: 'delete', resource: pods, namespace, name, query };
  await deleteObject({ asked: deleting, user, store, now, options });
  return { status: 201, body: success };
}

/** A pod that has ended, that never ran or that goes already takes nothing away. */
function needsNoBudget(pod: ApiObject): boolean {
  const phase = textOf(at(pod, 'status', 'phase'));
  return ['Succeeded', 'Failed', 'Pending'].includes(phase) || pod.metadata.deletionTimestamp !== undefined;
}

/** Takes one from what the pod's budget allows; in etcd, so that two evictions at once never take the same one. */
async function spendBudget(store: Store, pod: ApiObject, now: Date): Promise<void> {
  const { name = '', labels = {}, namespace = '' } = pod.metadata;
  const { items } = await store.list(budgets, { namespace });
  const own = items.filter((budget) => matchesSelector(at(budget, 'spec', 'selector'), labels));
  if (own.length > 1)
    throw new StatusError(
      500,
      'InternalError',
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    );
  const [budget] = own;
  if (!budget) return;
  await store.change(budgets, namespace, budget.metadata.name ?? '', (current) => {
    const decision = decideEviction(pod, current);
    if (decision.action === 'allow') return current;
    if (decision.action === 'refuse')
      throw tooManyRequests(
        "Cannot evict pod as it would violate the pod's disruption budget.",
        decision.retryAfterSeconds,
        [{ reason: 'DisruptionBudget', message: decision.reason }],
      );
    const status = objectOf(current.status);
    return {
      ...current,
      status: {
        ...status,
        disruptionsAllowed: numberOf(status.disruptionsAllowed, 0) - 1,
        disruptedPods: { ...objectOf(status.disruptedPods), [name]: secondsTime(now) },
      },
    };
  });
}

type Decision =
  | { readonly action: 'allow' | 'spend' }
  | { readonly action: 'refuse'; readonly reason: string; readonly retryAfterSeconds: number };

/** Whether a budget lets a pod be evicted, and whether that counts against it. Pure. */
export function decideEviction(pod: ApiObject, budget: ApiObject): Decision {
  const { name = '', generation = 0 } = budget.metadata;
  const status = objectOf(budget.status);
  const count = (field: string): number => numberOf(status[field], 0);
  const ready = conditionOf(pod, 'Ready')?.status === 'True';
  const policy = textOf(at(budget, 'spec', 'unhealthyPodEvictionPolicy')) || 'IfHealthyBudget';
  if (!ready && policy === 'AlwaysAllow') return { action: 'allow' };
  if (!ready && count('currentHealthy') >= count('desiredHealthy') && count('desiredHealthy') > 0)
    return { action: 'allow' };
  if (count('observedGeneration') < generation)
    return {
      action: 'refuse',
      reason: `The disruption budget ${name} is still being processed by the server.`,
      retryAfterSeconds: 10,
    };
  if (count('disruptionsAllowed') > 0) return { action: 'spend' };
  const insufficient = `The disruption budget ${name} needs ${count('desiredHealthy')} healthy pods and has ${count('currentHealthy')} currently`;
  return { action: 'refuse', reason: insufficient, retryAfterSeconds: 0 };
}

async function markDisrupted(store: Store, pod: ApiObject, now: Date): Promise<void> {
  const { name = '', namespace, uid } = pod.metadata;
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
  };
  await store.change(pods, namespace, name, (current) =>
    current.metadata.uid === uid ? withPodCondition(current, condition, now) : current,
  );
}

export function withPodCondition(
  pod: ApiObject,
  condition: { readonly type: string; readonly status: string } & Json,
  now: Date,
): ApiObject {
  const conditions = withCondition(at(pod, 'status', 'conditions'), condition, secondsTime(now));
  return withAt(pod, ['status', 'conditions'], conditions);
}
