import type { Target } from '@aws-sdk/client-eventbridge';
import { AwsError } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { assumeRole } from '../common/assume-role.ts';
import { servicePrincipal } from '../common/service-principal.ts';
import type { Rule } from './rules.ts';
import { TransformFailed, transform, valueAt } from './transform.ts';

/** An event as it lies on the bus and reaches targets. */
export interface BusEvent extends Readonly<Record<string, unknown>> {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}

const principalHost = 'events.amazonaws.com';
/** Back-off of retries: AWS says "exponential back-off and jitter" and no figures. Seconds. */
const backOff = { first: 1, most: 60 };
const defaults = { attempts: 185, ageSeconds: 86_400 };

/** What a target gets: the event, a part of it, a constant, or a transformation. Throws TransformFailed. */
function inputFor(rule: Rule, target: Target, event: BusEvent, ingestionTime: string): string {
  if (target.Input !== undefined) return target.Input;
  if (target.InputPath !== undefined) {
    const part = valueAt(event, target.InputPath);
    if (part === undefined) throw new TransformFailed(`the event has nothing at ${target.InputPath}`);
    return JSON.stringify(part);
  }
  if (target.InputTransformer) {
    const context = { ruleArn: rule.arn, ruleName: rule.name, event, ingestionTime };
    return transform(target.InputTransformer, context);
  }
  return JSON.stringify(event);
}

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
}

/** The codes that EventBridge writes into a dead letter. */
function failureOf(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof TransformFailed) return { code: 'INVALID_JSON', message, retryable: false };
  if (!(error instanceof AwsError)) return { code: 'INTERNAL_ERROR', message, retryable: true };
  if (/AccessDenied|NotAuthorized/.test(error.code))
    return { code: 'NO_PERMISSIONS', message, retryable: false };
  if (/NotFound|DoesNotExist|NonExistent/.test(error.code))
    return { code: 'NO_RESOURCE', message, retryable: false };
  if (error.status === 429 || /Throttl|TooManyRequests|LimitExceeded/.test(error.code))
    return { code: 'THROTTLING', message, retryable: true };
  const server = error.status >= 500 && error.status !== 501;
  return { code: server ? 'INTERNAL_ERROR' : 'SDK_CLIENT_ERROR', message, retryable: server };
}

/** Delivers one event to one target: at least once, with retries, and to the dead-letter queue in the end. Never rejects. */
export async function deliver(kernel: Kernel, rule: Rule, target: Target, event: BusEvent): Promise<void> {
  const retries = target.RetryPolicy?.MaximumRetryAttempts ?? defaults.attempts;
  const age = (target.RetryPolicy?.MaximumEventAgeInSeconds ?? defaults.ageSeconds) * 1000;
  const ingested = kernel.clock.now();
  for (let attempt = 0; ; attempt += 1) {
    try {
      await send(kernel, rule, target, inputFor(rule, target, event, ingested.toISOString()), event.id);
      return;
    } catch (error) {
      const failure = failureOf(error);
      const wait = Math.min(backOff.first * 2 ** attempt, backOff.most) * (0.5 + kernel.ids.random() / 2);
      const tooOld = kernel.clock.now().getTime() - ingested.getTime() + wait * 1000 > age;
      if (!failure.retryable || attempt >= retries || tooOld) {
        const exhausted = tooOld ? 'MaximumEventAgeInSeconds' : 'MaximumRetryAttempts';
        const condition = failure.retryable ? { EXHAUSTED_RETRY_CONDITION: exhausted } : {};
        await bury(kernel, rule, target, event, failure, attempt, condition);
        return;
      }
      await kernel.clock.sleep(wait * 1000 * kernel.delays.waitScale);
    }
  }
}

async function send(
  kernel: Kernel,
  rule: Rule,
  target: Target,
  input: string,
  eventId: string,
): Promise<void> {
  const arn = target.Arn ?? '';
  const service = arn.split(':')[2];
  const asEvents = servicePrincipal(principalHost, rule.arn);
  if (service === 'lambda') {
    await kernel.invoke(
      'lambda',
      'invoke',
      { FunctionName: arn, InvocationType: 'Event', Payload: Buffer.from(input) },
      asEvents,
    );
  } else if (service === 'states') {
    const role = await assumeRole(kernel, target.RoleArn ?? '', principalHost, eventId);
    await kernel.invoke(
      'stepfunctions',
      'startExecution',
      { stateMachineArn: arn, input, name: `${eventId}_${kernel.ids.uuid()}` },
      role,
    );
  } else {
    await sendToQueue(kernel, arn, { MessageBody: input }, rule.arn);
  }
}

async function sendToQueue(kernel: Kernel, arn: string, message: object, sourceArn: string): Promise<void> {
  const { QueueUrl } = await kernel.invoke<{ QueueUrl?: string }>('sqs', 'getQueueUrl', {
    QueueName: arn.split(':')[5],
  });
  await kernel.invoke(
    'sqs',
    'sendMessage',
    { QueueUrl, ...message },
    servicePrincipal(principalHost, sourceArn),
  );
}

/** Sends the event to the target's dead-letter queue; without one it is lost, and the log says so. */
async function bury(
  kernel: Kernel,
  rule: Rule,
  target: Target,
  event: BusEvent,
  failure: Failure,
  attempts: number,
  condition: Readonly<Record<string, string>>,
): Promise<void> {
  const lost = (why: string): void =>
    kernel.log(
      `eventbridge ${rule.name}: event ${event.id} for ${target.Arn} is lost: ${failure.code}: ${failure.message}${why}`,
    );
  const queue = target.DeadLetterConfig?.Arn;
  if (!queue) return lost('');
  const attributes = {
    RULE_ARN: rule.arn,
    TARGET_ARN: target.Arn ?? '',
    ERROR_CODE: failure.code,
    ERROR_MESSAGE: failure.message,
    RETRY_ATTEMPTS: String(attempts),
    ...condition,
  };
  const MessageAttributes = Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      { DataType: name === 'RETRY_ATTEMPTS' ? 'Number' : 'String', StringValue: value },
    ]),
  );
  try {
    await sendToQueue(kernel, queue, { MessageBody: JSON.stringify(event), MessageAttributes }, rule.arn);
  } catch (error) {
    lost(`; and its dead-letter queue: ${String(error)}`);
  }
}
