/** How many workers a pool's group in one zone has. */
export interface GroupSize {
  /** The zone's letter. */
  readonly zone: string;
  readonly min: number;
  readonly max: number;
}

/** A pool's least and greatest number over its zones, evenly; what is left over goes to the first zones. Pure. */
export function decidePoolSizes(pool: {
  readonly zones: readonly string[];
  readonly min: number;
  readonly max: number;
}): GroupSize[] {
  const zones = pool.zones.toSorted();
  const share = (total: number, index: number): number =>
    Math.floor(total / zones.length) + (index < total % zones.length ? 1 : 0);
  return zones.map((zone, index) => ({ zone, min: share(pool.min, index), max: share(pool.max, index) }));
}
