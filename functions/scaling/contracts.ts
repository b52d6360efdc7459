/** One group that is to have another number of workers. */
export interface SizeChange {
  readonly pool: string;
  /** The zone's letter. */
  readonly zone: string;
  /** How many it was to have when this was decided: where it is another number by now, nothing is changed. */
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

/** A worker that is to go, its group becoming one smaller. */
export interface Removal {
  readonly pool: string;
  readonly zone: string;
  readonly instanceId: string;
  readonly reason: string;
}

/** An instance type that a pool's group in one zone could not get, and until when it is not counted on. */
export interface BackOff {
  readonly pool: string;
  readonly zone: string;
  readonly instanceType: string;
  /** ISO 8601. */
  readonly until: string;
  /** How long this one is. */
  readonly seconds: number;
}

/** A node whose pods fit elsewhere, and since when each decision has found so, ISO 8601. */
export interface Unneeded {
  readonly node: string;
  readonly since: string;
}
