import { parseQuantity } from '../kubernetes/quantities.ts';
import type { Amounts } from '../scheduling/model.ts';
import type { Container, PodSpec, Quantities } from './kubernetes-objects.ts';

/** Amounts as the planner has them: `cpu` in millicores, everything else in its base unit. Pure. Throws RangeError for text that is no quantity. */
export function readAmounts(quantities: Quantities = {}): Amounts {
  return Object.fromEntries(
    Object.entries(quantities).map(([name, text]) => {
      const amount = parseQuantity(text);
      // Binary fractions must not make 1 of 0.1 + 0.9: the scheduler counts whole units, rounded up.
      return [name, name === 'cpu' ? Math.ceil(amount * 1000 - 1e-6) : Math.ceil(amount - 1e-6)];
    }),
  );
}

/**
 * What a pod asks for, as kube-scheduler counts it: its containers and sidecars together, or what an init container needs beside the
 * sidecars that run by then, whichever is more; what is said for the whole pod instead, where it is; and its overhead. Pure.
 */
export function readRequests({
  containers = [],
  initContainers = [],
  resources,
  overhead,
}: PodSpec): Amounts {
  let sidecars: Amounts = {};
  let initial: Amounts = {};
  for (const container of initContainers) {
    const own = requestsOf(container);
    if (container.restartPolicy === 'Always') {
      sidecars = sum(sidecars, own);
      initial = most(initial, sidecars);
    } else initial = most(initial, sum(sidecars, own));
  }
  const running = containers.map(requestsOf).reduce(sum, sidecars);
  const whole = { ...most(running, initial), ...readAmounts(resources?.requests) };
  return sum(whole, readAmounts(overhead));
}

function requestsOf({ resources }: Container): Amounts {
  return readAmounts(resources?.requests);
}

/** All of them together. Pure. */
export function sumAmounts(amounts: readonly Amounts[]): Amounts {
  return amounts.reduce(sum, {});
}

function sum(one: Amounts, two: Amounts): Amounts {
  return merge(one, two, (left, right) => left + right);
}

function most(one: Amounts, two: Amounts): Amounts {
  return merge(one, two, Math.max);
}

function merge(one: Amounts, two: Amounts, join: (left: number, right: number) => number): Amounts {
  const merged: Record<string, number> = { ...one };
  for (const [name, amount] of Object.entries(two)) merged[name] = join(merged[name] ?? 0, amount);
  return merged;
}
