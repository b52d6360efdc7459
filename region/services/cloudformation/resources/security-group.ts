import * as z from 'zod';
import { defined, number, object, type ProviderContext, provider, tags, text } from '../provider.ts';
import { retag, tagged } from './ec2-tags.ts';

const peer = {
  IpProtocol: text,
  FromPort: number.optional(),
  ToPort: number.optional(),
  CidrIp: text.optional(),
  Description: text.optional(),
};
const egress = object({
  ...peer,
  DestinationSecurityGroupId: text.optional(),
  DestinationPrefixListId: text.optional(),
});
const ingress = object({
  ...peer,
  SourceSecurityGroupId: text.optional(),
  SourcePrefixListId: text.optional(),
});

type Rule = z.infer<typeof egress> & z.infer<typeof ingress>;

/** A rule of the template as EC2's IpPermission. */
function permissionOf(rule: Rule): object {
  const described = defined({ Description: rule.Description });
  const group = rule.SourceSecurityGroupId ?? rule.DestinationSecurityGroupId;
  const prefixList = rule.SourcePrefixListId ?? rule.DestinationPrefixListId;
  return defined({
    IpProtocol: rule.IpProtocol,
    FromPort: rule.FromPort,
    ToPort: rule.ToPort,
    IpRanges: rule.CidrIp === undefined ? undefined : [{ CidrIp: rule.CidrIp, ...described }],
    UserIdGroupPairs: group === undefined ? undefined : [{ GroupId: group, ...described }],
    PrefixListIds: prefixList === undefined ? undefined : [{ PrefixListId: prefixList, ...described }],
  });
}

const everywhere: Rule = { IpProtocol: '-1', CidrIp: '0.0.0.0/0' };

/** Takes rules away and adds others in one direction. */
async function changeRules(
  context: ProviderContext,
  GroupId: string,
  direction: 'Egress' | 'Ingress',
  before: readonly Rule[],
  after: readonly Rule[],
): Promise<void> {
  const within = (rule: Rule, others: readonly Rule[]): boolean =>
    others.some((other) => JSON.stringify(other) === JSON.stringify(rule));
  const surplus = before.filter((rule) => !within(rule, after)).map(permissionOf);
  const fresh = after.filter((rule) => !within(rule, before)).map(permissionOf);
  if (surplus.length > 0)
    await context.call('ec2', `revokeSecurityGroup${direction}`, { GroupId, IpPermissions: surplus });
  if (fresh.length > 0)
    await context.call('ec2', `authorizeSecurityGroup${direction}`, { GroupId, IpPermissions: fresh });
}

export const securityGroup = provider({
  type: 'AWS::EC2::SecurityGroup',
  properties: object({
    GroupName: text.optional(),
    GroupDescription: text,
    VpcId: text,
    SecurityGroupEgress: z.array(egress).optional(),
    SecurityGroupIngress: z.array(ingress).optional(),
    Tags: tags.optional(),
  }),
  attributes: ['GroupId', 'VpcId'],
  replacedBy: ['GroupName', 'GroupDescription', 'VpcId'],
  create: async (p, context) => {
    const { GroupId } = await context.call<{ GroupId: string }>('ec2', 'createSecurityGroup', {
      GroupName: p.GroupName ?? context.name(255),
      Description: p.GroupDescription,
      VpcId: p.VpcId,
      ...tagged('security-group', p.Tags),
    });
    // A new group lets everything out; a template that names its way out means only that.
    if (p.SecurityGroupEgress)
      await changeRules(context, GroupId, 'Egress', [everywhere], p.SecurityGroupEgress);
    await changeRules(context, GroupId, 'Ingress', [], p.SecurityGroupIngress ?? []);
    return { physicalId: GroupId, attributes: { GroupId, VpcId: p.VpcId } };
  },
  update: async (existing, p, context) => {
    const { physicalId: id, properties: old } = existing;
    await changeRules(
      context,
      id,
      'Egress',
      old.SecurityGroupEgress ?? [everywhere],
      p.SecurityGroupEgress ?? [everywhere],
    );
    await changeRules(context, id, 'Ingress', old.SecurityGroupIngress ?? [], p.SecurityGroupIngress ?? []);
    await retag(context, id, old.Tags, p.Tags);
    return existing;
  },
  remove: ({ physicalId }, context) => context.call('ec2', 'deleteSecurityGroup', { GroupId: physicalId }),
});
