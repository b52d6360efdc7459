import type { CloudWatchLogs, FilteredLogEvent } from '@aws-sdk/client-cloudwatch-logs';
import { CommandError } from './output.ts';

/** One line of the log of what was decided and done (ADR 25). */
export interface Decision {
  /** ISO 8601. */
  readonly at: string;
  readonly task: string;
  /** What happened: `decided`, `found`, `terminated`, … */
  readonly what: string;
  /** Of what in the cluster: `slot b`, `pool general, zone a, i-…`; empty for the cluster itself. */
  readonly subject: string;
  readonly slot?: string;
  readonly pool?: string;
  readonly instanceId?: string;
  readonly action?: string;
  readonly reason?: string;
  readonly level: string;
  /** Everything else that the line says. */
  readonly details: Readonly<Record<string, unknown>>;
  /** Tells one line from another. */
  readonly id: string;
}

/** What every line has and nobody asks about. */
const ofTheLogger = [
  'level',
  'timestamp',
  'service',
  'message',
  'sampling_rate',
  'xray_trace_id',
  'requestId',
  'cluster',
];
const ofTheSubject = ['slot', 'pool', 'zone', 'instanceId', 'action', 'reason'];

export interface Span {
  readonly since: Date;
  /** Of a slot, by its letter, or of an instance; all of the cluster unless told. */
  readonly subject?: string;
  readonly signal?: AbortSignal;
}

/** What was decided and done in a cluster since a time, oldest first. Kept for 30 days. Throws CommandError where the log is not there. */
export async function readDecisions(
  {
    deployment,
    logs,
  }: { readonly deployment: string; readonly logs: Pick<CloudWatchLogs, 'filterLogEvents'> },
  cluster: string,
  { signal, since, subject }: Span,
): Promise<Decision[]> {
  const logGroupName = `/${deployment}/tasks`;
  const about =
    subject === undefined ? '' : ` && $.${subject.startsWith('i-') ? 'instanceId' : 'slot'} = "${subject}"`;
  const filterPattern = `{ $.cluster = "${cluster}" && $.message != "done"${about} }`;
  const events = await readAll(logs, { logGroupName, filterPattern, startTime: since.getTime() }, signal);
  return events.flatMap(decisionOf).toSorted((one, two) => one.at.localeCompare(two.at));
}

/** Whether a line says what was decided or done, and why: every look says so of everything that is well. Pure. */
export function isTelling({ action, reason, what }: Pick<Decision, 'action' | 'reason' | 'what'>): boolean {
  return reason !== undefined && action !== 'none' && !(what === 'planned' && action === 'wait');
}

/**
 * What was decided again and again stands once, as of the latest time; oldest first. Numbers in a reason make no other decision. Pure.
 * `sameness`: all else that tells one from another.
 */
export function withoutRepeats<T extends { readonly at: string; readonly reason?: string }>(
  decisions: readonly T[],
  sameness: (decision: T) => readonly unknown[],
): T[] {
  const oldestFirst = decisions.toSorted((one, two) => one.at.localeCompare(two.at));
  const keyOf = (decision: T) =>
    JSON.stringify([...sameness(decision), decision.reason?.replace(/\d+/g, '#')]);
  // Set anew, an entry of a map keeps its old place.
  const last = new Map(oldestFirst.map((decision) => [keyOf(decision), decision]));
  return [...last.values()].toSorted((one, two) => one.at.localeCompare(two.at));
}

/** The same task that says the same of the same. */
export const sameDecision = ({ action, instanceId, subject, task, what }: Decision) =>
  [task, what, subject, instanceId, action] as const;

/** So many of the latest, each once; oldest first. Pure. */
export function latestDecisions(decisions: readonly Decision[], max: number): Decision[] {
  return withoutRepeats(decisions, sameDecision).slice(-max);
}

async function readAll(
  logs: Pick<CloudWatchLogs, 'filterLogEvents'>,
  request: { readonly logGroupName: string; readonly filterPattern: string; readonly startTime: number },
  signal: AbortSignal | undefined,
): Promise<FilteredLogEvent[]> {
  const events: FilteredLogEvent[] = [];
  let nextToken: string | undefined;
  do {
    const page = await logs
      .filterLogEvents(
        { ...request, ...(nextToken !== undefined && { nextToken }) },
        signal ? { abortSignal: signal } : {},
      )
      .catch((error: unknown) => {
        if (error instanceof Error && error.name === 'ResourceNotFoundException')
          throw new CommandError(`there is no log group ${request.logGroupName}: is Trivet deployed there?`);
        throw error;
      });
    events.push(...(page.events ?? []));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return events;
}

/** A line for people out of the log's JSON; a line that is none is nobody's decision. */
function decisionOf({ eventId = '', message = '', timestamp = 0 }: FilteredLogEvent): Decision[] {
  const line = parseLine(message);
  if (!line) return [];
  const text = (field: string): string | undefined => {
    const value = line[field];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const details = Object.fromEntries(
    Object.entries(line).filter(
      ([field, value]) => ![...ofTheLogger, ...ofTheSubject].includes(field) && value !== undefined,
    ),
  );
  const action = text('action');
  const reason = text('reason') ?? causeOf(line.error);
  return [
    {
      id: eventId,
      at: text('timestamp') ?? new Date(timestamp).toISOString(),
      task: text('service') ?? '',
      what: text('message') ?? '',
      subject: subjectOf(text),
      level: text('level') ?? 'INFO',
      details,
      ...(action !== undefined && { action }),
      ...(reason !== undefined && { reason }),
      ...pick(text, ['slot', 'pool', 'instanceId']),
    },
  ];
}

function pick<K extends string>(text: (field: string) => string | undefined, fields: readonly K[]) {
  const there = fields.flatMap((field) => {
    const value = text(field);
    return value === undefined ? [] : [[field, value] as const];
  });
  return Object.fromEntries(there) as { readonly [field in K]?: string };
}

function subjectOf(text: (field: string) => string | undefined): string {
  const [slot, pool, zone, instanceId] = ['slot', 'pool', 'zone', 'instanceId'].map(text);
  return [slot && `slot ${slot}`, pool && `pool ${pool}`, zone && `zone ${zone}`, instanceId]
    .filter(Boolean)
    .join(', ');
}

function causeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { message, name } = error as { message?: unknown; name?: unknown };
  return typeof message === 'string' ? `${String(name)}: ${message}` : undefined;
}

function parseLine(message: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(message);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** One line on a terminal. */
export function renderDecision({
  action,
  at,
  details,
  level,
  reason,
  subject,
  task,
  what,
}: Decision): string {
  const head = [at, task.padEnd(20), subject].filter((part) => part !== '').join('  ');
  const said = [what, action, reason].filter((part) => part !== undefined).join(': ');
  const rest = reason === undefined && Object.keys(details).length > 0 ? ` ${JSON.stringify(details)}` : '';
  return `${head}  ${level === 'INFO' ? '' : `${level} `}${said}${rest}`;
}
