import type { Amounts } from './model.ts';

/** Amounts in a fixed order of names, so that the inner loops add and compare numbers alone. The first one counts pods. */
export type Vector = readonly number[];

/** The order of names that vectors have; every name that anybody asks for or offers is in it. */
export class Dimensions {
  private readonly names: string[];

  constructor(all: Iterable<Amounts>) {
    const names = new Set<string>();
    for (const amounts of all) for (const name of Object.keys(amounts)) names.add(name);
    names.delete('pods');
    this.names = ['pods', ...[...names].sort()];
  }

  /** What a pod asks for. */
  ofRequests(requests: Amounts): Vector {
    return this.names.map((name) => (name === 'pods' ? 1 : (requests[name] ?? 0)));
  }

  /** What a node offers; a node that says nothing of pods takes as many as it likes. */
  ofAllocatable(allocatable: Amounts): Vector {
    return this.names.map((name) => allocatable[name] ?? (name === 'pods' ? Number.POSITIVE_INFINITY : 0));
  }

  /** The first name of which there is too little for one pod, with both amounts; undefined where it fits. */
  lacking(need: Vector, offered: Vector): string | undefined {
    const index = need.findIndex((amount, position) => amount > (offered[position] ?? 0));
    if (index === -1) return undefined;
    return `needs ${this.names[index]} ${need[index]} of ${offered[index] ?? 0}`;
  }

  /** What a node is fullest of, `94 % of cpu`. */
  fullest(used: Vector, offered: Vector): string {
    const shares = this.names.map((name, index) => ({
      name,
      share: (used[index] ?? 0) / (offered[index] || 1),
    }));
    const [{ name, share } = { name: 'nothing', share: 0 }] = shares.sort(
      (one, two) => two.share - one.share,
    );
    return `${Math.round(share * 100)} % of ${name}`;
  }
}

/** How many pods of this need go into what is left. */
export function timesIn(need: Vector, allocatable: Vector, used: Vector): number {
  let times = Number.POSITIVE_INFINITY;
  for (let index = 0; index < need.length; index += 1) {
    const amount = need[index] ?? 0;
    if (amount === 0) continue;
    const left = (allocatable[index] ?? 0) - (used[index] ?? 0);
    if (left < amount) return 0;
    times = Math.min(times, Math.floor(left / amount));
  }
  return times;
}

/** Whether so many pods of this need go into what is left. */
export function holds(allocatable: Vector, used: Vector, need: Vector, times: number): boolean {
  for (let index = 0; index < need.length; index += 1)
    if ((used[index] ?? 0) + (need[index] ?? 0) * times > (allocatable[index] ?? 0)) return false;
  return true;
}

/** Adds so many pods of this need; a negative number takes them away. */
export function addTo(used: number[], need: Vector, times: number): void {
  for (let index = 0; index < need.length; index += 1)
    used[index] = (used[index] ?? 0) + (need[index] ?? 0) * times;
}
