import type { LogGroupClass } from '@aws-sdk/client-cloudwatch-logs';
import { AwsError } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';

export interface LogEvent {
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly ingestionTime: number;
  readonly message: string;
  /** Counts all events of the region: events of one millisecond keep their order. */
  readonly sequence: number;
}

export interface LogStream {
  readonly name: string;
  readonly createdAt: number;
  /** In the order of time; the oldest go first when memory is short. */
  events: LogEvent[];
  storedBytes: number;
  lastIngestion?: number;
}

export interface LogGroup {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: number;
  readonly groupClass: LogGroupClass;
  kmsKeyId?: string | undefined;
  retentionInDays?: number;
  tags: Map<string, string>;
  readonly streams: Map<string, LogStream>;
}

export interface LogsState {
  readonly kernel: Kernel;
  readonly groups: Map<string, LogGroup>;
  readonly resourcePolicies: Map<string, { readonly document: string; readonly updatedAt: number }>;
  sequence: number;
}

/** A stream keeps so many events, and forgets a quarter of them when it is full: memory stays bounded while a region is up for days. */
const largestStream = 20_000;

/** CloudWatch Logs counts 26 bytes for each event besides its message. */
export const eventOverhead = 26;

export function now(logs: LogsState): number {
  return logs.kernel.clock.now().getTime();
}

/** The group of a name or ARN (with or without the trailing `:*`). */
export function groupOf(logs: LogsState, nameOrArn: string | undefined): LogGroup {
  const name = nameOrArn?.replace(/^arn:aws:logs:[^:]+:\d{12}:log-group:/, '').replace(/:\*$/, '');
  const group = logs.groups.get(name ?? '');
  if (group) return group;
  throw new AwsError('ResourceNotFoundException', 'The specified log group does not exist.');
}

export function streamOf(group: LogGroup, name: string | undefined): LogStream {
  const stream = group.streams.get(name ?? '');
  if (stream) return stream;
  throw new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.');
}

export function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterException', message);
}

export function addGroup(
  logs: LogsState,
  name: string,
  settings: { groupClass?: LogGroupClass; kmsKeyId?: string | undefined; tags?: Map<string, string> } = {},
): LogGroup {
  const { region, accountId } = logs.kernel;
  const group: LogGroup = {
    name,
    arn: `arn:aws:logs:${region}:${accountId}:log-group:${name}`,
    createdAt: now(logs),
    groupClass: settings.groupClass ?? 'STANDARD',
    kmsKeyId: settings.kmsKeyId,
    tags: settings.tags ?? new Map(),
    streams: new Map(),
  };
  logs.groups.set(name, group);
  return group;
}

export function addStream(logs: LogsState, group: LogGroup, name: string): LogStream {
  const stream: LogStream = { name, createdAt: now(logs), events: [], storedBytes: 0 };
  group.streams.set(name, stream);
  return stream;
}

/** Adds events in the order of time, and lets the oldest go when the stream is full. */
export function addEvents(
  logs: LogsState,
  stream: LogStream,
  events: readonly { readonly timestamp: number; readonly message: string }[],
): void {
  const ingestionTime = now(logs);
  for (const { timestamp, message } of events) {
    const late = (stream.events.at(-1)?.timestamp ?? 0) > timestamp;
    logs.sequence += 1;
    stream.events.push({ timestamp, message, ingestionTime, sequence: logs.sequence });
    stream.storedBytes += Buffer.byteLength(message) + eventOverhead;
    if (late)
      stream.events.sort((left, right) => left.timestamp - right.timestamp || left.sequence - right.sequence);
  }
  stream.lastIngestion = ingestionTime;
  if (stream.events.length <= largestStream) return;
  const forgotten = stream.events.splice(0, stream.events.length - Math.floor(largestStream * 0.75));
  for (const { message } of forgotten) stream.storedBytes -= Buffer.byteLength(message) + eventOverhead;
}
