import type {
  ChangeMessageVisibilityCommandInput,
  Message,
  ReceiveMessageCommandInput,
  SQS,
} from '@aws-sdk/client-sqs';
import { AwsError } from '../../kernel/errors.ts';
import type { Operations, RequestContext } from '../../kernel/kernel.ts';
import { numberOf, redriveOf } from './attributes.ts';
import { checkEntries, failureOf } from './batch.ts';
import { md5, md5OfAttributes } from './send.ts';
import {
  invalidParameter,
  now,
  type Queue,
  queueOf,
  type SqsState,
  type StoredMessage,
  wake,
} from './state.ts';

/** Receiving messages, hiding them for longer, and deleting them. */
export function receiveOperations(sqs: SqsState) {
  return {
    receiveMessage: (input, context) => receive(sqs, input, context),
    deleteMessage: (input) => {
      deleteMessage(sqs, queueOf(sqs, input.QueueUrl), input.ReceiptHandle);
      return {};
    },
    deleteMessageBatch: (input) => {
      const queue = queueOf(sqs, input.QueueUrl);
      return batch(checkEntries(input.Entries), (entry) => deleteMessage(sqs, queue, entry.ReceiptHandle));
    },
    changeMessageVisibility: (input) => {
      changeVisibility(sqs, queueOf(sqs, input.QueueUrl), input);
      return {};
    },
    changeMessageVisibilityBatch: (input) => {
      const queue = queueOf(sqs, input.QueueUrl);
      return batch(checkEntries(input.Entries), (entry) => changeVisibility(sqs, queue, entry));
    },
  } satisfies Operations<SQS>;
}

function batch<E extends { Id: string | undefined }>(entries: readonly E[], act: (entry: E) => void) {
  const Successful = [];
  const Failed = [];
  for (const entry of entries) {
    try {
      act(entry);
      Successful.push({ Id: entry.Id });
    } catch (error) {
      Failed.push(failureOf(entry.Id, error));
    }
  }
  return { Successful, Failed };
}

async function receive(sqs: SqsState, input: ReceiveMessageCommandInput, context: RequestContext) {
  const queue = queueOf(sqs, input.QueueUrl);
  const most = checkNumber('MaxNumberOfMessages', input.MaxNumberOfMessages ?? 1, 1, 10);
  const wait = input.WaitTimeSeconds ?? numberOf(queue, 'ReceiveMessageWaitTimeSeconds');
  const deadline = now(sqs) + checkNumber('WaitTimeSeconds', wait, 0, 20) * 1000;
  const timeout = input.VisibilityTimeout ?? numberOf(queue, 'VisibilityTimeout');
  const hideFor = checkNumber('VisibilityTimeout', timeout, 0, 43_200) * 1000;
  for (;;) {
    const taken = take(sqs, queue, most, hideFor);
    const over =
      now(sqs) >= deadline || sqs.stopped || context.signal?.aborted || !sqs.queues.has(queue.name);
    if (taken.length > 0) return { Messages: taken.map((message) => show(queue, message, input)) };
    if (over) return {};
    await nextChance(sqs, queue, deadline, context.signal);
  }
}

function checkNumber(name: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw invalidParameter(
    `Value ${value} for parameter ${name} is invalid. Reason: Must be >= ${min} and <= ${max}, if provided.`,
  );
}

/** Resolves when a message came, one becomes visible, the time is over, or the caller left. */
function nextChance(
  sqs: SqsState,
  queue: Queue,
  deadline: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const time = now(sqs);
  const soonest = queue.messages.reduce(
    (earliest, message) => (message.visibleAt > time ? Math.min(earliest, message.visibleAt) : earliest),
    deadline,
  );
  return new Promise((resolve) => {
    const done = (): void => {
      cancel();
      queue.waiting.delete(done);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const cancel = sqs.kernel.clock.after(Math.max(1, soonest - time), done);
    queue.waiting.add(done);
    signal?.addEventListener('abort', done, { once: true });
  });
}

/** Takes visible messages in order. A group of a FIFO queue waits while one of its messages is in flight. */
function take(sqs: SqsState, queue: Queue, most: number, hideFor: number): StoredMessage[] {
  const time = now(sqs);
  const retention = numberOf(queue, 'MessageRetentionPeriod') * 1000;
  queue.messages = queue.messages.filter((message) => message.sentAt + retention > time);
  const redrive = redriveOf(sqs, queue);
  const blocked = new Set<string | undefined>();
  const taken: StoredMessage[] = [];
  for (const message of [...queue.messages]) {
    if (taken.length >= most) break;
    const hidden = message.visibleAt > time;
    if (queue.fifo && (hidden || blocked.has(message.groupId))) blocked.add(message.groupId);
    if (hidden || (queue.fifo && blocked.has(message.groupId))) continue;
    if (redrive && message.receiveCount >= redrive.maxReceiveCount) {
      giveUp(queue, message, redrive.target, time);
      continue;
    }
    message.visibleAt = time + hideFor;
    message.receiveCount += 1;
    message.firstReceivedAt ??= time;
    message.receipt = sqs.kernel.ids.uuid();
    taken.push(message);
  }
  return taken;
}

/** Moves a message to the dead-letter queue; it keeps its id and its age. */
function giveUp(queue: Queue, message: StoredMessage, target: Queue, time: number): void {
  queue.messages = queue.messages.filter((each) => each !== message);
  const { receipt: _receipt, firstReceivedAt: _first, ...rest } = message;
  target.messages.push({ ...rest, visibleAt: time, deadLetterSourceArn: queue.arn });
  wake(target);
}

function show(queue: Queue, message: StoredMessage, input: ReceiveMessageCommandInput): Message {
  const asked = new Set<string>([
    ...(input.MessageSystemAttributeNames ?? []),
    ...(input.AttributeNames ?? []),
  ]);
  const all: Record<string, string | undefined> = {
    SenderId: message.senderId,
    SentTimestamp: String(message.sentAt),
    ApproximateReceiveCount: String(message.receiveCount),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
    MessageGroupId: message.groupId,
    MessageDeduplicationId: message.deduplicationId,
    SequenceNumber: message.sequenceNumber,
    DeadLetterQueueSourceArn: message.deadLetterSourceArn,
  };
  const attributes = Object.fromEntries(
    Object.entries(all).filter(
      ([name, value]) => value !== undefined && (asked.has('All') || asked.has(name)),
    ),
  ) as Record<string, string>;
  const own = Object.entries(message.attributes).filter(([name]) =>
    input.MessageAttributeNames?.some((each) => matchesName(each, name)),
  );
  const shownHash = md5OfAttributes(Object.fromEntries(own));
  return {
    MessageId: message.id,
    ReceiptHandle: Buffer.from(`${queue.arn} ${message.id} ${message.receipt}`).toString('base64'),
    MD5OfBody: md5(message.body),
    Body: message.body,
    ...(Object.keys(attributes).length > 0 && { Attributes: attributes }),
    ...(own.length > 0 && { MessageAttributes: Object.fromEntries(own) }),
    ...(shownHash !== undefined && { MD5OfMessageAttributes: shownHash }),
  };
}

/** `All`, `.*`, a name, or a prefix such as `foo.*`. */
function matchesName(asked: string, name: string): boolean {
  if (asked === 'All' || asked === '.*' || asked === name) return true;
  return asked.endsWith('.*') && name.startsWith(asked.slice(0, -2));
}

/** The message of a receipt; undefined when it is gone, or when the message was received again since. */
function messageOf(
  queue: Queue,
  handle: string | undefined,
): { message: StoredMessage | undefined; current: boolean } {
  const [arn, id, receipt] = Buffer.from(handle ?? '', 'base64')
    .toString()
    .split(' ');
  if (arn !== queue.arn || id === undefined || receipt === undefined) {
    throw new AwsError(
      'ReceiptHandleIsInvalid',
      `The input receipt handle "${handle}" is not a valid receipt handle.`,
    );
  }
  const message = queue.messages.find((each) => each.id === id);
  return { message, current: message?.receipt === receipt };
}

/** An older receipt deletes nothing from a standard queue, and is refused by a FIFO queue. */
function deleteMessage(sqs: SqsState, queue: Queue, handle: string | undefined): void {
  const { message, current } = messageOf(queue, handle);
  if (!message) return;
  const expired = !current || message.visibleAt <= now(sqs);
  if (queue.fifo && expired) {
    throw invalidParameter(
      `Value ${handle} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.`,
    );
  }
  if (!current) return;
  queue.messages = queue.messages.filter((each) => each !== message);
  // The next message of its group may go now.
  wake(queue);
}

function changeVisibility(
  sqs: SqsState,
  queue: Queue,
  input: Pick<ChangeMessageVisibilityCommandInput, 'ReceiptHandle'> & {
    VisibilityTimeout?: number | undefined;
  },
): void {
  const { message, current } = messageOf(queue, input.ReceiptHandle);
  const seconds = checkNumber('VisibilityTimeout', input.VisibilityTimeout ?? -1, 0, 43_200);
  const time = now(sqs);
  if (!message || !current || message.visibleAt <= time) {
    throw new AwsError(
      'MessageNotInflight',
      'The specified message is not available for visibility timeout change.',
    );
  }
  message.visibleAt = time + seconds * 1000;
  wake(queue);
}
