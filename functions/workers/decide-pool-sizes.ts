/** How many workers a pool's group in one zone has. */
export interface GroupSize {
  /** The zone's letter. */
  readonly zone: string;
  readonly min: number;
  readonly max: number;
}

/**
 * A pool's least number over its zones, evenly; what is left over goes to the first zones. Each group alone may come to the pool's greatest
 * number: where one zone has no capacity the others take its share, and scaling keeps the sum within the bound (ADR 21). Pure.
 */
export function decidePoolSizes(pool: {
  readonly zones: readonly string[];
  readonly min: number;
  readonly max: number;
}): GroupSize[] {
  const zones = pool.zones.toSorted();
  return zones.map((zone, index) => ({ zone, min: shareOf(pool.min, zones.length, index), max: pool.max }));
}

/** The share of the zone at `index`, in order of letters, of a number that is spread evenly. Pure. */
export function shareOf(total: number, zones: number, index: number): number {
  return Math.floor(total / zones) + (index < total % zones ? 1 : 0);
}
