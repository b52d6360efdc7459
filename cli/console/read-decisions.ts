import type { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import type { ClusterRecord, RepairsRecord, SlotRecord } from '../../functions/aws/registry.ts';
import { isTelling, type Decision as Logged, readDecisions, withoutRepeats } from '../decisions.ts';
import type { Decision } from './contracts.ts';

/** How far back the first look goes, and how late a line may come. */
const firstMilliseconds = 3_600_000;
const lateMilliseconds = 60_000;
const keptMax = 500;

/** What Trivet decided and did in a cluster. */
export interface DecisionSource {
  read(cluster: string, signal: AbortSignal): Promise<Decision[]>;
}

/** From the log of all tasks (ADR 25): each look reads on from the one before. */
export function createDecisionSource(
  logs: Pick<CloudWatchLogs, 'filterLogEvents'>,
  deployment: string,
  now: () => number = Date.now,
): DecisionSource {
  const kept = new Map<string, Map<string, Decision>>();
  return {
    async read(cluster, signal) {
      const own = kept.get(cluster) ?? new Map<string, Decision>();
      kept.set(cluster, own);
      const newest = Math.max(0, ...Array.from(own.values(), ({ at }) => Date.parse(at)));
      const since = new Date(Math.max(now() - firstMilliseconds, newest - lateMilliseconds));
      for (const logged of await readDecisions({ deployment, logs }, cluster, { since, signal })) {
        const decision = decisionOf(logged);
        if (decision) own.set(decision.id, decision);
      }
      for (const id of [...own.keys()].slice(0, Math.max(0, own.size - keptMax))) own.delete(id);
      return collapse([...own.values()]);
    },
  };
}

/** A line that says what was decided or done, and why; undefined for every other. Pure. */
export function decisionOf(logged: Logged): Decision | undefined {
  const { action, at, id, instanceId, pool, reason, slot, task, what } = logged;
  if (reason === undefined || !isTelling(logged)) return undefined;
  const subject = slot === undefined ? (pool === undefined ? 'cluster' : `pool ${pool}`) : `slot ${slot}`;
  return {
    id,
    at,
    by: task,
    subject,
    action: action ?? what,
    reason,
    ...(instanceId !== undefined && { instanceId }),
  };
}

/** Each decision once, newest first. Pure. */
export function collapse(decisions: readonly Decision[]): Decision[] {
  return withoutRepeats(decisions, ({ action, by, instanceId, subject }) => [
    by,
    subject,
    instanceId,
    action,
  ]).toReversed();
}

/** What the registry remembers of decisions: it is there even where nobody may read logs. Pure. */
export function recordedDecisions({
  record,
  repairs,
  slots,
}: {
  readonly record?: ClusterRecord;
  readonly repairs?: RepairsRecord;
  readonly slots: readonly SlotRecord[];
}): Decision[] {
  const { hungReplacement, lastFailure } = record ?? {};
  return [
    ...slots.flatMap(({ slot, verdict }) =>
      verdict
        ? [said(verdict.at, 'verdict', { subject: `slot ${slot}` }, verdict.action, verdict.reason)]
        : [],
    ),
    ...(hungReplacement
      ? [
          said(
            hungReplacement.at,
            'sweep',
            { subject: `slot ${hungReplacement.slot}`, instanceId: hungReplacement.instanceId },
            'replace-hung-node',
            'it hung while all others were well',
          ),
        ]
      : []),
    ...(lastFailure
      ? [
          said(
            lastFailure.at,
            lastFailure.workflow,
            { subject: lastFailure.step },
            'failed',
            lastFailure.message,
          ),
        ]
      : []),
    ...(repairs?.repairs ?? []).flatMap(
      ({ endedAt, instanceId, outcome, pool, reason, remark, startedAt }) => {
        const whose = { subject: `pool ${pool}`, instanceId };
        return [
          said(startedAt, 'repair-worker', whose, 'begin', reason),
          ...(endedAt ? [said(endedAt, 'repair-worker', whose, outcome ?? 'ended', remark ?? '')] : []),
        ];
      },
    ),
  ];
}

function said(
  at: string,
  by: string,
  whose: Pick<Decision, 'subject' | 'instanceId'>,
  action: string,
  reason: string,
): Decision {
  return {
    id: [at, by, whose.subject, whose.instanceId, action].join(' '),
    at,
    by,
    ...whose,
    action,
    reason,
  };
}
