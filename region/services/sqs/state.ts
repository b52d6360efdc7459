import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import { AwsError } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';

export interface StoredMessage {
  readonly id: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, MessageAttributeValue>>;
  readonly senderId: string;
  /** Milliseconds since the epoch, like all times here. */
  readonly sentAt: number;
  readonly groupId?: string | undefined;
  readonly deduplicationId?: string | undefined;
  readonly sequenceNumber?: string | undefined;
  /** The queue that gave up on the message, when this is its dead-letter queue. */
  readonly deadLetterSourceArn?: string | undefined;
  visibleAt: number;
  receiveCount: number;
  firstReceivedAt?: number;
  /** The nonce of the last receipt: an older receipt no longer counts. */
  receipt?: string;
}

export interface Queue {
  readonly name: string;
  readonly arn: string;
  readonly fifo: boolean;
  readonly createdAt: number;
  modifiedAt: number;
  /** Attributes as they were set; `attributeOf` knows the defaults. */
  readonly attributes: Map<string, string>;
  tags: Map<string, string>;
  /** In the order of sending. */
  messages: StoredMessage[];
  /** Deduplication scope and id → the message that came first. */
  readonly seen: Map<string, StoredMessage>;
  purgedAt?: number;
  /** Receivers that wait for a message. */
  readonly waiting: Set<() => void>;
}

export interface SqsState {
  readonly kernel: Kernel;
  readonly queues: Map<string, Queue>;
  /** Name → when its queue was deleted. */
  readonly deleted: Map<string, number>;
  sequence: bigint;
  stopped: boolean;
}

export function now(sqs: SqsState): number {
  return sqs.kernel.clock.now().getTime();
}

/** A queue's URL is at the region's own endpoint, so that an SDK client follows it here. */
export function urlOf(sqs: SqsState, queue: Queue): string {
  const { endpoint, region, accountId } = sqs.kernel;
  return `${endpoint || `https://sqs.${region}.amazonaws.com`}/${accountId}/${queue.name}`;
}

/** The queue of a URL, whatever its host; QueueDoesNotExist when there is none. */
export function queueOf(sqs: SqsState, url: string | undefined): Queue {
  if (!url) throw new AwsError('MissingParameter', 'The request must contain the parameter QueueUrl.');
  const [account, name] = url.split('/').slice(-2);
  const queue = sqs.queues.get(name ?? '');
  if (queue && (account === sqs.kernel.accountId || account === name)) return queue;
  throw queueDoesNotExist();
}

export function queueDoesNotExist(): AwsError {
  return new AwsError('QueueDoesNotExist', 'The specified queue does not exist.');
}

export function invalidParameter(message: string): AwsError {
  return new AwsError('InvalidParameterValue', message);
}

/** Tells everybody who waits on a queue to look again. */
export function wake(queue: Queue): void {
  for (const look of [...queue.waiting]) look();
}
