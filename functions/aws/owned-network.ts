import {
  DeleteNetworkInterfaceCommand,
  DeleteSecurityGroupCommand,
  EC2Client,
  type NetworkInterface,
  paginateDescribeNetworkInterfaces,
  paginateDescribeSecurityGroups,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2';
import { assertOwn, type Owner, readTags } from '../clusters/ownership.ts';
import type { Config } from '../runtime/config.ts';
import { calling, callingUnless } from './classify.ts';
import { abortedBy, clientSettings } from './client-settings.ts';
import { groupFact, type IngressRule, permissionOf } from './networks.ts';
import { deleting, type Owned, type OwnedKind, tagFilters } from './owned.ts';

/** Network interfaces that a cluster's slots have; those that EC2 makes with an instance carry no tags and go with it. */
export function makeOwnedInterfaces(config: Config): OwnedKind {
  const client = new EC2Client(clientSettings(config));
  return {
    async ofCluster(owner, signal) {
      const found = await describeInterfaces(client, tagFilters(owner), signal);
      return found.map(({ NetworkInterfaceId: id = '', Status, TagSet }) => ({
        id,
        tags: readTags(TagSet),
        state: Status ?? 'unknown',
      }));
    },
    async remove({ id, tags }, owner, signal) {
      assertOwn(id, tags, owner);
      const command = new DeleteNetworkInterfaceCommand({ NetworkInterfaceId: id });
      return deleting('ec2:DeleteNetworkInterface', client.send(command, abortedBy(signal)), {
        gone: { codes: ['InvalidNetworkInterfaceID.NotFound'] },
        // EC2 says it by either code; the first one says many other things as well.
        busy: { codes: ['InvalidParameterValue', 'InvalidNetworkInterface.InUse'], text: /in use/i },
      });
    },
  };
}

export interface OwnedSecurityGroup extends Owned {
  readonly name: string;
  readonly ingress: readonly IngressRule[];
  /** What keeps EC2 from deleting it: interfaces that have it, groups that are not the cluster's and let it in. */
  readonly heldBy: readonly string[];
}

/** Security groups of a cluster, in the deployment's VPC. */
export interface OwnedSecurityGroups extends OwnedKind<OwnedSecurityGroup> {
  /** Takes rules away; one that is not there is done. */
  revoke(
    group: OwnedSecurityGroup,
    rules: readonly IngressRule[],
    owner: Owner,
    signal?: AbortSignal,
  ): Promise<void>;
}

export function makeOwnedSecurityGroups(config: Config): OwnedSecurityGroups {
  const client = new EC2Client(clientSettings(config));
  return {
    async ofCluster(owner, signal) {
      const filters = [...tagFilters(owner), { Name: 'vpc-id', Values: [config.vpcId] }];
      const groups = await describeGroups(client, filters, signal);
      const ids = groups.map(({ securityGroupId }) => securityGroupId);
      if (ids.length === 0) return [];
      const [interfaces, letting] = await Promise.all([
        describeInterfaces(client, [{ Name: 'group-id', Values: ids }], signal),
        describeGroups(client, [{ Name: 'ip-permission.group-id', Values: ids }], signal),
      ]);
      const others = letting.filter(({ securityGroupId }) => !ids.includes(securityGroupId));
      return groups.map(({ securityGroupId: id, name, ingress, tags }) => ({
        id,
        name,
        tags,
        ingress,
        heldBy: [
          ...interfaces
            .filter(({ Groups = [] }) => Groups.some(({ GroupId }) => GroupId === id))
            .map(
              ({ NetworkInterfaceId, Description }) =>
                `${NetworkInterfaceId} (${Description || 'no description'})`,
            ),
          ...others
            .filter((other) => other.ingress.some(({ source }) => source === id))
            .map((other) => `${other.securityGroupId} (${other.name})`),
        ],
      }));
    },
    async revoke({ id, tags }, rules, owner, signal) {
      assertOwn(id, tags, owner);
      const command = new RevokeSecurityGroupIngressCommand({
        GroupId: id,
        IpPermissions: rules.map(permissionOf),
      });
      const missing = ['InvalidPermission.NotFound', 'InvalidGroup.NotFound'];
      const call = client.send(command, abortedBy(signal));
      await callingUnless('ec2:RevokeSecurityGroupIngress', missing, call);
    },
    async remove({ id, tags }, owner, signal) {
      assertOwn(id, tags, owner);
      const call = client.send(new DeleteSecurityGroupCommand({ GroupId: id }), abortedBy(signal));
      return deleting('ec2:DeleteSecurityGroup', call, {
        gone: { codes: ['InvalidGroup.NotFound'] },
        busy: { codes: ['DependencyViolation'] },
      });
    },
  };
}

type Filters = readonly { readonly Name: string; readonly Values: readonly string[] }[];

async function describeInterfaces(client: EC2Client, filters: Filters, signal?: AbortSignal) {
  const Filters = filters.map(({ Name, Values }) => ({ Name, Values: [...Values] }));
  const pages = paginateDescribeNetworkInterfaces({ client }, { Filters }, abortedBy(signal));
  const all = async () => {
    const found: NetworkInterface[] = [];
    for await (const page of pages) found.push(...(page.NetworkInterfaces ?? []));
    return found;
  };
  return calling('ec2:DescribeNetworkInterfaces', all());
}

async function describeGroups(client: EC2Client, filters: Filters, signal?: AbortSignal) {
  const Filters = filters.map(({ Name, Values }) => ({ Name, Values: [...Values] }));
  const pages = paginateDescribeSecurityGroups({ client }, { Filters }, abortedBy(signal));
  const all = async () => {
    const found: ReturnType<typeof groupFact>[] = [];
    for await (const page of pages) found.push(...(page.SecurityGroups ?? []).map(groupFact));
    return found;
  };
  return calling('ec2:DescribeSecurityGroups', all());
}
