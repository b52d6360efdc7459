import { DescribeInstancesCommand, EC2Client, type Instance } from '@aws-sdk/client-ec2';
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

/** What EC2 says of instances that leave. */
export interface LeavingInstances {
  /** Undefined where EC2 does not know it any more. */
  find(instanceId: string, signal?: AbortSignal): Promise<LeavingInstanceFact | undefined>;
}

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
