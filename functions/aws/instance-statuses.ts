import {
  DescribeInstanceStatusCommand,
  EC2Client,
  type InstanceStatus,
  type InstanceStatusSummary,
  paginateDescribeInstanceStatus,
} from '@aws-sdk/client-ec2';
import type { Config } from '../runtime/config.ts';
import { calling } from './classify.ts';
import { abortedBy, clientSettings } from './client-settings.ts';

/** An instance one of whose status checks fails. */
export interface ImpairedInstance {
  readonly instanceId: string;
  /** The check: the instance's own, or that of the system below it. */
  readonly check: 'instance' | 'system';
  /** ISO 8601; absent where EC2 does not say. */
  readonly since?: string;
}

/** Something that AWS has planned to do to an instance. */
export interface ScheduledEvent {
  readonly instanceId: string;
  /** `instance-retirement`, `instance-stop`, `system-maintenance`, `system-reboot`, `instance-reboot`. */
  readonly code: string;
  /** Its earliest beginning, ISO 8601. */
  readonly notBefore: string;
}

/** What EC2 says of how instances are, and of what it has planned for them. */
export interface InstanceStatuses {
  /** Every impaired instance of the account: nearly always none, so this costs the same however many instances run. */
  impaired(signal?: AbortSignal): Promise<ImpairedInstance[]>;
  /** What is planned for running instances of this account and region; what has ended or was cancelled is not among it. */
  scheduledEvents(signal?: AbortSignal): Promise<ScheduledEvent[]>;
}

const checks = [
  {
    check: 'instance',
    filter: 'instance-status.status',
    of: ({ InstanceStatus }: InstanceStatus) => InstanceStatus,
  },
  { check: 'system', filter: 'system-status.status', of: ({ SystemStatus }: InstanceStatus) => SystemStatus },
] as const;

const eventCodes = [
  'instance-reboot',
  'instance-retirement',
  'instance-stop',
  'system-maintenance',
  'system-reboot',
];

/** EC2's status checks and scheduled events in the deployment's region. */
export function makeInstanceStatuses(config: Config): InstanceStatuses {
  const client = new EC2Client(clientSettings(config));
  return {
    async impaired(signal) {
      const found: ImpairedInstance[] = [];
      // Filters of one call must all hold, so each check is a question of its own.
      for (const { check, filter, of } of checks) {
        let NextToken: string | undefined;
        do {
          const command = new DescribeInstanceStatusCommand({
            Filters: [{ Name: filter, Values: ['impaired'] }],
            ...(NextToken !== undefined && { NextToken }),
          });
          const page = await calling('ec2:DescribeInstanceStatus', client.send(command, abortedBy(signal)));
          for (const status of page.InstanceStatuses ?? []) {
            const since = sinceOf(of(status));
            found.push({ instanceId: status.InstanceId ?? '', check, ...(since !== undefined && { since }) });
          }
          NextToken = page.NextToken;
        } while (NextToken);
      }
      return found;
    },
    async scheduledEvents(signal) {
      const Filters = [{ Name: 'event.code', Values: eventCodes }];
      const all = async () => {
        const events: ScheduledEvent[] = [];
        for await (const page of paginateDescribeInstanceStatus({ client }, { Filters }, abortedBy(signal)))
          for (const { InstanceId = '', Events = [] } of page.InstanceStatuses ?? [])
            for (const { Code = '', Description = '', NotBefore } of Events)
              if (NotBefore && !/^\[(Completed|Canceled)\]/.test(Description))
                events.push({ instanceId: InstanceId, code: Code, notBefore: NotBefore.toISOString() });
        return events;
      };
      return calling('ec2:DescribeInstanceStatus', all());
    },
  };
}

function sinceOf(summary: InstanceStatusSummary | undefined): string | undefined {
  const times = (summary?.Details ?? []).flatMap(({ ImpairedSince }) => ImpairedSince?.getTime() ?? []);
  return times.length === 0 ? undefined : new Date(Math.min(...times)).toISOString();
}
