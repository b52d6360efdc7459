import {
  DescribeInstancesCommand,
  EC2Client,
  type Instance,
  paginateDescribeInstanceStatus,
} from '@aws-sdk/client-ec2';
import type { Config } from '../runtime/config.ts';
import { calling } from './classify.ts';
import { abortedBy, clientSettings } from './client-settings.ts';

/** An instance on its way out. */
export interface LeavingInstanceFact {
  /** EC2's word; `unknown` where it has none. */
  readonly state: string;
  /** Volumes that were attached after the launch and are not detached yet: they do not end with the instance. */
  readonly volumes: readonly string[];
}

/** Something that AWS has planned to do to an instance. */
export interface ScheduledEvent {
  readonly instanceId: string;
  /** `instance-retirement`, `instance-stop`, `system-maintenance`, `system-reboot`, `instance-reboot`. */
  readonly code: string;
  /** Its earliest beginning, ISO 8601. */
  readonly notBefore: string;
}

/** What EC2 says of instances that leave or will have to. */
export interface LeavingInstances {
  /** Undefined where EC2 does not know it any more. */
  find(instanceId: string, signal?: AbortSignal): Promise<LeavingInstanceFact | undefined>;
  /** What is planned for running instances of this account and region; what has ended or was cancelled is not among it. */
  scheduledEvents(signal?: AbortSignal): Promise<ScheduledEvent[]>;
}

const eventCodes = [
  'instance-reboot',
  'instance-retirement',
  'instance-stop',
  'system-maintenance',
  'system-reboot',
];

export function makeLeavingInstances(config: Config): LeavingInstances {
  const client = new EC2Client(clientSettings(config));
  return {
    async find(instanceId, signal) {
      // By filter, as an id that EC2 has forgotten is an answer and no failure.
      const command = new DescribeInstancesCommand({
        Filters: [{ Name: 'instance-id', Values: [instanceId] }],
      });
      const found = await calling('ec2:DescribeInstances', client.send(command, abortedBy(signal)));
      const instance = (found.Reservations ?? []).flatMap(({ Instances }) => Instances ?? [])[0];
      return instance && leavingFact(instance);
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

function leavingFact({ State, RootDeviceName, BlockDeviceMappings = [] }: Instance): LeavingInstanceFact {
  const volumes = BlockDeviceMappings.flatMap(({ DeviceName, Ebs }) =>
    DeviceName === RootDeviceName || Ebs?.DeleteOnTermination || Ebs?.Status === 'detached'
      ? []
      : (Ebs?.VolumeId ?? []),
  );
  return { state: State?.Name ?? 'unknown', volumes };
}
