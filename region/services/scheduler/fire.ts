import type { Target } from '@aws-sdk/client-scheduler';
import { AwsError } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { assumeRole } from '../common/assume-role.ts';

const principalHost = 'scheduler.amazonaws.com';
const defaults = { attempts: 185, ageSeconds: 86_400 };
/** Seconds; AWS gives no figures for its exponential back-off. */
const backOff = { first: 1, most: 60 };

/** One invocation of a schedule's target, with its retries and dead-letter queue. Never rejects. */
export async function fire(
  kernel: Kernel,
  scheduleArn: string,
  target: Target,
  input: string,
): Promise<void> {
  const retries = target.RetryPolicy?.MaximumRetryAttempts ?? defaults.attempts;
  const age = (target.RetryPolicy?.MaximumEventAgeInSeconds ?? defaults.ageSeconds) * 1000;
  const began = kernel.clock.now().getTime();
  for (let attempt = 0; ; attempt += 1) {
    try {
      await send(kernel, target, input);
      return;
    } catch (error) {
      const wait = Math.min(backOff.first * 2 ** attempt, backOff.most) * 1000;
      const tooOld = kernel.clock.now().getTime() - began + wait > age;
      if (attempt >= retries || tooOld || !isRetryable(error))
        return bury(kernel, scheduleArn, target, input, error, attempt);
      await kernel.clock.sleep(wait * kernel.delays.waitScale);
    }
  }
}

function isRetryable(error: unknown): boolean {
  if (!(error instanceof AwsError)) return true;
  return (
    error.status === 429 ||
    (error.status >= 500 && error.status !== 501) ||
    /Throttl|TooManyRequests/.test(error.code)
  );
}

async function send(kernel: Kernel, target: Target, input: string): Promise<void> {
  const arn = target.Arn ?? '';
  const role = await assumeRole(kernel, target.RoleArn ?? '', principalHost, kernel.ids.uuid());
  if (arn.split(':')[2] === 'lambda') {
    await kernel.invoke(
      'lambda',
      'invoke',
      { FunctionName: arn, InvocationType: 'Event', Payload: Buffer.from(input) },
      role,
    );
  } else {
    await kernel.invoke('stepfunctions', 'startExecution', { stateMachineArn: arn, input }, role);
  }
}

async function bury(
  kernel: Kernel,
  scheduleArn: string,
  target: Target,
  input: string,
  error: unknown,
  attempts: number,
): Promise<void> {
  const message = error instanceof Error ? error.message : String(error);
  const lost = (why: string): void =>
    kernel.log(`scheduler ${scheduleArn}: an invocation is lost: ${message}${why}`);
  const queue = target.DeadLetterConfig?.Arn;
  if (!queue) return lost('');
  const attributes = {
    ERROR_CODE: error instanceof AwsError ? error.code : 'InternalError',
    ERROR_MESSAGE: message,
    RETRY_ATTEMPTS: String(attempts),
    SCHEDULE_ARN: scheduleArn,
    TARGET_ARN: target.Arn ?? '',
  };
  try {
    const role = await assumeRole(kernel, target.RoleArn ?? '', principalHost, kernel.ids.uuid());
    const { QueueUrl } = await kernel.invoke<{ QueueUrl?: string }>('sqs', 'getQueueUrl', {
      QueueName: queue.split(':')[5],
    });
    const MessageAttributes = Object.fromEntries(
      Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
    );
    await kernel.invoke('sqs', 'sendMessage', { QueueUrl, MessageBody: input, MessageAttributes }, role);
  } catch (failure) {
    lost(`; and its dead-letter queue: ${String(failure)}`);
  }
}
