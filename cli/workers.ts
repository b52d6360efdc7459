import type { RepairRecord, RepairsRecord } from '../functions/aws/registry.ts';

/** A pool's workers as the latest sweep found them. */
export interface PoolStatus {
  readonly pool: string;
  readonly wanted: number;
  readonly ready: number;
  /** Who is not ready and why; at most the first few. */
  readonly unready: readonly { readonly instanceId: string; readonly zone: string; readonly why: string }[];
  /** So many may be unhealthy before none is replaced any more. */
  readonly mayBeUnhealthy: number;
  /** Why nothing is known of the nodes. */
  readonly blind?: string;
  /** There while the storm guard refuses repairs. */
  readonly guardClosed?: { readonly since: string; readonly reason: string };
}

export interface WorkersStatus {
  readonly pools: readonly PoolStatus[];
  /** Newest first. */
  readonly repairs: readonly RepairRecord[];
}

/** A screen is short, and `--json` has them all. */
const repairsShown = 5;

/** What the registry remembers of a cluster's workers. Pure. */
export function summarizeWorkers(record: RepairsRecord | undefined): WorkersStatus {
  const pools = Object.entries(record?.pools ?? {})
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(
      ([pool, { allowed, blind, guard, healthy, unhealthy, wanted }]): PoolStatus => ({
        pool,
        wanted,
        ready: healthy,
        unready: unhealthy,
        mayBeUnhealthy: allowed,
        ...(blind !== undefined && { blind }),
        ...(guard && { guardClosed: { since: guard.closedAt, reason: guard.reason } }),
      }),
    );
  return { pools, repairs: record?.repairs ?? [] };
}

/** The same for a person, a line for each pool and below it what is not as it should be. Pure. */
export function renderWorkers({ pools, repairs }: WorkersStatus): string[] {
  return [
    ...pools.flatMap(renderPool),
    ...repairs.slice(0, repairsShown).map((repair) => `repair: ${renderRepair(repair)}`),
  ];
}

function renderPool({
  blind,
  guardClosed,
  mayBeUnhealthy,
  pool,
  ready,
  unready,
  wanted,
}: PoolStatus): string[] {
  // What was not seen is not counted: none of them may be well, and all of them.
  const counted = blind === undefined ? `${ready} of ${wanted}` : `not known of ${wanted}`;
  return [
    `pool ${pool}: workers ready: ${counted}; ${mayBeUnhealthy} may be unhealthy, storm guard ${guardClosed ? 'CLOSED' : 'open'}`,
    ...(blind === undefined ? [] : [`  ${blind}`]),
    ...(guardClosed ? [`  nothing is replaced since ${guardClosed.since}: ${guardClosed.reason}`] : []),
    ...(blind === undefined
      ? unready.map(({ instanceId, why, zone }) => `  ${instanceId} in zone ${zone} ${why}`)
      : []),
  ];
}

function renderRepair({ endedAt, outcome, pool, reason, remark, startedAt, zone }: RepairRecord): string {
  const end = endedAt === undefined ? 'goes on' : `${outcome} ${endedAt}: ${remark}`;
  return `${startedAt} pool ${pool}, zone ${zone}: ${reason}; ${end}`;
}
