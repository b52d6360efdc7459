import type { Kernel, Service } from '../../kernel/kernel.ts';

/** What the region's CloudWatch Logs offers to other services beside its API. */
export interface LogsService extends Service {
  append?(group: string, stream: string, messages: readonly string[]): void;
}

/** What the region's CloudWatch offers: metrics in a log line (embedded metric format). */
export interface MetricsService extends Service {
  ingestEmf?(line: string): void;
}

/** Where one execution environment's output goes. Remembers the last 4 KB for LogType Tail. */
export interface LogSink {
  /** Takes text as it is written; whole lines are sent on. */
  write(text: string): void;
  /** Starts the tail of a new invocation. */
  startTail(): void;
  tail(): string;
}

const tailBytes = 4096;

/**
 * A sink for one log stream: lines go to CloudWatch Logs, and those in the embedded metric format to CloudWatch as well. In a region
 * that was composed without these services (a test), lines are only kept for the tail.
 */
export function createLogSink(kernel: Kernel, group: string, stream: string): LogSink {
  const played = new Map(kernel.services().map((service) => [service.id, service]));
  const logs = played.get('logs') as LogsService | undefined;
  const metrics = played.get('cloudwatch') as MetricsService | undefined;
  let tail = '';
  return {
    write: (text) => {
      tail = (tail + (text.endsWith('\n') ? text : `${text}\n`)).slice(-tailBytes);
      const lines = text.split('\n').filter((line) => line !== '');
      if (lines.length === 0) return;
      logs?.append?.(group, stream, lines);
      for (const line of lines)
        if (line.startsWith('{') && line.includes('"_aws"')) metrics?.ingestEmf?.(line);
    },
    startTail: () => {
      tail = '';
    },
    tail: () => tail,
  };
}
