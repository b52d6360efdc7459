import { AwsError } from '../../kernel/errors.ts';
import { now, type Queue, type SqsState } from './state.ts';

const ranges: Readonly<Record<string, { min: number; max: number; fallback: number }>> = {
  DelaySeconds: { min: 0, max: 900, fallback: 0 },
  MaximumMessageSize: { min: 1024, max: 1_048_576, fallback: 1_048_576 },
  MessageRetentionPeriod: { min: 60, max: 1_209_600, fallback: 345_600 },
  ReceiveMessageWaitTimeSeconds: { min: 0, max: 20, fallback: 0 },
  VisibilityTimeout: { min: 0, max: 43_200, fallback: 30 },
  KmsDataKeyReusePeriodSeconds: { min: 60, max: 86_400, fallback: 300 },
};
const choices: Readonly<Record<string, readonly string[]>> = {
  FifoQueue: ['true', 'false'],
  ContentBasedDeduplication: ['true', 'false'],
  SqsManagedSseEnabled: ['true', 'false'],
  DeduplicationScope: ['queue', 'messageGroup'],
  FifoThroughputLimit: ['perQueue', 'perMessageGroupId'],
};
const texts = ['Policy', 'KmsMasterKeyId', 'RedrivePolicy', 'RedriveAllowPolicy'];
const computed = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesDelayed',
  'ApproximateNumberOfMessagesNotVisible',
  'CreatedTimestamp',
  'LastModifiedTimestamp',
  'QueueArn',
];
const forFifo = new Set([
  'FifoQueue',
  'ContentBasedDeduplication',
  'DeduplicationScope',
  'FifoThroughputLimit',
]);

export interface RedrivePolicy {
  readonly deadLetterTargetArn: string;
  readonly maxReceiveCount: number;
}

/** A numeric attribute with its default. */
export function numberOf(queue: Queue, name: string): number {
  return Number(queue.attributes.get(name) ?? ranges[name]?.fallback ?? 0);
}

/** Checks attributes that somebody sets: InvalidAttributeName, InvalidAttributeValue. */
export function checkAttributes(
  sqs: SqsState,
  attributes: Readonly<Record<string, string>> | undefined,
  fifo: boolean,
): Record<string, string> {
  const checked: Record<string, string> = {};
  for (const [name, value] of Object.entries(attributes ?? {})) {
    checkAttribute(sqs, name, value, fifo);
    checked[name] = value;
  }
  return checked;
}

function checkAttribute(sqs: SqsState, name: string, value: string, fifo: boolean): void {
  const range = ranges[name];
  const choice = choices[name];
  if (!range && !choice && !texts.includes(name)) {
    throw new AwsError('InvalidAttributeName', `Unknown Attribute ${name}.`);
  }
  if (forFifo.has(name) && !fifo) throw new AwsError('InvalidAttributeName', `Unknown Attribute ${name}.`);
  const number = Number(value);
  const wrong =
    (range && (!/^\d+$/.test(value) || number < range.min || number > range.max)) ||
    (choice && !choice.includes(value)) ||
    (name === 'FifoQueue' && value !== 'true');
  if (wrong) throw invalidValue(name);
  if (name === 'RedrivePolicy' && value !== '') checkRedrive(sqs, value, fifo);
  if (name === 'Policy' && value !== '') parseJson(name, value);
  if (name === 'RedriveAllowPolicy' && value !== '') parseJson(name, value);
}

function checkRedrive(sqs: SqsState, value: string, fifo: boolean): void {
  const { deadLetterTargetArn: arn, maxReceiveCount } = parseJson(
    'RedrivePolicy',
    value,
  ) as Partial<RedrivePolicy>;
  const count = Number(maxReceiveCount);
  if (!arn || !Number.isInteger(count) || count < 1 || count > 1000) {
    throw new AwsError(
      'InvalidAttributeValue',
      `Value ${value} for parameter RedrivePolicy is invalid. Reason: maxReceiveCount must be an integer between 1 and 1000, and deadLetterTargetArn an ARN.`,
    );
  }
  const target = queueOfArn(sqs, arn);
  if (!target) {
    throw new AwsError(
      'InvalidAttributeValue',
      `Value ${value} for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist.`,
    );
  }
  if (target.fifo !== fifo) {
    throw new AwsError(
      'InvalidAttributeValue',
      `Value ${value} for parameter RedrivePolicy is invalid. Reason: Dead-letter queue must be same type of queue as the source.`,
    );
  }
}

function parseJson(name: string, value: string): object {
  try {
    const parsed: unknown = JSON.parse(value);
    if (typeof parsed === 'object' && parsed !== null) return parsed;
  } catch {
    // Refused below.
  }
  throw invalidValue(name);
}

function invalidValue(name: string): AwsError {
  return new AwsError('InvalidAttributeValue', `Invalid value for the parameter ${name}.`);
}

export function queueOfArn(sqs: SqsState, arn: string): Queue | undefined {
  return [...sqs.queues.values()].find((queue) => queue.arn === arn);
}

/** Where a queue's messages go that nobody managed to handle. */
export function redriveOf(
  sqs: SqsState,
  queue: Queue,
): { target: Queue; maxReceiveCount: number } | undefined {
  const text = queue.attributes.get('RedrivePolicy');
  if (!text) return undefined;
  const { deadLetterTargetArn, maxReceiveCount } = JSON.parse(text) as RedrivePolicy;
  const target = queueOfArn(sqs, deadLetterTargetArn);
  return target && { target, maxReceiveCount: Number(maxReceiveCount) };
}

/** The attributes that a caller asks for by name, or all. */
export function showAttributes(
  sqs: SqsState,
  queue: Queue,
  asked: readonly string[] | undefined,
): Record<string, string> {
  const all = allAttributes(sqs, queue);
  const known = new Set([...Object.keys(ranges), ...Object.keys(choices), ...texts, ...computed, 'All']);
  const unknown = asked?.find((name) => !known.has(name));
  if (unknown !== undefined) throw new AwsError('InvalidAttributeName', `Unknown Attribute ${unknown}.`);
  return Object.fromEntries(
    Object.entries(all).filter(([name]) => asked?.includes(name) || asked?.includes('All')),
  );
}

export interface MessageCounts {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
}

/** Messages of a queue by what may be done with them now. */
export function countMessages(sqs: SqsState, queue: Queue): MessageCounts {
  const time = now(sqs);
  const hidden = queue.messages.filter((message) => message.visibleAt > time);
  const inFlight = hidden.filter((message) => message.receipt !== undefined).length;
  return { visible: queue.messages.length - hidden.length, inFlight, delayed: hidden.length - inFlight };
}

function allAttributes(sqs: SqsState, queue: Queue): Record<string, string> {
  const { visible, inFlight, delayed } = countMessages(sqs, queue);
  const encrypted = queue.attributes.get('KmsMasterKeyId');
  return {
    ...Object.fromEntries(
      [
        'DelaySeconds',
        'MaximumMessageSize',
        'MessageRetentionPeriod',
        'ReceiveMessageWaitTimeSeconds',
        'VisibilityTimeout',
      ].map((name) => [name, String(numberOf(queue, name))]),
    ),
    SqsManagedSseEnabled: encrypted ? 'false' : 'true',
    ...(queue.fifo && {
      FifoQueue: 'true',
      ContentBasedDeduplication: 'false',
      DeduplicationScope: 'queue',
      FifoThroughputLimit: 'perQueue',
    }),
    // An attribute that was set to nothing is not shown.
    ...Object.fromEntries([...queue.attributes].filter(([, value]) => value !== '')),
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    CreatedTimestamp: String(Math.floor(queue.createdAt / 1000)),
    LastModifiedTimestamp: String(Math.floor(queue.modifiedAt / 1000)),
    QueueArn: queue.arn,
  };
}
