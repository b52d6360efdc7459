import type { EventBridge, PutEventsRequestEntry, PutEventsResultEntry } from '@aws-sdk/client-eventbridge';
import type { AwsEvent, Kernel, Operations, Service } from '../../kernel/kernel.ts';
import { onlyPlayed } from '../common/request.ts';
import { type BusEvent, deliver } from './deliver.ts';
import { ruleOperations, targetOperations } from './operations.ts';
import { createRules } from './rules.ts';

export type { BusEvent } from './deliver.ts';

export interface EventFaults {
  /** Loses every event for which the predicate holds, as a best-effort bus may; answers how to stop that. */
  drop(predicate: (event: BusEvent) => boolean): () => void;
}

export interface EventbridgeService extends Service {
  readonly id: 'eventbridge';
  readonly faults: EventFaults;
}

const largestEntryBytes = 1024 * 1024;

/** EventBridge with its default bus: what services say by `kernel.putEvent`, and PutEvents, reaches the targets of matching rules. */
export function createEventbridge(kernel: Kernel): EventbridgeService {
  const rules = createRules(kernel);
  const drops = new Set<(event: BusEvent) => boolean>();

  const publish = (event: BusEvent): void => {
    if ([...drops].some((dropped) => dropped(event))) return;
    kernel.clock.after(kernel.delays.eventDelivery, () => {
      for (const rule of rules.byName.values()) {
        if (!rule.enabled || !rule.matches(event)) continue;
        for (const target of rule.targets.values())
          kernel.background('the delivery of an event', () => deliver(kernel, rule, target, event));
      }
    });
  };
  const onBus = (event: AwsEvent, time: Date): BusEvent => ({
    version: '0',
    id: kernel.ids.uuid(),
    'detail-type': event['detail-type'],
    source: event.source,
    account: kernel.accountId,
    time: time.toISOString().replace(/\.\d{3}Z$/, 'Z'),
    region: kernel.region,
    resources: [...(event.resources ?? [])],
    detail: event.detail,
  });
  kernel.onEvent((event) => publish(onBus(event, kernel.clock.now())));

  const putEntry = (entry: PutEventsRequestEntry): PutEventsResultEntry => {
    onlyPlayed('eventbridge.putEvents', entry, [
      'Source',
      'DetailType',
      'Detail',
      'Resources',
      'Time',
      'EventBusName',
      'TraceHeader',
    ]);
    rules.checkBus(entry.EventBusName);
    const problem = problemOf(entry);
    if (problem) return problem;
    const event = onBus(
      {
        source: entry.Source ?? '',
        'detail-type': entry.DetailType ?? '',
        detail: JSON.parse(entry.Detail ?? '{}') as Record<string, unknown>,
        resources: entry.Resources ?? [],
      },
      entry.Time ?? kernel.clock.now(),
    );
    publish(event);
    return { EventId: event.id };
  };
  const operations = {
    ...ruleOperations(rules),
    ...targetOperations(rules),
    putEvents: ({ Entries: entries = [] }) => {
      const results = entries.map(putEntry);
      return {
        Entries: results,
        FailedEntryCount: results.filter(({ ErrorCode }) => ErrorCode !== undefined).length,
      };
    },
  } satisfies Operations<EventBridge>;
  const faults: EventFaults = {
    drop: (predicate) => {
      drops.add(predicate);
      return () => void drops.delete(predicate);
    },
  };
  return { id: 'eventbridge', operations, faults };
}

/** PutEvents answers per entry; one bad entry does not stop the others. */
function problemOf(entry: PutEventsRequestEntry): PutEventsResultEntry | undefined {
  const problem = (ErrorCode: string, ErrorMessage: string): PutEventsResultEntry => ({
    ErrorCode,
    ErrorMessage,
  });
  for (const member of ['Source', 'DetailType', 'Detail'] as const) {
    if (!entry[member])
      return problem(
        'InvalidArgument',
        `Parameter ${member} is not valid. Reason: ${member} is a required argument.`,
      );
  }
  if (entry.Source?.startsWith('aws.')) {
    return problem('NotAuthorizedForSourceException', 'Not authorized for the source.');
  }
  if (Buffer.byteLength(entry.Detail ?? '') > largestEntryBytes)
    return problem('InvalidArgument', 'Total size of the entry is too large.');
  try {
    const detail: unknown = JSON.parse(entry.Detail ?? '');
    if (typeof detail === 'object' && detail !== null && !Array.isArray(detail)) return undefined;
  } catch {
    // Not JSON: said below, like JSON that is not an object.
  }
  return problem('MalformedDetail', 'Detail is malformed.');
}
