import { defined, json, object, type ProviderContext, provider, tags, text, texts } from '../provider.ts';

const role = provider({
  type: 'AWS::IAM::Role',
  properties: object({
    RoleName: text.optional(),
    Path: text.optional(),
    AssumeRolePolicyDocument: json,
    Description: text.optional(),
    MaxSessionDuration: text.transform(Number).optional(),
    PermissionsBoundary: text.optional(),
    ManagedPolicyArns: texts.optional(),
    Policies: object({ PolicyName: text, PolicyDocument: json }).array().optional(),
    Tags: tags.optional(),
  }),
  attributes: ['Arn', 'RoleId'],
  replacedBy: ['RoleName', 'Path'],
  create: async ({ AssumeRolePolicyDocument, ManagedPolicyArns, Policies, ...p }, context) => {
    const RoleName = p.RoleName ?? context.name(64);
    const { Role } = await context.call<{ Role: { Arn: string; RoleId: string } }>('iam', 'createRole', {
      ...defined(p),
      RoleName,
      AssumeRolePolicyDocument: JSON.stringify(AssumeRolePolicyDocument),
    });
    for (const PolicyArn of ManagedPolicyArns ?? [])
      await context.call('iam', 'attachRolePolicy', { RoleName, PolicyArn });
    for (const policy of Policies ?? [])
      await putInline(context, RoleName, policy.PolicyName, policy.PolicyDocument);
    return { physicalId: RoleName, attributes: { Arn: Role.Arn, RoleId: Role.RoleId } };
  },
  update: async (existing, p, context) => {
    const { physicalId: RoleName, properties: old } = existing;
    await context.call('iam', 'updateAssumeRolePolicy', {
      RoleName,
      PolicyDocument: JSON.stringify(p.AssumeRolePolicyDocument),
    });
    if (p.Description !== old.Description || p.MaxSessionDuration !== old.MaxSessionDuration) {
      const { Description, MaxSessionDuration } = p;
      await context.call('iam', 'updateRole', { RoleName, ...defined({ Description, MaxSessionDuration }) });
    }
    if (p.PermissionsBoundary && p.PermissionsBoundary !== old.PermissionsBoundary) {
      await context.call('iam', 'putRolePermissionsBoundary', {
        RoleName,
        PermissionsBoundary: p.PermissionsBoundary,
      });
    }
    for (const { PolicyName } of old.Policies ?? []) {
      if (!p.Policies?.some((policy) => policy.PolicyName === PolicyName))
        await context.call('iam', 'deleteRolePolicy', { RoleName, PolicyName });
    }
    for (const policy of p.Policies ?? [])
      await putInline(context, RoleName, policy.PolicyName, policy.PolicyDocument);
    const [before, after] = [old.ManagedPolicyArns ?? [], p.ManagedPolicyArns ?? []];
    for (const PolicyArn of before.filter((arn) => !after.includes(arn)))
      await context.call('iam', 'detachRolePolicy', { RoleName, PolicyArn });
    for (const PolicyArn of after.filter((arn) => !before.includes(arn)))
      await context.call('iam', 'attachRolePolicy', { RoleName, PolicyArn });
    if (p.Tags?.length) await context.call('iam', 'tagRole', { RoleName, Tags: p.Tags });
    return existing;
  },
  remove: async ({ physicalId: RoleName, properties }, context) => {
    for (const PolicyArn of properties.ManagedPolicyArns ?? [])
      await context.call('iam', 'detachRolePolicy', { RoleName, PolicyArn });
    for (const { PolicyName } of properties.Policies ?? [])
      await context.call('iam', 'deleteRolePolicy', { RoleName, PolicyName });
    await context.call('iam', 'deleteRole', { RoleName });
  },
});

function putInline(
  context: ProviderContext,
  RoleName: string,
  PolicyName: string,
  document: object,
): Promise<unknown> {
  return context.call('iam', 'putRolePolicy', {
    RoleName,
    PolicyName,
    PolicyDocument: JSON.stringify(document),
  });
}

/** An inline policy of roles. */
const policy = provider({
  type: 'AWS::IAM::Policy',
  properties: object({ PolicyName: text, PolicyDocument: json, Roles: texts }),
  replacedBy: ['PolicyName'],
  create: async (p, context) => {
    for (const name of p.Roles) await putInline(context, name, p.PolicyName, p.PolicyDocument);
    return { physicalId: context.name(64), ref: p.PolicyName };
  },
  update: async (existing, p, context) => {
    for (const name of p.Roles) await putInline(context, name, p.PolicyName, p.PolicyDocument);
    for (const RoleName of existing.properties.Roles.filter((name) => !p.Roles.includes(name))) {
      await context.call('iam', 'deleteRolePolicy', { RoleName, PolicyName: p.PolicyName });
    }
    return existing;
  },
  remove: async ({ properties }, context) => {
    for (const RoleName of properties.Roles)
      await context.call('iam', 'deleteRolePolicy', { RoleName, PolicyName: properties.PolicyName });
  },
});

const managedPolicy = provider({
  type: 'AWS::IAM::ManagedPolicy',
  properties: object({
    ManagedPolicyName: text.optional(),
    Path: text.optional(),
    Description: text.optional(),
    PolicyDocument: json,
  }),
  attributes: ['PolicyArn'],
  replacedBy: ['ManagedPolicyName', 'Path', 'Description'],
  create: async (p, context) => {
    const { Policy } = await context.call<{ Policy: { Arn: string } }>('iam', 'createPolicy', {
      PolicyName: p.ManagedPolicyName ?? context.name(128),
      PolicyDocument: JSON.stringify(p.PolicyDocument),
      ...defined({ Path: p.Path, Description: p.Description }),
    });
    return { physicalId: Policy.Arn, attributes: { PolicyArn: Policy.Arn } };
  },
  update: async (existing, p, context) => {
    await context.call('iam', 'createPolicyVersion', {
      PolicyArn: existing.physicalId,
      PolicyDocument: JSON.stringify(p.PolicyDocument),
      SetAsDefault: true,
    });
    return existing;
  },
  remove: ({ physicalId }, context) => context.call('iam', 'deletePolicy', { PolicyArn: physicalId }),
});

export const iamProviders = [role, policy, managedPolicy];
