import { EC2Client, paginateDescribeInstances, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { assertOwn, readTags } from '../clusters/ownership.ts';
import type { Config } from '../runtime/config.ts';
import { calling } from './classify.ts';
import { abortedBy, clientSettings } from './client-settings.ts';
import { deleting, type Owned, type OwnedKind, tagFilters } from './owned.ts';

/** Instances of a cluster in every state but `terminated`: EC2 shows those for about an hour more, and they are nothing any more. */
export function makeOwnedInstances(config: Config): OwnedKind {
  const client = new EC2Client(clientSettings(config));
  return {
    async ofCluster(owner, signal) {
      const pages = paginateDescribeInstances({ client }, { Filters: tagFilters(owner) }, abortedBy(signal));
      const all = async () => {
        const found: Owned[] = [];
        for await (const page of pages)
          for (const { InstanceId: id = '', State, Tags } of (page.Reservations ?? []).flatMap(
            ({ Instances = [] }) => Instances,
          ))
            if (State?.Name !== 'terminated')
              found.push({ id, tags: readTags(Tags), state: State?.Name ?? 'unknown' });
        return found;
      };
      return calling('ec2:DescribeInstances', all());
    },
    async remove({ id, tags }, owner, signal) {
      assertOwn(id, tags, owner);
      const command = new TerminateInstancesCommand({ InstanceIds: [id] });
      const call = client.send(command, abortedBy(signal));
      return deleting('ec2:TerminateInstances', call, { gone: { codes: ['InvalidInstanceID.NotFound'] } });
    },
  };
}
