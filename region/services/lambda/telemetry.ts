import { AwsError } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { CloudwatchService } from '../cloudwatch/index.ts';
import { played } from '../common/played.ts';
import type { LogsService } from '../logs/index.ts';

/** Where one execution environment's output goes. Remembers the last 4 KB for LogType Tail. */
export interface LogSink {
  /** Takes text as it is written; whole lines are sent on. */
  write(text: string): void;
  /** Starts the tail of a new invocation. */
  startTail(): void;
  tail(): string;
}

const tailBytes = 4096;

/** A sink for one log stream: lines go to CloudWatch Logs, and those in the embedded metric format to CloudWatch as well. */
export function createLogSink(kernel: Kernel, group: string, stream: string): LogSink {
  const logs = played<LogsService>(kernel, 'logs');
  const metrics = played<CloudwatchService>(kernel, 'cloudwatch');
  let tail = '';
  return {
    write: (text) => {
      tail = (tail + (text.endsWith('\n') ? text : `${text}\n`)).slice(-tailBytes);
      const lines = text.split('\n').filter((line) => line !== '');
      if (lines.length === 0) return;
      logs?.append(group, stream, lines);
      for (const line of lines) if (line.startsWith('{') && line.includes('"_aws"')) metrics?.ingestEmf(line);
    },
    startTail: () => {
      tail = '';
    },
    tail: () => tail,
  };
}

/** The metrics of `AWS/Lambda` that alarms look at. */
export interface Metrics {
  countRun(functionName: string, milliseconds: number, failed: boolean): void;
  /** Runs `take`; counts when it is throttled. */
  countThrottle<T>(functionName: string, take: () => T): T;
}

export function createMetrics(kernel: Kernel): Metrics {
  const record = (FunctionName: string, values: Readonly<Record<string, number>>): void =>
    played<CloudwatchService>(kernel, 'cloudwatch')?.record('AWS/Lambda', { FunctionName }, values);
  return {
    countRun: (functionName, milliseconds, failed) =>
      record(functionName, { Invocations: 1, Errors: failed ? 1 : 0, Duration: milliseconds }),
    countThrottle: (functionName, take) => {
      try {
        return take();
      } catch (error) {
        if (error instanceof AwsError && error.code === 'TooManyRequestsException')
          record(functionName, { Throttles: 1 });
        throw error;
      }
    },
  };
}
