import type { AilingRecord } from '../aws/records.ts';
import { isFresh } from '../sweep/watch-age.ts';
import { type NodesSeen, unreadySince } from './judge-health.ts';

/** An item of the registry has 400 kB. With more than this at once the storm guard is closed, and none of them is repaired. */
const trackedMax = 1_000;

type Entry = [string, AilingRecord['since'][string]];

const nothing: AilingRecord['since'] = {};

/**
 * Since when instances in service have had no node, or none that is ready. Pure. Kept from look to look, and not across a gap in the watch:
 * what nobody saw is no proof that it lasted. Where nodes cannot be seen, what was found before stays as it was, and ages.
 */
export function trackAiling(
  previous: AilingRecord | undefined,
  seen: NodesSeen,
  inService: readonly string[],
): AilingRecord {
  if (!seen.usable) return previous ?? { observedAt: '', since: nothing };
  const { observedAt, nodes } = seen;
  const known = previous && follows(previous.observedAt, observedAt) ? previous.since : nothing;
  const entries = inService.toSorted().flatMap((instanceId): Entry[] => {
    const node = nodes.get(instanceId);
    const before = known[instanceId];
    if (!node) return [[instanceId, { absent: before?.absent ?? observedAt }]];
    const ready = node.conditions.find(({ type }) => type === 'Ready');
    if (ready?.status === 'True') return [];
    return [[instanceId, { unready: unreadySince(node, before?.unready) }]];
  });
  return { observedAt, since: Object.fromEntries(entries.slice(0, trackedMax)) };
}

/** Whether one look comes soon after another: an earlier one that is dated later was taken by a clock that jumped. */
function follows(earlier: string, later: string): boolean {
  return Date.parse(earlier) <= Date.parse(later) && isFresh(earlier, new Date(later));
}
