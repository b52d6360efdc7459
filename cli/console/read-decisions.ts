import type { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import type { ClusterRecord, RepairsRecord, SlotRecord } from '../../functions/aws/registry.ts';
import type { Decision } from './contracts.ts';

/** Tasks that decide, and the message under which each says what it decided (functions/runtime/task.ts, Logger). */
const deciders = [
  { task: 'sweep', messages: ['found', 'planned'] },
  { task: 'judge-slot', messages: ['decided'] },
  { task: 'judge-repair', messages: ['judged'] },
] as const;

/** How far back the first look goes, and how late an event may come. */
const firstMilliseconds = 3_600_000;
const lateMilliseconds = 60_000;
const keptMax = 500;
const pagesMax = 5;

/** What Trivet decided of a cluster, newest first. The one place that knows where decisions are written down. */
export interface DecisionSource {
  read(cluster: string, signal: AbortSignal): Promise<Decision[]>;
}

/** Decisions from the structured logs of the tasks that make them. */
export function createDecisionSource(
  logs: Pick<CloudWatchLogs, 'filterLogEvents'>,
  deployment: string,
  now: () => number = Date.now,
): DecisionSource {
  const readers = deciders.map((decider) => createLogReader(logs, deployment, decider, now));
  return {
    async read(cluster, signal) {
      const entries = (await Promise.all(readers.map((read) => read(signal)))).flat();
      return collapse(entries.filter((entry) => entry.cluster === cluster).map(decisionOf));
    },
  };
}

/** A line of a task's log, as far as it is read. */
export interface LogEntry {
  readonly eventId: string;
  readonly at: string;
  readonly by: string;
  readonly cluster: string;
  readonly slot?: string;
  readonly pool?: string;
  readonly instanceId?: string;
  readonly action: string;
  readonly reason: string;
}

function createLogReader(
  logs: Pick<CloudWatchLogs, 'filterLogEvents'>,
  deployment: string,
  { messages, task }: (typeof deciders)[number],
  now: () => number,
) {
  const logGroupName = `/aws/lambda/${deployment}-${task}`;
  const kept = new Map<string, LogEntry>();
  let newest = 0;
  return async (signal: AbortSignal): Promise<LogEntry[]> => {
    const startTime = Math.max(now() - firstMilliseconds, newest - lateMilliseconds);
    let nextToken: string | undefined;
    for (let page = 0; page < pagesMax; page += 1) {
      const found = await logs.filterLogEvents(
        {
          logGroupName,
          filterPattern: messages.map((message) => `?${message}`).join(' '),
          startTime,
          ...(nextToken !== undefined && { nextToken }),
        },
        { abortSignal: signal },
      );
      for (const { eventId = '', message = '', timestamp = 0 } of found.events ?? []) {
        newest = Math.max(newest, timestamp);
        const entry = readEntry(eventId, message, task, messages);
        if (entry) kept.set(eventId, entry);
      }
      nextToken = found.nextToken;
      if (nextToken === undefined) break;
    }
    for (const eventId of [...kept.keys()].slice(0, Math.max(0, kept.size - keptMax))) kept.delete(eventId);
    return [...kept.values()];
  };
}

/** A line that says a decision; undefined for every other. Pure. */
export function readEntry(
  eventId: string,
  line: string,
  task: string,
  messages: readonly string[],
): LogEntry | undefined {
  const said = parse(line);
  const { action, cluster, instanceId, message, pool, reason, slot, timestamp } = said;
  if (!message || !messages.includes(message) || !action || !cluster || !timestamp) return undefined;
  // Nothing was to be done: every look says so of everything that is well.
  if (action === 'none' || (task === 'sweep' && message === 'planned' && action === 'wait')) return undefined;
  return {
    eventId,
    at: timestamp,
    by: task,
    cluster,
    ...(slot !== undefined && { slot }),
    ...(pool !== undefined && { pool }),
    ...(instanceId !== undefined && { instanceId }),
    action,
    reason: reason ?? '',
  };
}

/** The fields of a line that are texts. */
function parse(line: string): Partial<Record<string, string>> {
  try {
    const parsed: unknown = JSON.parse(line);
    if (typeof parsed !== 'object' || parsed === null) return {};
    return Object.fromEntries(
      Object.entries(parsed).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    );
  } catch {
    return {};
  }
}

function decisionOf({ action, at, by, eventId, instanceId, pool, reason, slot }: LogEntry): Decision {
  const subject = slot === undefined ? (pool === undefined ? 'cluster' : `pool ${pool}`) : `slot ${slot}`;
  return { id: eventId, at, by, subject, ...(instanceId !== undefined && { instanceId }), action, reason };
}

/** What was decided again and again stands once, with the time of the latest. Numbers in a reason make no other decision. Pure. */
export function collapse(decisions: readonly Decision[]): Decision[] {
  const newestFirst = decisions.toSorted((one, two) => (one.at < two.at ? 1 : -1));
  const seen = new Set<string>();
  return newestFirst.filter(({ action, by, instanceId, reason, subject }) => {
    const key = [by, subject, instanceId, action, reason.replace(/\d+/g, '#')].join('|');
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
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
