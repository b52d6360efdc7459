import { isDeepStrictEqual } from 'node:util';
import { type ApiObject, at, conditionOf, objectOf, textOf, withAt } from '../json.ts';
import { resourceOf } from '../resources.ts';
import { matchesSelector } from '../selectors.ts';
import type { Store } from '../store.ts';

const budgets = resourceOf('poddisruptionbudgets');
const pods = resourceOf('pods');

/** What the controller manager says of disruption budgets: how many pods there are, how many are healthy, and how many may go. */
export async function countBudgets(store: Store): Promise<void> {
  const [all, running] = await Promise.all([store.list(budgets), store.list(pods)]);
  for (const budget of all.items) {
    const counted = countBudget(budget, running.items);
    if (isDeepStrictEqual(counted, budget)) continue;
    const { name = '', namespace } = budget.metadata;
    await store.change(budgets, namespace, name, (current) => countBudget(current, running.items));
  }
}

/** Pure. Without controllers every pod that the selector finds is one that is expected. */
export function countBudget(budget: ApiObject, all: readonly ApiObject[]): ApiObject {
  const selector = at(budget, 'spec', 'selector');
  const mine = all.filter(
    ({ metadata }) =>
      metadata.namespace === budget.metadata.namespace &&
      metadata.deletionTimestamp === undefined &&
      matchesSelector(selector, objectOf(metadata.labels)),
  );
  const healthy = mine.filter((pod) => conditionOf(pod, 'Ready')?.status === 'True').length;
  const desired = desiredOf(budget, mine.length);
  return withAt(budget, ['status'], {
    ...objectOf(budget.status),
    observedGeneration: budget.metadata.generation,
    expectedPods: mine.length,
    currentHealthy: healthy,
    desiredHealthy: desired,
    disruptionsAllowed: Math.max(0, healthy - desired),
  });
}

/** How many must stay: `minAvailable`, or all but `maxUnavailable`; percentages are rounded up, as Kubernetes rounds both. */
function desiredOf(budget: ApiObject, expected: number): number {
  const { maxUnavailable, minAvailable } = objectOf(budget.spec);
  if (minAvailable !== undefined) return amountOf(minAvailable, expected);
  return maxUnavailable === undefined ? 0 : Math.max(0, expected - amountOf(maxUnavailable, expected));
}

function amountOf(value: unknown, of: number): number {
  if (typeof value === 'number') return value;
  const percent = /^(\d+)%$/.exec(textOf(value));
  return percent ? Math.ceil((Number(percent[1]) / 100) * of) : 0;
}
