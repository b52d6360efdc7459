import type { Registry } from '../aws/registry.ts';
import { describePause, pauseOf } from '../clusters/pause.ts';
import type { SweepFinding } from './contracts.ts';

/** What changes nothing, and is said of a paused cluster too. */
const harmless: readonly SweepFinding['action'][] = ['none', 'wait', 'report'];

/**
 * Findings of which nothing is done for a cluster whose automation is paused: what would have been done is said instead (issue 5). The
 * records are read again, so that a pause holds from the moment that it is written; most sweeps find nothing, and read none.
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
      const pause = record && pauseOf(record, now);
      return record && pause ? [[record.name, describePause(record.name, pause)] as const] : [];
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
