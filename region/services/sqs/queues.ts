import type { CreateQueueCommandInput, SQS } from '@aws-sdk/client-sqs';
import { AwsError } from '../../kernel/errors.ts';
import type { Operations } from '../../kernel/kernel.ts';
import { compareText, pageAfter } from '../common/page.ts';
import { checkAttributes, redriveOf, showAttributes } from './attributes.ts';
import {
  invalidParameter,
  now,
  type Queue,
  queueDoesNotExist,
  queueOf,
  type SqsState,
  urlOf,
  wake,
} from './state.ts';

/** How long a name stays taken after its queue is deleted, and how often a queue may be purged, in milliseconds. */
const pause = 60_000;

/** Making, finding, changing and deleting queues. */
export function queueOperations(sqs: SqsState) {
  return {
    createQueue: (input) => createQueue(sqs, input),
    getQueueUrl: (input) => {
      const queue = sqs.queues.get(input.QueueName ?? '');
      const owner = input.QueueOwnerAWSAccountId ?? sqs.kernel.accountId;
      if (!queue || owner !== sqs.kernel.accountId) throw queueDoesNotExist();
      return { QueueUrl: urlOf(sqs, queue) };
    },
    listQueues: (input) => {
      const prefix = input.QueueNamePrefix ?? '';
      const { items, nextToken } = pageAfter(
        [...sqs.queues.values()].filter((queue) => queue.name.startsWith(prefix)),
        (queue) => queue.name,
        input.MaxResults ?? 1000,
        input.NextToken,
        () => invalidParameter('The specified next token is invalid.'),
      );
      return {
        ...(items.length > 0 && { QueueUrls: items.map((queue) => urlOf(sqs, queue)) }),
        // A token is given only to those who page.
        ...(nextToken !== undefined && input.MaxResults !== undefined && { NextToken: nextToken }),
      };
    },
    deleteQueue: (input) => {
      const queue = queueOf(sqs, input.QueueUrl);
      sqs.queues.delete(queue.name);
      sqs.deleted.set(queue.name, now(sqs));
      wake(queue);
      return {};
    },
    purgeQueue: (input) => {
      const queue = queueOf(sqs, input.QueueUrl);
      if (queue.purgedAt !== undefined && now(sqs) - queue.purgedAt < pause) {
        throw new AwsError(
          'PurgeQueueInProgress',
          `Only one PurgeQueue operation on ${queue.name} is allowed every 60 seconds.`,
        );
      }
      queue.purgedAt = now(sqs);
      queue.messages = [];
      return {};
    },
    ...attributeOperations(sqs),
  } satisfies Operations<SQS>;
}

/** Attributes and tags of queues. */
function attributeOperations(sqs: SqsState) {
  return {
    getQueueAttributes: (input) => {
      const attributes = showAttributes(sqs, queueOf(sqs, input.QueueUrl), input.AttributeNames);
      return Object.keys(attributes).length > 0 ? { Attributes: attributes } : {};
    },
    setQueueAttributes: (input) => {
      const queue = queueOf(sqs, input.QueueUrl);
      if (input.Attributes?.FifoQueue !== undefined) throw unknownAttribute('FifoQueue');
      const attributes = checkAttributes(sqs, input.Attributes, queue.fifo);
      for (const [name, value] of Object.entries(attributes)) queue.attributes.set(name, value);
      queue.modifiedAt = now(sqs);
      return {};
    },
    listDeadLetterSourceQueues: (input) => {
      const target = queueOf(sqs, input.QueueUrl);
      const sources = [...sqs.queues.values()].filter((queue) => redriveOf(sqs, queue)?.target === target);
      return { queueUrls: sources.map((queue) => urlOf(sqs, queue)).sort(compareText) };
    },
    tagQueue: (input) => {
      const queue = queueOf(sqs, input.QueueUrl);
      queue.tags = checkTags(new Map([...queue.tags, ...Object.entries(input.Tags ?? {})]));
      return {};
    },
    untagQueue: (input) => {
      const queue = queueOf(sqs, input.QueueUrl);
      for (const key of input.TagKeys ?? []) queue.tags.delete(key);
      return {};
    },
    listQueueTags: (input) => {
      const { tags } = queueOf(sqs, input.QueueUrl);
      return tags.size > 0 ? { Tags: Object.fromEntries(tags) } : {};
    },
  } satisfies Operations<SQS>;
}

function unknownAttribute(name: string): AwsError {
  return new AwsError('InvalidAttributeName', `Unknown Attribute ${name}.`);
}

function createQueue(sqs: SqsState, input: CreateQueueCommandInput) {
  const name = input.QueueName ?? '';
  const fifo = checkName(name, input.Attributes?.FifoQueue);
  const attributes = checkAttributes(sqs, input.Attributes, fifo);
  const existing = sqs.queues.get(name);
  if (existing) {
    const shown = showAttributes(sqs, existing, ['All']);
    const different = Object.entries(attributes).find(([key, value]) => (shown[key] ?? '') !== value);
    if (!different) return { QueueUrl: urlOf(sqs, existing) };
    throw new AwsError(
      'QueueNameExists',
      `A queue already exists with the same name and a different value for attribute ${different[0]}`,
    );
  }
  const deletedAt = sqs.deleted.get(name);
  if (deletedAt !== undefined && now(sqs) - deletedAt < pause) {
    throw new AwsError(
      'QueueDeletedRecently',
      'You must wait 60 seconds after deleting a queue before you can create another with the same name.',
    );
  }
  const queue: Queue = {
    name,
    arn: `arn:aws:sqs:${sqs.kernel.region}:${sqs.kernel.accountId}:${name}`,
    fifo,
    createdAt: now(sqs),
    modifiedAt: now(sqs),
    attributes: new Map(Object.entries(attributes)),
    tags: checkTags(new Map(Object.entries(input.tags ?? {}))),
    messages: [],
    seen: new Map(),
    waiting: new Set(),
  };
  sqs.queues.set(name, queue);
  return { QueueUrl: urlOf(sqs, queue) };
}

/** Up to 80 characters; a FIFO queue's name ends in `.fifo`, and no other's does. */
function checkName(name: string, fifoAttribute: string | undefined): boolean {
  const fifo = name.endsWith('.fifo');
  const stem = fifo ? name.slice(0, -'.fifo'.length) : name;
  if (name.length > 80 || !/^[a-zA-Z0-9_-]+$/.test(stem)) {
    throw invalidParameter(
      'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length',
    );
  }
  if (fifo !== (fifoAttribute === 'true')) {
    throw invalidParameter(
      fifo
        ? 'The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length.'
        : 'The FifoQueue attribute needs a queue name that ends with .fifo.',
    );
  }
  return fifo;
}

function checkTags(tags: Map<string, string>): Map<string, string> {
  if (tags.size > 50) throw invalidParameter('Too many tags for the queue.');
  for (const [key, value] of tags) {
    if (key === '' || key.length > 128)
      throw invalidParameter('Tag keys must be between 1 and 128 characters in length.');
    if (value.length > 256)
      throw invalidParameter('Tag values must be between 0 and 256 characters in length.');
  }
  return tags;
}
