import type {
  CreateSecurityGroupRequest,
  CreateSecurityGroupResult,
  DeleteSecurityGroupRequest,
  DeleteSecurityGroupResult,
  DescribeSecurityGroupsRequest,
  DescribeSecurityGroupsResult,
  EC2,
  SecurityGroup as SecurityGroupView,
} from '@aws-sdk/client-ec2';
import type { Operations } from '../../../kernel/kernel.ts';
import { onlyPlayed, refuse, required } from '../../common/request.ts';
import { describe } from '../describe.ts';
import { found } from '../request.ts';
import type { Ec2 } from '../store.ts';
import { tagsFor } from '../tags.ts';
import { permissionsOf, type Rule } from './rule.ts';
import { securityGroupRuleOperations } from './rules.ts';
import { addSecurityGroup, type SecurityGroup } from './security-group.ts';

const allowedText = /^[\w .:/()#,@[\]+=&;{}!$*-]{1,255}$/;

function createSecurityGroup(ec2: Ec2, input: CreateSecurityGroupRequest): CreateSecurityGroupResult {
  onlyPlayed('ec2.createSecurityGroup', input, ['GroupName', 'Description', 'VpcId', 'TagSpecifications']);
  const name = required(input.GroupName, 'groupName');
  const description = required(input.Description, 'groupDescription');
  if (input.VpcId === undefined) refuse('VPCIdNotSpecified', 'No default VPC for this user');
  const { vpcId } = found('vpc', ec2.vpcs, input.VpcId);
  if (!allowedText.test(name) || name.startsWith('sg-'))
    refuse(
      'InvalidParameterValue',
      `Value (${name}) for parameter GroupName is invalid. Group names may not be in the format sg-*.`,
    );
  if (!allowedText.test(description))
    refuse(
      'InvalidParameterValue',
      `Value (${description}) for parameter GroupDescription is invalid. Character sets beyond ASCII are not supported.`,
    );
  if ([...ec2.securityGroups.values()].some((group) => group.vpcId === vpcId && group.name === name))
    refuse('InvalidGroup.Duplicate', `The security group '${name}' already exists for VPC '${vpcId}'`);
  const tags = tagsFor(input.TagSpecifications, 'security-group');
  const group = addSecurityGroup(ec2, { vpcId, name, description });
  ec2.tags.add(group.groupId, tags);
  return {
    GroupId: group.groupId,
    SecurityGroupArn: ec2.arn('security-group', group.groupId),
    Tags: tags,
  };
}

/** Groups and interfaces that keep a group from being deleted. */
function isReferenced(ec2: Ec2, groupId: string): boolean {
  const names = (rule: Rule): boolean => 'groupId' in rule.peer && rule.peer.groupId === groupId;
  return (
    [...ec2.networkInterfaces.values()].some((one) => one.groupIds.includes(groupId)) ||
    [...ec2.securityGroups.values()].some(
      (other) => other.groupId !== groupId && [...other.rules.values()].some(names),
    )
  );
}

function deleteSecurityGroup(ec2: Ec2, input: DeleteSecurityGroupRequest): DeleteSecurityGroupResult {
  onlyPlayed('ec2.deleteSecurityGroup', input, ['GroupId']);
  const { groupId, name, rules } = found(
    'securityGroup',
    ec2.securityGroups,
    required(input.GroupId, 'groupId'),
  );
  if (name === 'default')
    refuse('CannotDelete', `the specified group: "${groupId}" name: "default" cannot be deleted by a user`);
  if (isReferenced(ec2, groupId)) refuse('DependencyViolation', `resource ${groupId} has a dependent object`);
  for (const rule of rules.values()) ec2.tags.forget(rule.ruleId);
  ec2.securityGroups.delete(groupId);
  ec2.tags.forget(groupId);
  return { Return: true, GroupId: groupId };
}

function view(ec2: Ec2, group: SecurityGroup): SecurityGroupView {
  return {
    GroupId: group.groupId,
    GroupName: group.name,
    Description: group.description,
    VpcId: group.vpcId,
    OwnerId: ec2.kernel.accountId,
    SecurityGroupArn: ec2.arn('security-group', group.groupId),
    IpPermissions: permissionsOf(ec2, group.rules.values(), 'ingress'),
    IpPermissionsEgress: permissionsOf(ec2, group.rules.values(), 'egress'),
    Tags: ec2.tags.of(group.groupId),
  };
}

function peers(group: SecurityGroup, direction: Rule['direction'], kind: 'cidr' | 'groupId'): string[] {
  return [...group.rules.values()].flatMap((rule) => {
    if (rule.direction !== direction) return [];
    if (kind === 'cidr') return 'cidr' in rule.peer ? [rule.peer.cidr] : [];
    return 'groupId' in rule.peer ? [rule.peer.groupId] : [];
  });
}

function describeSecurityGroups(
  ec2: Ec2,
  input: DescribeSecurityGroupsRequest,
): DescribeSecurityGroupsResult {
  onlyPlayed('ec2.describeSecurityGroups', input, ['GroupIds', 'Filters', 'NextToken', 'MaxResults']);
  const page = describe(input, {
    kind: 'securityGroup',
    items: [...ec2.securityGroups.values()],
    idOf: (group) => group.groupId,
    ids: input.GroupIds,
    filters: {
      'group-id': (group) => group.groupId,
      'group-name': (group) => group.name,
      'vpc-id': (group) => group.vpcId,
      description: (group) => group.description,
      'owner-id': () => ec2.kernel.accountId,
      'ip-permission.cidr': (group) => peers(group, 'ingress', 'cidr'),
      'ip-permission.group-id': (group) => peers(group, 'ingress', 'groupId'),
      'egress.ip-permission.cidr': (group) => peers(group, 'egress', 'cidr'),
      'egress.ip-permission.group-id': (group) => peers(group, 'egress', 'groupId'),
    },
    tags: ec2.tags,
  });
  return { SecurityGroups: page.items.map((group) => view(ec2, group)), NextToken: page.nextToken };
}

/** Security groups and their rules. */
export function securityGroupOperations(ec2: Ec2): Operations<EC2> {
  return {
    createSecurityGroup: (input) => createSecurityGroup(ec2, input),
    deleteSecurityGroup: (input) => deleteSecurityGroup(ec2, input),
    describeSecurityGroups: (input) => describeSecurityGroups(ec2, input),
    ...securityGroupRuleOperations(ec2),
  };
}
