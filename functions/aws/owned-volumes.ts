import {
  CreateTagsCommand,
  DeleteTagsCommand,
  DeleteVolumeCommand,
  EC2Client,
  paginateDescribeVolumes,
} from '@aws-sdk/client-ec2';
import { tagKeys } from '../clusters/names.ts';
import { assertOwn, type Owner, readTags, type Tags, writeTags } from '../clusters/ownership.ts';
import type { Config } from '../runtime/config.ts';
import { calling } from './classify.ts';
import { abortedBy, clientSettings } from './client-settings.ts';
import { deleting, type Owned, type OwnedKind, tagFilters } from './owned.ts';

/** Volumes of a cluster: etcd's, and root disks as long as their instances live. */
export interface OwnedVolumes extends OwnedKind {
  /**
   * Hands a volume over to whoever asked to keep it: `marks` say of which cluster it was, and the cluster's own tag goes, so that neither
   * a retirement nor a new cluster of that name takes it for its own. Done already counts as done.
   */
  release(volume: Owned, marks: Tags, owner: Owner, signal?: AbortSignal): Promise<void>;
  /** Ids of volumes with these tags, whosever they are. */
  tagged(tags: Tags, signal?: AbortSignal): Promise<string[]>;
}

const gone = { codes: ['InvalidVolume.NotFound'] };

export function makeOwnedVolumes(config: Config): OwnedVolumes {
  const client = new EC2Client(clientSettings(config));
  const find = async (Filters: { Name: string; Values: string[] }[], signal?: AbortSignal) => {
    const all = async () => {
      const found: Owned[] = [];
      for await (const page of paginateDescribeVolumes({ client }, { Filters }, abortedBy(signal)))
        for (const { VolumeId: id = '', State, Tags } of page.Volumes ?? [])
          if (State !== 'deleted') found.push({ id, tags: readTags(Tags), state: State ?? 'unknown' });
      return found;
    };
    return calling('ec2:DescribeVolumes', all());
  };
  return {
    ofCluster: (owner, signal) => find(tagFilters(owner), signal),
    async tagged(tags, signal) {
      const filters = Object.entries(tags).map(([key, value]) => ({ Name: `tag:${key}`, Values: [value] }));
      return (await find(filters, signal)).map(({ id }) => id);
    },
    async remove({ id, tags }, owner, signal) {
      assertOwn(id, tags, owner);
      const call = client.send(new DeleteVolumeCommand({ VolumeId: id }), abortedBy(signal));
      return deleting('ec2:DeleteVolume', call, { gone, busy: { codes: ['VolumeInUse', 'IncorrectState'] } });
    },
    async release({ id, tags }, marks, owner, signal) {
      assertOwn(id, tags, owner);
      const mark = new CreateTagsCommand({ Resources: [id], Tags: writeTags(marks) });
      await deleting('ec2:CreateTags', client.send(mark, abortedBy(signal)), { gone });
      // Last, since by this tag the next run finds what is not handed over yet.
      const ownTag = [{ Key: tagKeys.cluster, Value: owner.cluster }];
      const disown = new DeleteTagsCommand({ Resources: [id], Tags: ownTag });
      await deleting('ec2:DeleteTags', client.send(disown, abortedBy(signal)), { gone });
    },
  };
}
