import type {
  CloudWatchLogs,
  FilterLogEventsCommandInput,
  GetLogEventsCommandInput,
  InputLogEvent,
  PutLogEventsCommandInput,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Operations } from '../../kernel/kernel.ts';
import { pageAfter } from '../common/page.ts';
import { compileFilter } from './filter-pattern.ts';
import {
  addEvents,
  eventOverhead,
  groupOf,
  invalid,
  type LogEvent,
  type LogsState,
  now,
  streamOf,
} from './state.ts';

/** Writing and reading events. */
export function eventOperations(logs: LogsState) {
  return {
    putLogEvents: (input) => putLogEvents(logs, input),
    getLogEvents: (input) => getLogEvents(logs, input),
    filterLogEvents: (input) => filterLogEvents(logs, input),
  } satisfies Operations<CloudWatchLogs>;
}

const day = 86_400_000;

function putLogEvents(logs: LogsState, input: PutLogEventsCommandInput) {
  const group = groupOf(logs, input.logGroupName);
  const stream = streamOf(group, input.logStreamName);
  const batch = checkBatch(input.logEvents ?? []);
  const time = now(logs);
  const retained = (group.retentionInDays ?? Number.POSITIVE_INFINITY) * day;
  const tooOld = batch.filter(({ timestamp }) => timestamp < time - 14 * day).length;
  const expired = batch.filter(({ timestamp }) => timestamp < time - retained).length;
  const tooNew = batch.findIndex(({ timestamp }) => timestamp > time + 2 * 3_600_000);
  const from = Math.max(tooOld, expired);
  addEvents(logs, stream, batch.slice(from, tooNew < 0 ? batch.length : tooNew));
  const rejected = {
    ...(tooOld > 0 && { tooOldLogEventEndIndex: tooOld }),
    ...(expired > 0 && { expiredLogEventEndIndex: expired }),
    ...(tooNew >= 0 && { tooNewLogEventStartIndex: tooNew }),
  };
  return {
    nextSequenceToken: '49',
    ...(Object.keys(rejected).length > 0 && { rejectedLogEventsInfo: rejected }),
  };
}

/** The rules of a batch (PutLogEvents): order, span, count and size. */
function checkBatch(events: readonly InputLogEvent[]): { timestamp: number; message: string }[] {
  if (events.length < 1 || events.length > 10_000) {
    throw invalid('1 validation error detected: logEvents must have between 1 and 10000 members');
  }
  const batch = events.map(({ timestamp, message }) => {
    if (timestamp === undefined || timestamp < 0 || !message)
      throw invalid('Log event message must not be empty.');
    return { timestamp, message };
  });
  const size = batch.reduce((sum, event) => sum + Buffer.byteLength(event.message) + eventOverhead, 0);
  if (size > 1_048_576) throw invalid(`Upload too large: ${size} bytes exceeds limit of 1048576`);
  if (batch.some((event, index) => index > 0 && event.timestamp < (batch[index - 1]?.timestamp ?? 0))) {
    throw invalid('Log events in a single PutLogEvents request must be in chronological order.');
  }
  if ((batch.at(-1)?.timestamp ?? 0) - (batch[0]?.timestamp ?? 0) > day) {
    throw invalid('The batch of log events in a single PutLogEvents request cannot span more than 24 hours.');
  }
  return batch;
}

/**
 * Pages in both directions. A token names the sequence of the event at the page's edge; at an end the same token comes back, which is
 * how a reader knows (GetLogEvents, "nextForwardToken").
 */
function getLogEvents(logs: LogsState, input: GetLogEventsCommandInput) {
  const group = groupOf(logs, input.logGroupName ?? input.logGroupIdentifier);
  const events = inTime(streamOf(group, input.logStreamName).events, input);
  const limit = input.limit ?? 10_000;
  if (limit < 1 || limit > 10_000) throw invalid('limit must be between 1 and 10000');
  const token = parseToken(input.nextToken);
  const end = events.length;
  const edge = token && events.findIndex((event) => event.sequence >= token.sequence);
  const at = edge === undefined || edge < 0 ? end : edge;
  let start = input.startFromHead ? 0 : Math.max(0, end - limit);
  if (token?.direction === 'f') start = events[at]?.sequence === token.sequence ? at + 1 : at;
  let stop = Math.min(end, start + limit);
  if (token?.direction === 'b') {
    stop = at;
    start = Math.max(0, at - limit);
  }
  const page = events.slice(start, stop);
  const first = page[0]?.sequence ?? token?.sequence ?? 0;
  const last = page.at(-1)?.sequence ?? token?.sequence ?? 0;
  return {
    events: page.map(({ timestamp, message, ingestionTime }) => ({ timestamp, message, ingestionTime })),
    nextForwardToken: `f/${pad(last)}/s`,
    nextBackwardToken: `b/${pad(first)}/s`,
  };
}

function pad(sequence: number): string {
  return String(sequence).padStart(56, '0');
}

function parseToken(token: string | undefined): { direction: 'f' | 'b'; sequence: number } | undefined {
  if (token === undefined) return undefined;
  const match = /^([fb])\/(\d{56})\/s$/.exec(token);
  if (!match) throw invalid('The specified nextToken is invalid.');
  return { direction: match[1] === 'f' ? 'f' : 'b', sequence: Number(match[2]) };
}

interface Span {
  readonly startTime?: number | undefined;
  readonly endTime?: number | undefined;
}

/** GetLogEvents' end is exclusive. */
function inTime(
  events: readonly LogEvent[],
  { startTime = 0, endTime = Number.POSITIVE_INFINITY }: Span,
): LogEvent[] {
  return events.filter(({ timestamp }) => timestamp >= startTime && timestamp < endTime);
}

function filterLogEvents(logs: LogsState, input: FilterLogEventsCommandInput) {
  const group = groupOf(logs, input.logGroupName ?? input.logGroupIdentifier);
  const { logStreamNames: names, logStreamNamePrefix: prefix } = input;
  if (names !== undefined && prefix !== undefined) {
    throw invalid('logStreamNames and logStreamNamePrefix are mutually exclusive parameters.');
  }
  const matches = compileFilter(input.filterPattern);
  const streams = names
    ? names.map((name) => streamOf(group, name))
    : [...group.streams.values()].filter((stream) => stream.name.startsWith(prefix ?? ''));
  const span = {
    startTime: input.startTime,
    endTime: input.endTime === undefined ? undefined : input.endTime + 1,
  };
  const found = streams.flatMap((stream) =>
    inTime(stream.events, span)
      .filter(({ message }) => matches(message))
      .map((event) => ({ ...event, logStreamName: stream.name })),
  );
  const { items, nextToken } = pageAfter(
    found,
    (event) => `${String(event.timestamp).padStart(16, '0')}${pad(event.sequence)}`,
    input.limit ?? 10_000,
    input.nextToken,
    () => invalid('The specified nextToken is invalid.'),
  );
  return {
    events: items.map(({ logStreamName, timestamp, message, ingestionTime, sequence }) => ({
      logStreamName,
      timestamp,
      message,
      ingestionTime,
      eventId: pad(sequence),
    })),
    searchedLogStreams: [],
    ...(nextToken !== undefined && { nextToken }),
  };
}
