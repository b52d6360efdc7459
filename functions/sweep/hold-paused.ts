import type { Registry } from '../aws/registry.ts';
import { describePause, pauseOf } from '../clusters/pause.ts';
import { retiringReason } from '../clusters/retiring.ts';
import type { SweepFinding } from './contracts.ts';

/** What changes nothing, and is said of a paused cluster too. */
const harmless: readonly SweepFinding['action'][] = ['none', 'wait', 'report'];

/**
 * Findings of which nothing is done for a cluster whose automation is paused, or that is being retired: what would have been done is said
 * instead (issue 5). The records are read again, so that either holds from the moment that it is written; most sweeps find nothing, and read none.
 */
export async function holdPaused(
  findings: readonly SweepFinding[],
  registry: Pick<Registry, 'getCluster'>,
  { now, signal }: { readonly now: Date; readonly signal: AbortSignal },
): Promise<SweepFinding[]> {
  const acting = findings.filter(({ action }) => !harmless.includes(action));
  const clusters = [...new Set(acting.map(({ cluster }) => cluster))];
  const records = await Promise.all(clusters.map((cluster) => registry.getCluster(cluster, signal)));
  const pauses = new Map(
    records.flatMap((record) => {
      if (!record) return [];
      const pause = pauseOf(record, now);
      const why = retiringReason(record) ?? (pause && describePause(record.name, pause));
      return why === undefined ? [] : [[record.name, why] as const];
    }),
  );
  return findings.map((finding) => {
    const pause = pauses.get(finding.cluster);
    if (pause === undefined || harmless.includes(finding.action)) return finding;
    return {
      ...finding,
      action: 'wait',
      reason: `${pause}; without that: ${finding.action}, ${finding.reason}`,
    };
  });
}
