import type { HistoryEvent, LoggingConfiguration } from '@aws-sdk/client-sfn';
import { AwsError } from '../../kernel/errors.ts';
import type { Kernel, Principal } from '../../kernel/kernel.ts';
import type { Revision } from './state-machines.ts';

const fatalEvents: ReadonlySet<string> = new Set([
  'ExecutionAborted',
  'ExecutionFailed',
  'ExecutionTimedOut',
]);

const errorEvents: ReadonlySet<string> = new Set([
  ...fatalEvents,
  'EvaluationFailed',
  'FailStateEntered',
  'MapIterationAborted',
  'MapIterationFailed',
  'MapStateAborted',
  'MapStateFailed',
  'ParallelStateAborted',
  'ParallelStateFailed',
  'TaskFailed',
  'TaskStateAborted',
  'TaskTimedOut',
  'WaitStateAborted',
]);

/** Step Functions hands its log events to the log delivery service. */
const delivery: Principal = { kind: 'service', arn: 'delivery.logs.amazonaws.com' };

/** A logging configuration with its defaults. Throws InvalidLoggingConfiguration. */
export async function checkLogging(
  kernel: Kernel,
  configuration: LoggingConfiguration | undefined,
): Promise<LoggingConfiguration> {
  const level = configuration?.level ?? 'OFF';
  const includeExecutionData = configuration?.includeExecutionData ?? false;
  const destinations = configuration?.destinations ?? [];
  if (level === 'OFF' && destinations.length === 0) return { level, includeExecutionData };
  if (destinations.length !== 1) throw invalid('Must specify exactly one Log Destination.');
  const group = groupName(destinations[0]?.cloudWatchLogsLogGroup?.logGroupArn);
  if (group === undefined) throw invalid('Log Destination must be the ARN of a log group that ends in :*.');
  if (isPlayed(kernel) && !(await groupExists(kernel, group))) throw invalid('Log Destination not found.');
  return { level, includeExecutionData, destinations };
}

function invalid(reason: string): AwsError {
  return new AwsError('InvalidLoggingConfiguration', `Invalid Logging Configuration: ${reason}`);
}

function groupName(arn: string | undefined): string | undefined {
  return /^arn:aws[a-z-]*:logs:[^:]+:\d{12}:log-group:([^:]+):\*$/.exec(arn ?? '')?.[1];
}

/** A region without the logs service (a test's) keeps no logs. */
function isPlayed(kernel: Kernel): boolean {
  return kernel.services().some((service) => service.id === 'logs');
}

async function groupExists(kernel: Kernel, group: string): Promise<boolean> {
  const input = { logGroupNamePrefix: group };
  const { logGroups } = await kernel.invoke<{ logGroups?: readonly { logGroupName?: string }[] }>(
    'logs',
    'describeLogGroups',
    input,
    delivery,
  );
  return (logGroups ?? []).some(({ logGroupName }) => logGroupName === group);
}

/** Writes the events of one execution to its log group, in order, without holding the execution up. */
export function createExecutionLog(
  kernel: Kernel,
  revision: Revision,
  execution: { readonly arn: string; readonly stateMachineName: string },
): (event: HistoryEvent) => void {
  const { level, includeExecutionData, destinations } = revision.loggingConfiguration;
  const group = groupName(destinations?.[0]?.cloudWatchLogsLogGroup?.logGroupArn);
  if (level === 'OFF' || group === undefined || !isPlayed(kernel)) return () => {};
  const minute = kernel.clock.now().toISOString().slice(0, 16).replace(/[T:]/g, '-');
  const logStreamName = `states/${execution.stateMachineName}/${minute}/${kernel.ids.uuid().slice(0, 8)}`;
  const stream = { logGroupName: group, logStreamName };
  let waiting: { timestamp: number; message: string }[] = [];
  let ready: Promise<void> | undefined;
  let flushing = Promise.resolve();

  const flush = async (): Promise<void> => {
    const logEvents = waiting;
    waiting = [];
    if (logEvents.length === 0) return;
    try {
      ready ??= kernel.invoke('logs', 'createLogStream', stream, delivery);
      await ready;
      await kernel.invoke('logs', 'putLogEvents', { ...stream, logEvents }, delivery);
    } catch (error) {
      kernel.log(`stepfunctions: events of ${execution.arn} could not be logged: ${String(error)}`);
    }
  };
  return (event) => {
    if (!isLogged(level ?? 'OFF', event.type ?? '')) return;
    const message = JSON.stringify(logRecord(event, execution.arn, includeExecutionData ?? false));
    waiting.push({ timestamp: event.timestamp?.getTime() ?? 0, message });
    flushing = flushing.then(flush);
  };
}

function isLogged(level: string, type: string): boolean {
  if (level === 'ALL') return true;
  return level === 'ERROR' ? errorEvents.has(type) : fatalEvents.has(type);
}

function logRecord(event: HistoryEvent, executionArn: string, withData: boolean): object {
  const { id, type, previousEventId, timestamp } = event;
  const shown = withData ? event : withoutData(event);
  const details = Object.entries(shown).find(([member]) => member.endsWith('EventDetails'))?.[1];
  return {
    id: String(id),
    type,
    ...(details === undefined ? {} : { details }),
    previous_event_id: String(previousEventId ?? 0),
    event_timestamp: String(timestamp?.getTime() ?? 0),
    execution_arn: executionArn,
    redrive_count: '0',
  };
}

const dataMembers: ReadonlySet<string> = new Set([
  'input',
  'inputDetails',
  'output',
  'outputDetails',
  'parameters',
  'assignedVariables',
  'assignedVariablesDetails',
  'cause',
]);

/** An event without the data that it carries, as `includeExecutionData: false` shows it. */
export function withoutData(event: HistoryEvent): HistoryEvent {
  const members = Object.entries(event).map(([member, value]) => {
    if (!member.endsWith('EventDetails') || typeof value !== 'object') return [member, value];
    const kept = Object.entries(value).filter(([name]) => !dataMembers.has(name));
    return [member, Object.fromEntries(kept)];
  });
  return Object.fromEntries(members) as HistoryEvent;
}
