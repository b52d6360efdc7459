import type { FunctionEventInvokeConfig } from '@aws-sdk/client-lambda';
import { AwsError, NotPlayedError } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { ResolvedVersion } from './functions.ts';
import type { Runner, RunResult } from './run.ts';

/** Event invocations: queued, tried again when they fail, then sent to a destination or dead-letter queue. */
export interface AsyncInvocations {
  accept(target: ResolvedVersion, requestId: string, payload: string): void;
  /** How many are queued or running. */
  pending(): number;
}

/** Lambda waits one minute before the first retry of a function error and two before the second. */
const retrySeconds = [60, 120];
/** A throttled event goes back to the queue: from 1 second on, doubled, at most 5 minutes, until the event is too old. */
const throttleSeconds = { first: 1, most: 300 };
const defaultAgeSeconds = 6 * 60 * 60;

export function createAsyncInvocations(kernel: Kernel, runner: Runner): AsyncInvocations {
  let pending = 0;
  return {
    accept: (target, requestId, payload) => {
      pending += 1;
      void deliver(kernel, runner, { target, requestId, payload })
        .catch((error) =>
          kernel.log(`lambda ${target.fn.name}: event ${requestId} was lost: ${String(error)}`),
        )
        .finally(() => {
          pending -= 1;
        });
    },
    pending: () => pending,
  };
}

interface QueuedEvent {
  readonly target: ResolvedVersion;
  readonly requestId: string;
  readonly payload: string;
}

interface Settled {
  readonly condition: 'Success' | 'RetriesExhausted' | 'EventAgeExceeded';
  readonly attempts: number;
  readonly result: RunResult | undefined;
}

function configOf({ target }: QueuedEvent): FunctionEventInvokeConfig | undefined {
  return target.fn.eventInvokeConfigs.get(target.reference.qualifier ?? '$LATEST');
}

async function deliver(kernel: Kernel, runner: Runner, event: QueuedEvent): Promise<void> {
  const config = configOf(event);
  const retries = config?.MaximumRetryAttempts ?? retrySeconds.length;
  const expires =
    kernel.clock.now().getTime() + (config?.MaximumEventAgeInSeconds ?? defaultAgeSeconds) * 1000;
  for (let attempts = 1; ; attempts += 1) {
    const result = await unthrottled(kernel, runner, event, expires);
    if (result === undefined)
      return settle(kernel, event, { condition: 'EventAgeExceeded', attempts, result });
    if (result.outcome.kind === 'answered')
      return settle(kernel, event, { condition: 'Success', attempts, result });
    if (attempts > retries) return settle(kernel, event, { condition: 'RetriesExhausted', attempts, result });
    await kernel.clock.sleep((retrySeconds[attempts - 1] ?? 120) * 1000 * kernel.delays.waitScale);
    if (kernel.clock.now().getTime() > expires) {
      return settle(kernel, event, { condition: 'EventAgeExceeded', attempts, result });
    }
  }
}

/** The result of a run that was not throttled; undefined when the event grew too old while it waited. */
async function unthrottled(
  kernel: Kernel,
  runner: Runner,
  { target, requestId, payload }: QueuedEvent,
  expires: number,
): Promise<RunResult | undefined> {
  for (let seconds = throttleSeconds.first; ; seconds = Math.min(seconds * 2, throttleSeconds.most)) {
    try {
      return await runner.run({ target, requestId, payload });
    } catch (error) {
      if (!(error instanceof AwsError) || error.code !== 'TooManyRequestsException') throw error;
      if (kernel.clock.now().getTime() > expires) return undefined;
      await kernel.clock.sleep(seconds * 1000 * kernel.delays.waitScale);
    }
  }
}

/** Tells the destination of the outcome, and the dead-letter queue of a failure. */
async function settle(kernel: Kernel, event: QueuedEvent, settled: Settled): Promise<void> {
  const { condition, result } = settled;
  const destinations = configOf(event)?.DestinationConfig;
  const destination = condition === 'Success' ? destinations?.OnSuccess : destinations?.OnFailure;
  if (destination?.Destination) {
    await sendToQueue(kernel, destination.Destination, destinationRecord(kernel, event, settled));
  }
  const deadLetter = event.target.version.settings.deadLetterArn;
  if (condition === 'Success' || !deadLetter) return;
  const error = result?.outcome.kind === 'failed' ? result.outcome.error : undefined;
  await sendToQueue(kernel, deadLetter, JSON.parse(event.payload), {
    RequestID: { DataType: 'String', StringValue: event.requestId },
    ErrorCode: { DataType: 'Number', StringValue: '200' },
    ErrorMessage: { DataType: 'String', StringValue: error?.errorMessage.slice(0, 1024) || condition },
  });
}

/** The record that a destination gets, as AWS documents it for asynchronous invocation. */
function destinationRecord(
  kernel: Kernel,
  event: QueuedEvent,
  { condition, attempts, result }: Settled,
): object {
  const { target, requestId, payload } = event;
  const outcome = result?.outcome;
  const failed = outcome?.kind === 'failed' ? { functionError: 'Unhandled' } : {};
  const answer = outcome?.kind === 'answered' ? JSON.parse(outcome.payload) : outcome?.error;
  return {
    version: '1.0',
    timestamp: kernel.clock.now().toISOString(),
    requestContext: { requestId, functionArn: target.arn, condition, approximateInvokeCount: attempts },
    requestPayload: JSON.parse(payload),
    responseContext: { statusCode: 200, executedVersion: target.version.version, ...failed },
    responsePayload: answer ?? null,
  };
}

async function sendToQueue(kernel: Kernel, arn: string, body: unknown, attributes?: object): Promise<void> {
  const [, , service, , , name] = arn.split(':');
  if (service !== 'sqs' || !name)
    throw new NotPlayedError(`the destination ${arn} of an asynchronous invocation`);
  const { QueueUrl } = await kernel.invoke<{ QueueUrl?: string }>('sqs', 'getQueueUrl', { QueueName: name });
  await kernel.invoke('sqs', 'sendMessage', {
    QueueUrl,
    MessageBody: JSON.stringify(body),
    ...(attributes ? { MessageAttributes: attributes } : {}),
  });
}
