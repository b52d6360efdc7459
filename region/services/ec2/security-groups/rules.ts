import type {
  AuthorizeSecurityGroupEgressRequest,
  AuthorizeSecurityGroupEgressResult,
  AuthorizeSecurityGroupIngressRequest,
  DescribeSecurityGroupRulesRequest,
  DescribeSecurityGroupRulesResult,
  EC2,
  IpPermission,
  RevokeSecurityGroupEgressRequest,
  RevokeSecurityGroupIngressRequest,
  RevokeSecurityGroupIngressResult,
  UpdateSecurityGroupRuleDescriptionsIngressRequest,
} from '@aws-sdk/client-ec2';
import type { Operations } from '../../../kernel/kernel.ts';
import { onlyPlayed, refuse, required } from '../../common/request.ts';
import { describe } from '../describe.ts';
import { found, missing } from '../request.ts';
import type { Ec2 } from '../store.ts';
import { tagsFor } from '../tags.ts';
import { type Direction, newRule, type Rule, rulesOf, ruleView, termsKey, termsText } from './rule.ts';
import type { SecurityGroup } from './security-group.ts';

/** EC2's default quota of rules per group and direction. */
const ruleLimit = 60;

type Authorize = AuthorizeSecurityGroupIngressRequest | AuthorizeSecurityGroupEgressRequest;
type Revoke = RevokeSecurityGroupIngressRequest | RevokeSecurityGroupEgressRequest;

function groupOf(ec2: Ec2, input: { GroupId?: string | undefined }): SecurityGroup {
  return found('securityGroup', ec2.securityGroups, required(input.GroupId, 'groupId'));
}

/** The permissions of a request: the list, or the short form with a single CIDR. */
function permissions(input: Authorize | Revoke): readonly IpPermission[] {
  const { IpProtocol, FromPort, ToPort, CidrIp } = input;
  const short: IpPermission[] =
    IpProtocol === undefined
      ? []
      : [{ IpProtocol, FromPort, ToPort, IpRanges: CidrIp === undefined ? [] : [{ CidrIp }] }];
  const all = [...(input.IpPermissions ?? []), ...short];
  if (all.length === 0) refuse('MissingParameter', 'The request must contain the parameter ipPermissions');
  return all;
}

function authorize(ec2: Ec2, direction: Direction, input: Authorize): AuthorizeSecurityGroupEgressResult {
  onlyPlayed(`ec2.authorizeSecurityGroup (${direction})`, input, [
    'GroupId',
    'IpPermissions',
    'IpProtocol',
    'FromPort',
    'ToPort',
    'CidrIp',
    'TagSpecifications',
  ]);
  const group = groupOf(ec2, input);
  const tags = tagsFor(input.TagSpecifications, 'security-group-rule');
  const wanted = permissions(input).flatMap((permission) => rulesOf(ec2, direction, permission));
  for (const { terms } of wanted)
    if (group.rules.has(termsKey(terms)))
      refuse('InvalidPermission.Duplicate', `the specified rule "${termsText(terms)}" already exists`);
  const count = [...group.rules.values()].filter((rule) => rule.direction === direction).length;
  if (count + wanted.length > ruleLimit)
    refuse(
      'RulesPerSecurityGroupLimitExceeded',
      'The maximum number of rules per security group has been reached.',
    );
  const made = wanted.map(({ terms, description }) => {
    const rule = newRule(ec2, terms, description);
    group.rules.set(rule.key, rule);
    ec2.tags.add(rule.ruleId, tags);
    return ruleView(ec2, group.groupId, rule);
  });
  return { Return: true, SecurityGroupRules: made };
}

function revoke(ec2: Ec2, direction: Direction, input: Revoke): RevokeSecurityGroupIngressResult {
  onlyPlayed(`ec2.revokeSecurityGroup (${direction})`, input, [
    'GroupId',
    'IpPermissions',
    'SecurityGroupRuleIds',
    'IpProtocol',
    'FromPort',
    'ToPort',
    'CidrIp',
  ]);
  const group = groupOf(ec2, input);
  const rules = input.SecurityGroupRuleIds?.length
    ? input.SecurityGroupRuleIds.map((id) => ruleById(group, direction, id))
    : permissions(input)
        .flatMap((permission) => rulesOf(ec2, direction, permission))
        .map(({ terms }) => {
          const rule = group.rules.get(termsKey(terms));
          if (rule === undefined)
            refuse('InvalidPermission.NotFound', 'The specified rule does not exist in this security group.');
          return rule;
        });
  for (const rule of rules) {
    group.rules.delete(rule.key);
    ec2.tags.forget(rule.ruleId);
  }
  return { Return: true };
}

function ruleById(group: SecurityGroup, direction: Direction, id: string): Rule {
  const rule = [...group.rules.values()].find((one) => one.ruleId === id && one.direction === direction);
  if (rule === undefined) missing('securityGroupRule', id);
  return rule;
}

function describeRules(ec2: Ec2, input: DescribeSecurityGroupRulesRequest): DescribeSecurityGroupRulesResult {
  onlyPlayed('ec2.describeSecurityGroupRules', input, [
    'SecurityGroupRuleIds',
    'Filters',
    'NextToken',
    'MaxResults',
  ]);
  const items = [...ec2.securityGroups.values()].flatMap((group) =>
    [...group.rules.values()].map((rule) => ({ groupId: group.groupId, rule })),
  );
  const page = describe(input, {
    kind: 'securityGroupRule',
    items,
    idOf: ({ rule }) => rule.ruleId,
    ids: input.SecurityGroupRuleIds,
    filters: {
      'group-id': ({ groupId }) => groupId,
      'security-group-rule-id': ({ rule }) => rule.ruleId,
    },
    tags: ec2.tags,
  });
  return {
    SecurityGroupRules: page.items.map(({ groupId, rule }) => ruleView(ec2, groupId, rule)),
    NextToken: page.nextToken,
  };
}

function updateDescriptions(
  ec2: Ec2,
  direction: Direction,
  input: UpdateSecurityGroupRuleDescriptionsIngressRequest,
): { Return: boolean } {
  onlyPlayed('ec2.updateSecurityGroupRuleDescriptions', input, ['GroupId', 'IpPermissions']);
  const group = groupOf(ec2, input);
  const wanted = (input.IpPermissions ?? []).flatMap((permission) => rulesOf(ec2, direction, permission));
  for (const { terms, description } of wanted) {
    const rule = group.rules.get(termsKey(terms));
    if (rule === undefined)
      refuse('InvalidPermission.NotFound', 'The specified rule does not exist in this security group.');
    rule.description = description;
  }
  return { Return: true };
}

/** Rules of security groups, single and in the gathered form. */
export function securityGroupRuleOperations(ec2: Ec2): Operations<EC2> {
  return {
    authorizeSecurityGroupIngress: (input) => authorize(ec2, 'ingress', input),
    authorizeSecurityGroupEgress: (input) => authorize(ec2, 'egress', input),
    revokeSecurityGroupIngress: (input) => revoke(ec2, 'ingress', input),
    revokeSecurityGroupEgress: (input) => revoke(ec2, 'egress', input),
    describeSecurityGroupRules: (input) => describeRules(ec2, input),
    updateSecurityGroupRuleDescriptionsIngress: (input) => updateDescriptions(ec2, 'ingress', input),
    updateSecurityGroupRuleDescriptionsEgress: (input) => updateDescriptions(ec2, 'egress', input),
  };
}
