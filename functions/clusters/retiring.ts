import type { ClusterRecord } from '../aws/records.ts';

/**
 * Why everything but retire-cluster leaves a cluster alone; undefined where nobody retires it. Pure. Whoever lists clusters or acts on one asks
 * this first: what is made again while it is taken away would stay behind (ADR 23).
 */
export function retiringReason(
  record: Pick<ClusterRecord, 'name' | 'retirement'> | undefined,
): string | undefined {
  return record?.retirement && `${record.name} is being retired since ${record.retirement.startedAt}`;
}
