import { DeleteLaunchTemplateCommand, EC2Client, paginateDescribeLaunchTemplates } from '@aws-sdk/client-ec2';
import { assertOwn, readTags } from '../clusters/ownership.ts';
import type { Config } from '../runtime/config.ts';
import { calling } from './classify.ts';
import { abortedBy, clientSettings } from './client-settings.ts';
import { deleting, type Owned, type OwnedKind, tagFilters } from './owned.ts';

/** Launch templates of a cluster; one goes with all its versions. */
export function makeOwnedTemplates(config: Config): OwnedKind {
  const client = new EC2Client(clientSettings(config));
  return {
    async ofCluster(owner, signal) {
      const request = { Filters: tagFilters(owner) };
      const pages = paginateDescribeLaunchTemplates({ client }, request, abortedBy(signal));
      const all = async () => {
        const found: Owned[] = [];
        for await (const page of pages)
          for (const { LaunchTemplateId: id = '', Tags } of page.LaunchTemplates ?? [])
            found.push({ id, tags: readTags(Tags) });
        return found;
      };
      return calling('ec2:DescribeLaunchTemplates', all());
    },
    async remove({ id, tags }, owner, signal) {
      assertOwn(id, tags, owner);
      const command = new DeleteLaunchTemplateCommand({ LaunchTemplateId: id });
      const call = client.send(command, abortedBy(signal));
      const gone = {
        codes: ['InvalidLaunchTemplateId.NotFound', 'InvalidLaunchTemplateId.NotFoundException'],
      };
      return deleting('ec2:DeleteLaunchTemplate', call, { gone });
    },
  };
}
