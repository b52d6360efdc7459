import { type Inventory, type Remnant, remnantKinds } from './contracts.ts';
import type { Belongings } from './read-belongings.ts';

/** Of each kind so many are named; a workflow carries at most 256 KiB. */
const namedMax = 50;

/** What is there of a cluster, in the order in which it goes, short enough for a workflow and for a person. Pure. */
export function takeInventory({ remnants, ...others }: Belongings): Inventory {
  const kinds = remnantKinds.map((kind) => ({ kind, items: remnants.filter((one) => one.kind === kind) }));
  const present = kinds.filter(({ items }) => items.length > 0);
  return {
    counts: Object.fromEntries(present.map(({ kind, items }) => [kind, items.length])),
    remnants: present.flatMap(({ items }): Remnant[] => items.slice(0, namedMax)),
    kept: others.kept.slice(0, namedMax),
    leftAlone: others.leftAlone.slice(0, namedMax),
    madeByKubernetes: others.madeByKubernetes.slice(0, namedMax),
  };
}

/** `4 instances, 2 volumes`, for a person. Pure. */
export function tellCounts({ counts }: Pick<Inventory, 'counts'>): string {
  return Object.entries(counts)
    .map(([kind, count]) => `${count} × ${kind}`)
    .join(', ');
}
