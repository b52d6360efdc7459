import {
  AttachVolumeCommand,
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeVolumesCommand,
  EC2Client,
  type Instance,
  type Volume,
} from '@aws-sdk/client-ec2';
import type { Config } from '../runtime/config.ts';
import { awsCode, calling, callingUnless, classify } from './classify.ts';
import { abortedBy, clientSettings } from './client-settings.ts';

/** An instance as decisions need it. `unknown` for a state that this version of Trivet has not heard of. */
export interface InstanceFact {
  readonly instanceId: string;
  readonly state: 'pending' | 'running' | 'stopping' | 'stopped' | 'shutting-down' | 'terminated' | 'unknown';
  /** From EC2's StateTransitionReason, where it carries a time. */
  readonly stateSince?: string;
  readonly clusterTag?: string;
  /** ISO 8601. */
  readonly launchedAt?: string;
}

export interface VolumeFact {
  readonly volumeId: string;
  readonly status: 'creating' | 'available' | 'in-use' | 'deleting' | 'deleted' | 'error' | 'unknown';
  readonly attachedTo?: string;
  readonly clusterTag?: string;
}

/** How an attempt to attach ended. */
export type AttachOutcome = 'attached' | 'already' | 'not-running' | 'in-use' | 'missing';

/** What EC2 says of those who hold a slot, and the one effect on them. */
export interface SlotHolders {
  instances(ids: readonly string[], signal?: AbortSignal): Promise<InstanceFact[]>;
  /** Volumes that exist among `ids`; one that is gone is not in the answer. */
  volumes(ids: readonly string[], signal?: AbortSignal): Promise<VolumeFact[]>;
  /** Instance that each network interface is attached to; absent when it is free or gone. */
  interfaceHolders(ids: readonly string[], signal?: AbortSignal): Promise<Map<string, string>>;
  /** Attaches a volume; done already counts as done. */
  attach(volumeId: string, instanceId: string, signal?: AbortSignal): Promise<AttachOutcome>;
}

/** Device name asked for; on Nitro the node finds the volume by its id (reference aws-etcd-kubeadm-facts §3). */
const device = '/dev/sdf';

/** EC2 in the deployment's region. */
export function makeSlotHolders(config: Config): SlotHolders {
  const client = new EC2Client(clientSettings(config));
  return {
    async instances(ids, signal) {
      if (ids.length === 0) return [];
      // By filter, not by InstanceIds: an id that EC2 has forgotten must not fail the others.
      const command = new DescribeInstancesCommand({ Filters: [{ Name: 'instance-id', Values: [...ids] }] });
      const found = await calling('ec2:DescribeInstances', client.send(command, abortedBy(signal)));
      return (found.Reservations ?? [])
        .flatMap((reservation) => reservation.Instances ?? [])
        .map(instanceFact);
    },
    async volumes(ids, signal) {
      if (ids.length === 0) return [];
      const command = new DescribeVolumesCommand({ Filters: [{ Name: 'volume-id', Values: [...ids] }] });
      const found = await calling('ec2:DescribeVolumes', client.send(command, abortedBy(signal)));
      return (found.Volumes ?? []).map(volumeFact);
    },
    async interfaceHolders(ids, signal) {
      if (ids.length === 0) return new Map();
      const filter = { Name: 'network-interface-id', Values: [...ids] };
      const command = new DescribeNetworkInterfacesCommand({ Filters: [filter] });
      const found = await calling('ec2:DescribeNetworkInterfaces', client.send(command, abortedBy(signal)));
      const held = (found.NetworkInterfaces ?? []).flatMap(({ NetworkInterfaceId, Attachment }) =>
        NetworkInterfaceId && Attachment?.InstanceId
          ? [[NetworkInterfaceId, Attachment.InstanceId] as const]
          : [],
      );
      return new Map(held);
    },
    async attach(volumeId, instanceId, signal) {
      const command = new AttachVolumeCommand({ VolumeId: volumeId, InstanceId: instanceId, Device: device });
      try {
        await client.send(command, abortedBy(signal));
        return 'attached';
      } catch (error) {
        const code = awsCode(error);
        if (code === 'InvalidVolume.NotFound' || code === 'InvalidInstanceID.NotFound') return 'missing';
        if (code === 'IncorrectState' || code === 'IncorrectInstanceState') return 'not-running';
        if (code !== 'VolumeInUse') throw classify(error, 'ec2:AttachVolume');
        // A lost reply looks like this too: whose it is decides.
        const described = new DescribeVolumesCommand({ VolumeIds: [volumeId] });
        const missing = ['InvalidVolume.NotFound'];
        const found = await callingUnless(
          'ec2:DescribeVolumes',
          missing,
          client.send(described, abortedBy(signal)),
        );
        const holder = found?.Volumes?.[0]?.Attachments?.[0]?.InstanceId;
        return holder === instanceId ? 'already' : 'in-use';
      }
    },
  };
}

const instanceStates = ['pending', 'running', 'stopping', 'stopped', 'shutting-down', 'terminated'] as const;
const volumeStates = ['creating', 'available', 'in-use', 'deleting', 'deleted', 'error'] as const;

function instanceFact(instance: Instance): InstanceFact {
  const clusterTag = tagOf(instance.Tags);
  const since = /\((\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}) GMT\)/.exec(instance.StateTransitionReason ?? '');
  return {
    instanceId: instance.InstanceId ?? '',
    state: instanceStates.find((state) => state === instance.State?.Name) ?? 'unknown',
    ...(since && { stateSince: `${since[1]}T${since[2]}Z` }),
    ...(clusterTag !== undefined && { clusterTag }),
    ...(instance.LaunchTime && { launchedAt: instance.LaunchTime.toISOString() }),
  };
}

function volumeFact(volume: Volume): VolumeFact {
  const clusterTag = tagOf(volume.Tags);
  const attachedTo = volume.Attachments?.find((attachment) => attachment.State !== 'detached')?.InstanceId;
  return {
    volumeId: volume.VolumeId ?? '',
    status: volumeStates.find((state) => state === volume.State) ?? 'unknown',
    ...(attachedTo !== undefined && { attachedTo }),
    ...(clusterTag !== undefined && { clusterTag }),
  };
}

function tagOf(tags: Instance['Tags']): string | undefined {
  return tags?.find((tag) => tag.Key === 'trivet:cluster')?.Value;
}
