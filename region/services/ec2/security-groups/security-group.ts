import type { Ec2 } from '../store.ts';
import { newRule, type Rule } from './rule.ts';

export interface SecurityGroup {
  readonly groupId: string;
  readonly vpcId: string;
  readonly name: string;
  readonly description: string;
  /** Rules by what they allow: a rule that is there already is refused. */
  readonly rules: Map<string, Rule>;
}

/** Every group starts with leave to go anywhere; CloudFormation and careful callers revoke it. */
export function addSecurityGroup(
  ec2: Ec2,
  group: { vpcId: string; name: string; description: string },
): SecurityGroup {
  const everywhere = newRule(ec2, { direction: 'egress', protocol: '-1', peer: { cidr: '0.0.0.0/0' } });
  const made: SecurityGroup = {
    groupId: ec2.kernel.ids.ec2('sg'),
    ...group,
    rules: new Map([[everywhere.key, everywhere]]),
  };
  ec2.securityGroups.set(made.groupId, made);
  return made;
}

/** The `default` group, which comes with a VPC: its members may talk to each other. */
export function addDefaultSecurityGroup(ec2: Ec2, vpcId: string): void {
  const group = addSecurityGroup(ec2, { vpcId, name: 'default', description: 'default VPC security group' });
  const own = newRule(ec2, { direction: 'ingress', protocol: '-1', peer: { groupId: group.groupId } });
  group.rules.set(own.key, own);
}

/** The id of a VPC's `default` group. */
export function defaultSecurityGroupId(ec2: Ec2, vpcId: string): string {
  const group = [...ec2.securityGroups.values()].find((one) => one.vpcId === vpcId && one.name === 'default');
  return group?.groupId ?? '';
}
