import { createHash } from 'node:crypto';
import type {
  MessageAttributeValue,
  SendMessageBatchCommandInput,
  SendMessageBatchRequestEntry,
  SQS,
} from '@aws-sdk/client-sqs';
import { AwsError } from '../../kernel/errors.ts';
import type { Operations, RequestContext } from '../../kernel/kernel.ts';
import { numberOf } from './attributes.ts';
import { checkEntries, failureOf } from './batch.ts';
import {
  invalidParameter,
  now,
  type Queue,
  queueOf,
  type SqsState,
  type StoredMessage,
  wake,
} from './state.ts';

/** Sending messages. */
export function sendOperations(sqs: SqsState) {
  return {
    sendMessage: (input, context) => send(sqs, queueOf(sqs, input.QueueUrl), input, context),
    sendMessageBatch: (input, context) => sendBatch(sqs, input, context),
  } satisfies Operations<SQS>;
}

type Draft = Omit<SendMessageBatchRequestEntry, 'Id'>;

/** The same deduplication id within five minutes is the same message. */
const deduplicationWindow = 300_000;

function send(sqs: SqsState, queue: Queue, draft: Draft, context: RequestContext) {
  const body = checkBody(queue, draft);
  const deduplicationId = deduplicationIdOf(queue, draft, body);
  const time = now(sqs);
  const fresh: StoredMessage = {
    id: sqs.kernel.ids.uuid(),
    body,
    attributes: { ...draft.MessageAttributes },
    senderId: context.principal.userId ?? context.principal.arn,
    sentAt: time,
    groupId: draft.MessageGroupId,
    deduplicationId,
    sequenceNumber: queue.fifo ? nextSequence(sqs) : undefined,
    visibleAt: time + delayOf(queue, draft) * 1000,
    receiveCount: 0,
  };
  const message = firstOf(queue, fresh);
  if (message === fresh) {
    queue.messages.push(fresh);
    wake(queue);
  }
  const attributesHash = md5OfAttributes(draft.MessageAttributes);
  return {
    MessageId: message.id,
    MD5OfMessageBody: md5(body),
    ...(attributesHash !== undefined && { MD5OfMessageAttributes: attributesHash }),
    ...(message.sequenceNumber !== undefined && { SequenceNumber: message.sequenceNumber }),
  };
}

/** The message that came first with the same deduplication id within the window, else this one, which is remembered. */
function firstOf(queue: Queue, message: StoredMessage): StoredMessage {
  if (message.deduplicationId === undefined) return message;
  // Oldest first, since each is added at the end: what is past the window is forgotten here.
  for (const [key, { sentAt }] of queue.seen) {
    if (message.sentAt - sentAt < deduplicationWindow) break;
    queue.seen.delete(key);
  }
  const byGroup = queue.attributes.get('DeduplicationScope') === 'messageGroup';
  const key = `${byGroup ? message.groupId : ''}\0${message.deduplicationId}`;
  const first = queue.seen.get(key) ?? message;
  queue.seen.set(key, first);
  return first;
}

function nextSequence(sqs: SqsState): string {
  sqs.sequence += 256n;
  return String(sqs.sequence);
}

function checkBody(queue: Queue, draft: Draft): string {
  const body = draft.MessageBody ?? '';
  if (body === '')
    throw new AwsError('MissingParameter', 'The request must contain the parameter MessageBody.');
  if (!isXmlText(body)) {
    throw new AwsError('InvalidMessageContents', 'The message contains characters outside the allowed set.');
  }
  const limit = numberOf(queue, 'MaximumMessageSize');
  if (sizeOf(draft) > limit) {
    throw invalidParameter(
      `One or more parameters are invalid. Reason: Message must be shorter than ${limit} bytes.`,
    );
  }
  checkMessageAttributes(draft.MessageAttributes);
  return body;
}

/** Characters that XML 1.0 allows: SQS's own rule (SendMessage, "InvalidMessageContents"). */
function isXmlText(text: string): boolean {
  if (!text.isWellFormed() || /[\uFFFE\uFFFF]/.test(text)) return false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 0x20 && code !== 0x9 && code !== 0xa && code !== 0xd) return false;
  }
  return true;
}

function checkMessageAttributes(attributes: Record<string, MessageAttributeValue> | undefined): void {
  const entries = Object.entries(attributes ?? {});
  if (entries.length > 10)
    throw invalidParameter(
      `Number of message attributes [${entries.length}] exceeds the allowed maximum [10].`,
    );
  for (const [name, { DataType: type = '', StringValue: text, BinaryValue: bytes }] of entries) {
    if (!/^(?!(aws|amazon)\.)(?!\.)[a-zA-Z0-9_.-]{1,256}(?<!\.)$/i.test(name)) {
      throw invalidParameter(`The message attribute name '${name}' is invalid.`);
    }
    if (!/^(String|Number|Binary)(\..+)?$/.test(type)) {
      throw invalidParameter(
        `The type of message (user) attribute '${name}' is invalid. You must use only the following supported type prefixes: Binary, Number, String.`,
      );
    }
    const value = type.startsWith('Binary') ? bytes?.byteLength : text?.length;
    if (!value) {
      throw invalidParameter(
        `The message (user) attribute '${name}' must contain a non-empty value of type '${type}'.`,
      );
    }
  }
}

/** Bytes that count against a queue's limit: body and attributes. */
function sizeOf(draft: Draft): number {
  const attributes = Object.entries(draft.MessageAttributes ?? {}).reduce(
    (sum, [name, value]) =>
      sum +
      Buffer.byteLength(name) +
      Buffer.byteLength(value.DataType ?? '') +
      Buffer.byteLength(value.StringValue ?? '') +
      (value.BinaryValue?.byteLength ?? 0),
    0,
  );
  return Buffer.byteLength(draft.MessageBody ?? '') + attributes;
}

function delayOf(queue: Queue, draft: Draft): number {
  const delay = draft.DelaySeconds;
  if (delay === undefined) return numberOf(queue, 'DelaySeconds');
  if (queue.fifo && delay !== 0) {
    throw invalidParameter(
      `Value ${delay} for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type.`,
    );
  }
  if (Number.isInteger(delay) && delay >= 0 && delay <= 900) return delay;
  throw invalidParameter(
    `Value ${delay} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.`,
  );
}

function deduplicationIdOf(queue: Queue, draft: Draft, body: string): string | undefined {
  if (!queue.fifo) {
    if (draft.MessageDeduplicationId === undefined) return undefined;
    throw invalidParameter(
      `Value ${draft.MessageDeduplicationId} for parameter MessageDeduplicationId is invalid. Reason: The request includes a parameter that is not valid for this queue type.`,
    );
  }
  if (!draft.MessageGroupId) {
    throw new AwsError('MissingParameter', 'The request must contain the parameter MessageGroupId.');
  }
  if (draft.MessageDeduplicationId !== undefined) return draft.MessageDeduplicationId;
  if (queue.attributes.get('ContentBasedDeduplication') === 'true') {
    return createHash('sha256').update(body).digest('hex');
  }
  throw invalidParameter(
    'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
  );
}

function sendBatch(sqs: SqsState, input: SendMessageBatchCommandInput, context: RequestContext) {
  const queue = queueOf(sqs, input.QueueUrl);
  const entries = checkEntries(input.Entries);
  if (entries.reduce((sum, entry) => sum + sizeOf(entry), 0) > 1_048_576) {
    throw new AwsError('BatchRequestTooLong', 'Batch requests cannot be longer than 1048576 bytes.');
  }
  const Successful = [];
  const Failed = [];
  for (const entry of entries) {
    try {
      Successful.push({ Id: entry.Id, ...send(sqs, queue, entry, context) });
    } catch (error) {
      Failed.push(failureOf(entry.Id, error));
    }
  }
  return { Successful, Failed };
}

export function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

/** MD5 over names, types and values in the order of names (SQS developer guide, "Calculating the MD5 message digest for attributes"). */
export function md5OfAttributes(
  attributes: Readonly<Record<string, MessageAttributeValue>> | undefined,
): string | undefined {
  const entries = Object.entries(attributes ?? {}).sort(([left], [right]) => (left < right ? -1 : 1));
  if (entries.length === 0) return undefined;
  const hash = createHash('md5');
  const add = (bytes: Uint8Array): void => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.byteLength);
    hash.update(length).update(bytes);
  };
  for (const [name, { DataType: type = '', StringValue: text, BinaryValue: bytes }] of entries) {
    add(Buffer.from(name));
    add(Buffer.from(type));
    const binary = type.startsWith('Binary');
    hash.update(Buffer.from([binary ? 2 : 1]));
    add(binary ? (bytes ?? new Uint8Array()) : Buffer.from(text ?? ''));
  }
  return hash.digest('hex');
}
