import type { Kernel, Service } from '../../kernel/kernel.ts';
import { countMessages, type MessageCounts, queueOfArn } from './attributes.ts';
import { queueOperations } from './queues.ts';
import { receiveOperations } from './receive.ts';
import { sendOperations } from './send.ts';
import { type SqsState, urlOf, wake } from './state.ts';

export interface SqsService extends Service {
  readonly id: 'sqs';
  /** The URL of a queue known by its ARN, as event targets and dead-letter configurations name it; undefined when there is none. */
  urlOfArn(arn: string): string | undefined;
  /** How many messages each queue holds: what SQS reports to CloudWatch. */
  counts(): readonly ({ readonly name: string } & MessageCounts)[];
}

/** SQS: standard and FIFO queues with visibility time-outs, long polls and dead-letter queues. */
export function createSqs(kernel: Kernel): SqsService {
  const sqs: SqsState = {
    kernel,
    queues: new Map(),
    deleted: new Map(),
    sequence: 18_850_000_000_000_000_000n,
    stopped: false,
  };
  return {
    id: 'sqs',
    operations: { ...queueOperations(sqs), ...sendOperations(sqs), ...receiveOperations(sqs) },
    urlOfArn: (arn) => {
      const queue = queueOfArn(sqs, arn);
      return queue && urlOf(sqs, queue);
    },
    counts: () =>
      [...sqs.queues.values()].map((queue) => ({ name: queue.name, ...countMessages(sqs, queue) })),
    stop: async () => {
      sqs.stopped = true;
      for (const queue of sqs.queues.values()) wake(queue);
    },
  };
}
