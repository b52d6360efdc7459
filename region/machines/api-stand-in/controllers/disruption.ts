import { isDeepStrictEqual } from 'node:util';
import {
  type ApiObject,
  at,
  conditionOf,
  numberOf,
  objectOf,
  secondsTime,
  textOf,
  withAt,
  withCondition,
} from '../json.ts';
import { resourceOf } from '../resources.ts';
import { matchesSelector } from '../selectors.ts';
import { controllerOf } from './decide-replicas.ts';
import type { Controllers } from './run.ts';

const budgets = resourceOf('poddisruptionbudgets');
const pods = resourceOf('pods');
const replicaSets = resourceOf('replicasets');

/** How long an eviction counts for a pod that is still there: the disruption controller's own. */
const disruptedMilliseconds = 2 * 60 * 1000;

/**
 * A budget with the status that follows from its pods. Of percentages and `maxUnavailable` the whole is what their ReplicaSets are to have, so
 * that a pod which is being replaced still counts, and of other pods those that are there. Pure.
 */
export function decideBudget(
  budget: ApiObject,
  all: readonly ApiObject[],
  now: Date,
  sets: readonly ApiObject[] = [],
): ApiObject {
  const { generation, namespace } = budget.metadata;
  const { maxUnavailable, minAvailable, selector } = objectOf(budget.spec);
  const own = all.filter(
    ({ metadata, status }) =>
      metadata.namespace === namespace &&
      matchesSelector(selector, metadata.labels ?? {}) &&
      !['Succeeded', 'Failed'].includes(textOf(at(status, 'phase'))),
  );
  const disrupted = stillDisrupted(budget, own, now);
  const healthy = own.filter(
    (pod) =>
      pod.metadata.deletionTimestamp === undefined &&
      !Object.hasOwn(disrupted, pod.metadata.name ?? '') &&
      conditionOf(pod, 'Ready')?.status === 'True',
  ).length;
  const byPods = maxUnavailable === undefined && typeof (minAvailable ?? 1) === 'number';
  const expected = byPods ? own.length : scaleOf(own, sets);
  const desired =
    maxUnavailable === undefined
      ? countOf(minAvailable ?? 1, expected)
      : Math.max(0, expected - countOf(maxUnavailable, expected));
  const allowed = expected > 0 ? Math.max(0, healthy - desired) : 0;
  const condition = {
    type: 'DisruptionAllowed',
    status: allowed > 0 ? 'True' : 'False',
    reason: allowed > 0 ? 'SufficientPods' : 'InsufficientPods',
    message: '',
    observedGeneration: generation,
  };
  const status = {
    ...(Object.keys(disrupted).length > 0 && { disruptedPods: disrupted }),
    observedGeneration: generation,
    disruptionsAllowed: allowed,
    currentHealthy: healthy,
    desiredHealthy: desired,
    expectedPods: expected,
    conditions: withCondition(at(budget, 'status', 'conditions'), condition, secondsTime(now)),
  };
  return isDeepStrictEqual(status, budget.status) ? budget : withAt(budget, ['status'], status);
}

/** How many pods there are to be: by their ReplicaSets, and of those that no set has made, as many as there are. */
function scaleOf(own: readonly ApiObject[], sets: readonly ApiObject[]): number {
  const byId = new Map(sets.map((set) => [set.metadata.uid, set]));
  const makers = own.map((pod) => byId.get(textOf(controllerOf(pod)?.uid) || undefined));
  const replicas = [...new Set(makers)].map((set) => (set ? numberOf(at(set, 'spec', 'replicas'), 1) : 0));
  return replicas.reduce((sum, count) => sum + count, 0) + makers.filter((set) => !set).length;
}

/** A number, or a percentage rounded up. */
function countOf(value: unknown, whole: number): number {
  const [, percent] = /^(\d+)%$/.exec(textOf(value)) ?? [];
  return percent === undefined ? numberOf(value, 0) : Math.ceil((Number(percent) * whole) / 100);
}

function stillDisrupted(budget: ApiObject, own: readonly ApiObject[], now: Date): Record<string, unknown> {
  const there = new Map(own.map((pod) => [pod.metadata.name, pod]));
  const disrupted = Object.entries(objectOf(at(budget, 'status', 'disruptedPods')));
  return Object.fromEntries(
    disrupted.filter(([name, since]) => {
      const pod = there.get(name);
      const fresh = now.getTime() - Date.parse(textOf(since)) < disruptedMilliseconds;
      return pod !== undefined && pod.metadata.deletionTimestamp === undefined && fresh;
    }),
  );
}

export async function keepBudgets({ now, store }: Controllers): Promise<void> {
  const [wanted, all, { items: sets }] = await Promise.all([
    store.list(budgets),
    store.list(pods),
    store.list(replicaSets),
  ]);
  for (const budget of wanted.items) {
    if (decideBudget(budget, all.items, now(), sets) === budget) continue;
    const { name = '', namespace } = budget.metadata;
    await store.change(budgets, namespace, name, (current) =>
      // An eviction meanwhile has made another version, which is looked at next time.
      current.metadata.resourceVersion === budget.metadata.resourceVersion
        ? decideBudget(current, all.items, now(), sets)
        : current,
    );
  }
}
