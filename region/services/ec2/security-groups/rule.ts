import type { IpPermission, SecurityGroupRule } from '@aws-sdk/client-ec2';
import { NotPlayedError } from '../../../kernel/errors.ts';
import { formatBlock, parseBlock } from '../../common/cidr.ts';
import { refuse, required } from '../../common/request.ts';
import type { Ec2 } from '../store.ts';

export type Direction = 'ingress' | 'egress';
export type Peer =
  | { readonly cidr: string }
  | { readonly groupId: string }
  | { readonly prefixListId: string };

/** What a rule allows. Ports are undefined for protocol `-1`. */
export interface RuleTerms {
  readonly direction: Direction;
  readonly protocol: string;
  readonly fromPort?: number;
  readonly toPort?: number;
  readonly peer: Peer;
}

export interface Rule extends RuleTerms {
  readonly ruleId: string;
  /** The terms as a text: equal for rules that allow the same. */
  readonly key: string;
  description: string | undefined;
}

/** A rule with an id of its own. */
export function newRule(ec2: Ec2, terms: RuleTerms, description?: string): Rule {
  return { ...terms, ruleId: ec2.kernel.ids.ec2('sgr'), key: termsKey(terms), description };
}

/** Equal for rules that allow the same. */
export function termsKey({ direction, protocol, fromPort, toPort, peer }: RuleTerms): string {
  return [direction, protocol, fromPort ?? '', toPort ?? '', peerText(peer)].join('|');
}

function peerText(peer: Peer): string {
  if ('cidr' in peer) return peer.cidr;
  return 'groupId' in peer ? peer.groupId : peer.prefixListId;
}

/** A rule in the words of EC2's refusal of a duplicate. */
export function termsText({ protocol, fromPort, toPort, peer }: RuleTerms): string {
  const ports = fromPort === undefined ? '' : `, from port: ${fromPort}, to port: ${toPort}`;
  const name = protocol === '-1' ? 'ALL' : protocol.toUpperCase();
  return `peer: ${peerText(peer)}, ${name}${ports}, ALLOW`;
}

export interface WantedRule {
  readonly terms: RuleTerms;
  readonly description: string | undefined;
}

const protocolNumbers: Readonly<Record<string, string>> = { '6': 'tcp', '17': 'udp', '1': 'icmp' };

/**
 * The single rules of one IpPermission: one per peer.
 * @throws AwsError InvalidParameterValue for a protocol, port or address that EC2 refuses, InvalidGroup.NotFound
 */
export function rulesOf(ec2: Ec2, direction: Direction, permission: IpPermission): WantedRule[] {
  if (permission.Ipv6Ranges?.length) throw new NotPlayedError('IPv6 ranges in security group rules');
  const given = required(permission.IpProtocol, 'ipProtocol').toLowerCase();
  const protocol = protocolNumbers[given] ?? given;
  const ports = checkPorts(protocol, permission);
  const wanted = (peer: Peer, description: string | undefined): WantedRule => ({
    terms: { direction, protocol, ...ports, peer },
    description,
  });
  const rules = [
    ...(permission.IpRanges ?? []).map((range) =>
      wanted({ cidr: checkCidr(range.CidrIp) }, range.Description),
    ),
    ...(permission.UserIdGroupPairs ?? []).map((pair) => {
      if (pair.GroupName !== undefined) throw new NotPlayedError('references to security groups by name');
      const groupId = required(pair.GroupId, 'groupId');
      if (!ec2.securityGroups.has(groupId))
        refuse('InvalidGroup.NotFound', `The security group '${groupId}' does not exist`);
      return wanted({ groupId }, pair.Description);
    }),
    ...(permission.PrefixListIds ?? []).map((list) =>
      wanted({ prefixListId: required(list.PrefixListId, 'prefixListId') }, list.Description),
    ),
  ];
  if (rules.length === 0)
    refuse('MissingParameter', 'The request must contain one of ipRanges, userIdGroupPairs, prefixListIds');
  return rules;
}

function checkPorts(protocol: string, permission: IpPermission): { fromPort?: number; toPort?: number } {
  if (protocol === '-1') return {};
  if (!['tcp', 'udp', 'icmp'].includes(protocol))
    refuse('InvalidParameterValue', `Invalid value '${protocol}' for IP protocol. Unknown protocol.`);
  const { FromPort: fromPort, ToPort: toPort } = permission;
  if (fromPort === undefined || toPort === undefined)
    refuse(
      'InvalidParameterValue',
      `Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.`,
    );
  const lowest = protocol === 'icmp' ? -1 : 0;
  if (fromPort < lowest || toPort > 65_535 || fromPort > toPort)
    refuse('InvalidParameterValue', `Invalid value '${fromPort}-${toPort}' for portRange.`);
  return { fromPort, toPort };
}

function checkCidr(text: string | undefined): string {
  const block = parseBlock(required(text, 'cidrIp'));
  if (block === undefined || formatBlock(block) !== text)
    refuse('InvalidParameterValue', `CIDR block ${text} is malformed`);
  return text;
}

/** A rule as DescribeSecurityGroupRules shows it. */
export function ruleView(ec2: Ec2, groupId: string, rule: Rule): SecurityGroupRule {
  const { peer } = rule;
  return {
    SecurityGroupRuleId: rule.ruleId,
    SecurityGroupRuleArn: ec2.arn('security-group-rule', rule.ruleId),
    GroupId: groupId,
    GroupOwnerId: ec2.kernel.accountId,
    IsEgress: rule.direction === 'egress',
    IpProtocol: rule.protocol,
    FromPort: rule.fromPort ?? -1,
    ToPort: rule.toPort ?? -1,
    ...('cidr' in peer ? { CidrIpv4: peer.cidr } : {}),
    ...('prefixListId' in peer ? { PrefixListId: peer.prefixListId } : {}),
    ...('groupId' in peer
      ? { ReferencedGroupInfo: { GroupId: peer.groupId, UserId: ec2.kernel.accountId } }
      : {}),
    Description: rule.description,
    Tags: ec2.tags.of(rule.ruleId),
  };
}

/** The rules of one direction, gathered by protocol and ports as DescribeSecurityGroups shows them. */
export function permissionsOf(ec2: Ec2, rules: Iterable<Rule>, direction: Direction): IpPermission[] {
  const gathered = new Map<string, IpPermission>();
  for (const rule of rules) {
    if (rule.direction !== direction) continue;
    const key = `${rule.protocol}|${rule.fromPort}|${rule.toPort}`;
    const permission = gathered.get(key) ?? {
      IpProtocol: rule.protocol,
      ...(rule.fromPort === undefined ? {} : { FromPort: rule.fromPort, ToPort: rule.toPort }),
      IpRanges: [],
      Ipv6Ranges: [],
      UserIdGroupPairs: [],
      PrefixListIds: [],
    };
    gathered.set(key, permission);
    const Description = rule.description;
    const { peer } = rule;
    if ('cidr' in peer) permission.IpRanges?.push({ CidrIp: peer.cidr, Description });
    else if ('prefixListId' in peer)
      permission.PrefixListIds?.push({ PrefixListId: peer.prefixListId, Description });
    else
      permission.UserIdGroupPairs?.push({ GroupId: peer.groupId, UserId: ec2.kernel.accountId, Description });
  }
  return [...gathered.values()];
}
