import type { Kernel, Service } from '../../kernel/kernel.ts';
import { eventOperations } from './events.ts';
import { groupOperations } from './groups.ts';
import { addEvents, addGroup, addStream, type LogsState, now } from './state.ts';

export interface LogsService extends Service {
  readonly id: 'logs';
  /** Writes lines now, making group and stream where they are missing, as Lambda does for its functions. Empty lines are left out. */
  append(groupName: string, streamName: string, lines: string | readonly string[]): void;
}

/** CloudWatch Logs in memory; each stream keeps its last events only. */
export function createLogs(kernel: Kernel): LogsService {
  const logs: LogsState = { kernel, groups: new Map(), resourcePolicies: new Map(), sequence: 0 };
  return {
    id: 'logs',
    operations: { ...groupOperations(logs), ...eventOperations(logs) },
    append: (groupName, streamName, lines) => {
      const timestamp = now(logs);
      const events = [lines].flat().flatMap((message) => (message === '' ? [] : [{ timestamp, message }]));
      if (events.length === 0) return;
      const group = logs.groups.get(groupName) ?? addGroup(logs, groupName);
      const stream = group.streams.get(streamName) ?? addStream(logs, group, streamName);
      addEvents(logs, stream, events);
    },
  };
}
