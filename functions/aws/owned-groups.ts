import {
  AutoScalingClient,
  DeleteAutoScalingGroupCommand,
  paginateDescribeAutoScalingGroups,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { assertOwn, type Owner, readTags } from '../clusters/ownership.ts';
import type { Config } from '../runtime/config.ts';
import { calling } from './classify.ts';
import { abortedBy, clientSettings } from './client-settings.ts';
import { deleting, type Owned, type OwnedKind, tagFilters } from './owned.ts';

/** An Auto Scaling group; its state is `Delete in progress` once it goes. */
export interface OwnedGroup extends Owned {
  readonly instanceIds: readonly string[];
  readonly protected: boolean;
}

/** Auto Scaling groups of a cluster, slots' and pools' alike. */
export interface OwnedGroups extends OwnedKind<OwnedGroup> {
  /** Takes the deletion protection away, which stops `remove`. */
  unprotect(group: OwnedGroup, owner: Owner, signal?: AbortSignal): Promise<void>;
}

/** Auto Scaling has no code of its own for it. */
const notFound = { codes: ['ValidationError'], text: /name not found/i };

export function makeOwnedGroups(config: Config): OwnedGroups {
  const client = new AutoScalingClient(clientSettings(config));
  return {
    async ofCluster(owner, signal) {
      const pages = paginateDescribeAutoScalingGroups(
        { client },
        { Filters: tagFilters(owner) },
        abortedBy(signal),
      );
      const all = async () => {
        const found: OwnedGroup[] = [];
        for await (const page of pages)
          for (const group of page.AutoScalingGroups ?? [])
            found.push({
              id: group.AutoScalingGroupName ?? '',
              tags: readTags(group.Tags),
              ...(group.Status && { state: group.Status }),
              instanceIds: (group.Instances ?? []).map(({ InstanceId = '' }) => InstanceId),
              protected: (group.DeletionProtection ?? 'none') !== 'none',
            });
        return found;
      };
      return calling('autoscaling:DescribeAutoScalingGroups', all());
    },
    async unprotect({ id, tags }, owner, signal) {
      assertOwn(`group ${id}`, tags, owner);
      const command = new UpdateAutoScalingGroupCommand({
        AutoScalingGroupName: id,
        DeletionProtection: 'none',
      });
      const call = client.send(command, abortedBy(signal));
      await deleting('autoscaling:UpdateAutoScalingGroup', call, { gone: notFound });
    },
    async remove({ id, tags }, owner, signal) {
      assertOwn(`group ${id}`, tags, owner);
      // By force: its instances end at once, without hooks. Without force a group has to be empty, and its hooks would have to be answered.
      const command = new DeleteAutoScalingGroupCommand({ AutoScalingGroupName: id, ForceDelete: true });
      const call = client.send(command, abortedBy(signal));
      const busy = { codes: ['ScalingActivityInProgress', 'ScalingActivityInProgressFault'] };
      return deleting('autoscaling:DeleteAutoScalingGroup', call, { gone: notFound, busy });
    },
  };
}
