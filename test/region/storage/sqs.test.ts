import { beforeEach, describe, expect, test } from 'vitest';
import type { Kernel } from '../../../region/kernel/kernel.ts';
import { createSqs, type SqsService } from '../../../region/services/sqs/index.ts';
import { caller, refusal, refusedWith, regionOf } from './support.ts';

interface Received {
  readonly MessageId: string;
  readonly ReceiptHandle: string;
  readonly Body: string;
  readonly Attributes?: Record<string, string>;
}

let kernel: Kernel;
let sqs: ReturnType<typeof caller>;

beforeEach(async () => {
  kernel = await regionOf(createSqs);
  sqs = caller(kernel, 'sqs');
});

async function createQueue(QueueName: string, Attributes: Record<string, string> = {}): Promise<string> {
  return (await sqs<{ QueueUrl: string }>('createQueue', { QueueName, Attributes })).QueueUrl;
}

async function receive(QueueUrl: string, extra: object = {}): Promise<Received[]> {
  const answer = await sqs<{ Messages?: Received[] }>('receiveMessage', {
    QueueUrl,
    MaxNumberOfMessages: 10,
    ...extra,
  });
  return answer.Messages ?? [];
}

const bodies = (messages: readonly Received[]): string[] => messages.map((message) => message.Body);

describe('queues', () => {
  test('a queue is found by name, listed, and made again only with the same attributes', async () => {
    const QueueUrl = await createQueue('trivet-dlq', { MessageRetentionPeriod: '1209600' });
    expect(QueueUrl).toMatch(/\/123456789012\/trivet-dlq$/);
    expect(await createQueue('trivet-dlq', { MessageRetentionPeriod: '1209600' })).toBe(QueueUrl);
    expect(await refusedWith(createQueue('trivet-dlq', { MessageRetentionPeriod: '60' }))).toBe(
      'QueueNameExists',
    );
    expect(await sqs('getQueueUrl', { QueueName: 'trivet-dlq' })).toEqual({ QueueUrl });
    expect(await sqs('listQueues', { QueueNamePrefix: 'trivet' })).toEqual({ QueueUrls: [QueueUrl] });
    expect(
      await sqs('getQueueAttributes', { QueueUrl, AttributeNames: ['QueueArn', 'VisibilityTimeout'] }),
    ).toEqual({
      Attributes: { QueueArn: 'arn:aws:sqs:us-east-1:123456789012:trivet-dlq', VisibilityTimeout: '30' },
    });
    expect(
      (kernel.service('sqs') as SqsService).urlOfArn('arn:aws:sqs:us-east-1:123456789012:trivet-dlq'),
    ).toBe(QueueUrl);
  });

  test('bad names and attributes are refused', async () => {
    expect(await refusedWith(createQueue('bad name'))).toBe('InvalidParameterValue');
    expect(await refusedWith(createQueue('x'.repeat(81)))).toBe('InvalidParameterValue');
    expect(await refusedWith(createQueue('q.fifo'))).toBe('InvalidParameterValue');
    expect(await refusedWith(createQueue('q', { Nothing: '1' }))).toBe('InvalidAttributeName');
    expect(await refusedWith(createQueue('q', { VisibilityTimeout: '43201' }))).toBe('InvalidAttributeValue');
    expect(await refusedWith(sqs('getQueueUrl', { QueueName: 'none' }))).toBe('QueueDoesNotExist');
  });

  test('a deleted queue is gone, and its name is taken for a minute', async () => {
    const QueueUrl = await createQueue('q');
    await sqs('deleteQueue', { QueueUrl });
    expect(await refusedWith(sqs('sendMessage', { QueueUrl, MessageBody: 'x' }))).toBe('QueueDoesNotExist');
    expect(await refusedWith(createQueue('q'))).toBe('QueueDeletedRecently');
  });

  test('a purge empties a queue, once a minute', async () => {
    const QueueUrl = await createQueue('q');
    await sqs('sendMessage', { QueueUrl, MessageBody: 'x' });
    await sqs('purgeQueue', { QueueUrl });
    expect(await receive(QueueUrl)).toEqual([]);
    expect(await refusedWith(sqs('purgeQueue', { QueueUrl }))).toBe('PurgeQueueInProgress');
  });

  test('tags are kept', async () => {
    const QueueUrl = await createQueue('q');
    await sqs('tagQueue', { QueueUrl, Tags: { a: '1', b: '2' } });
    await sqs('untagQueue', { QueueUrl, TagKeys: ['a'] });
    expect(await sqs('listQueueTags', { QueueUrl })).toEqual({ Tags: { b: '2' } });
  });
});

describe('messages', () => {
  test('a received message is hidden until its time is over, and a deleted one is gone', async () => {
    const QueueUrl = await createQueue('q');
    expect(await sqs('sendMessage', { QueueUrl, MessageBody: 'hello' })).toMatchObject({
      MD5OfMessageBody: '5d41402abc4b2a76b9719d911017c592',
    });
    const [first] = await receive(QueueUrl, { MessageSystemAttributeNames: ['All'] });
    expect(first).toMatchObject({ Body: 'hello', Attributes: { ApproximateReceiveCount: '1' } });
    expect(await receive(QueueUrl)).toEqual([]);
    expect(await sqs('getQueueAttributes', { QueueUrl, AttributeNames: ['All'] })).toMatchObject({
      Attributes: { ApproximateNumberOfMessages: '0', ApproximateNumberOfMessagesNotVisible: '1' },
    });
    await sqs('changeMessageVisibility', {
      QueueUrl,
      ReceiptHandle: first?.ReceiptHandle,
      VisibilityTimeout: 0,
    });
    const [again] = await receive(QueueUrl);
    await sqs('deleteMessage', { QueueUrl, ReceiptHandle: again?.ReceiptHandle });
    expect(await refusedWith(sqs('deleteMessage', { QueueUrl, ReceiptHandle: 'nonsense' }))).toBe(
      'ReceiptHandleIsInvalid',
    );
    expect(await sqs('getQueueAttributes', { QueueUrl, AttributeNames: ['All'] })).toMatchObject({
      Attributes: { ApproximateNumberOfMessages: '0', ApproximateNumberOfMessagesNotVisible: '0' },
    });
  });

  test('a long poll ends when a message comes, and when one becomes visible again', async () => {
    const QueueUrl = await createQueue('q');
    const waiting = receive(QueueUrl, { WaitTimeSeconds: 20, VisibilityTimeout: 1 });
    await sqs('sendMessage', { QueueUrl, MessageBody: 'late' });
    expect(bodies(await waiting)).toEqual(['late']);
    expect(bodies(await receive(QueueUrl, { WaitTimeSeconds: 20 }))).toEqual(['late']);
  });

  test('a message that nobody handles goes to the dead-letter queue', async () => {
    const dead = await createQueue('dead');
    const QueueUrl = await createQueue('q', {
      VisibilityTimeout: '0',
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: 'arn:aws:sqs:us-east-1:123456789012:dead',
        maxReceiveCount: 2,
      }),
    });
    await sqs('sendMessage', { QueueUrl, MessageBody: 'poison' });
    expect(bodies(await receive(QueueUrl))).toEqual(['poison']);
    expect(bodies(await receive(QueueUrl))).toEqual(['poison']);
    expect(await receive(QueueUrl)).toEqual([]);
    expect(await receive(dead, { MessageSystemAttributeNames: ['DeadLetterQueueSourceArn'] })).toMatchObject([
      { Body: 'poison', Attributes: { DeadLetterQueueSourceArn: 'arn:aws:sqs:us-east-1:123456789012:q' } },
    ]);
    const bad = {
      QueueUrl,
      Attributes: { RedrivePolicy: '{"deadLetterTargetArn":"arn:none","maxReceiveCount":1}' },
    };
    expect(await refusedWith(sqs('setQueueAttributes', bad))).toBe('InvalidAttributeValue');
  });

  test('attributes come back with the hash that SQS documents', async () => {
    const QueueUrl = await createQueue('q');
    const MessageAttributes = { name: { DataType: 'String', StringValue: 'value' } };
    const sent = await sqs('sendMessage', { QueueUrl, MessageBody: 'x', MessageAttributes });
    const [got] = await receive(QueueUrl, { MessageAttributeNames: ['All'] });
    expect(got).toMatchObject({ MessageAttributes, MD5OfMessageAttributes: sent.MD5OfMessageAttributes });
  });

  test('empty, large and malformed messages are refused', async () => {
    const QueueUrl = await createQueue('q', { MaximumMessageSize: '1024' });
    const send = (MessageBody: string, extra: object = {}) =>
      refusedWith(sqs('sendMessage', { QueueUrl, MessageBody, ...extra }));
    expect(await send('')).toBe('MissingParameter');
    expect(await send('x'.repeat(1025))).toBe('InvalidParameterValue');
    expect(await send('bell \u0007')).toBe('InvalidMessageContents');
    expect(await send('x', { DelaySeconds: 901 })).toBe('InvalidParameterValue');
    expect(await send('x', { MessageAttributes: { a: { DataType: 'Odd', StringValue: '1' } } })).toBe(
      'InvalidParameterValue',
    );
    expect(await refusedWith(sqs('receiveMessage', { QueueUrl, MaxNumberOfMessages: 11 }))).toBe(
      'InvalidParameterValue',
    );
  });

  test('a batch says what became of each entry, and is refused as a whole when it is none', async () => {
    const QueueUrl = await createQueue('q');
    const batch = (Entries: object[]) => sqs('sendMessageBatch', { QueueUrl, Entries });
    expect(
      await batch([
        { Id: 'good', MessageBody: 'x' },
        { Id: 'bad', MessageBody: '' },
      ]),
    ).toMatchObject({ Successful: [{ Id: 'good' }], Failed: [{ Id: 'bad', SenderFault: true }] });
    expect(await refusedWith(batch([]))).toBe('EmptyBatchRequest');
    const same = { Id: 'same', MessageBody: 'x' };
    expect(await refusedWith(batch([same, same]))).toBe('BatchEntryIdsNotDistinct');
    const many = Array.from({ length: 11 }, (_, index) => ({ Id: `${index}`, MessageBody: 'x' }));
    expect(await refusedWith(batch(many))).toBe('TooManyEntriesInBatchRequest');
  });
});

describe('FIFO queues', () => {
  let QueueUrl: string;
  const send = (MessageBody: string, MessageGroupId: string, MessageDeduplicationId = MessageBody) =>
    sqs<{ MessageId: string }>('sendMessage', {
      QueueUrl,
      MessageBody,
      MessageGroupId,
      MessageDeduplicationId,
    });

  beforeEach(async () => {
    QueueUrl = await createQueue('q.fifo', { FifoQueue: 'true' });
  });

  test('a group goes in order, and waits while one of its messages is in flight', async () => {
    await send('a1', 'a');
    await send('a2', 'a');
    await send('b1', 'b');
    const [first] = await receive(QueueUrl, { MaxNumberOfMessages: 1 });
    expect(first?.Body).toBe('a1');
    expect(bodies(await receive(QueueUrl))).toEqual(['b1']);
    await sqs('deleteMessage', { QueueUrl, ReceiptHandle: first?.ReceiptHandle });
    expect(bodies(await receive(QueueUrl))).toEqual(['a2']);
  });

  test('the same deduplication id is the same message', async () => {
    const one = await send('x', 'a', 'id');
    const two = await send('y', 'a', 'id');
    expect(two.MessageId).toBe(one.MessageId);
    expect(bodies(await receive(QueueUrl))).toEqual(['x']);
  });

  test('a group and a deduplication id are needed', async () => {
    expect(await refusedWith(sqs('sendMessage', { QueueUrl, MessageBody: 'x' }))).toBe('MissingParameter');
    expect(
      await refusal(sqs('sendMessage', { QueueUrl, MessageBody: 'x', MessageGroupId: 'a' })),
    ).toMatchObject({
      code: 'InvalidParameterValue',
    });
  });
});
