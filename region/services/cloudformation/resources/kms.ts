import { defined, flag, json, object, provider, tags, text } from '../provider.ts';

const key = provider({
  type: 'AWS::KMS::Key',
  properties: object({
    Description: text.optional(),
    KeyPolicy: json,
    EnableKeyRotation: flag.optional(),
    Tags: tags.optional(),
  }),
  attributes: ['Arn', 'KeyId'],
  create: async (p, context) => {
    const { KeyMetadata } = await context.call<{ KeyMetadata: { KeyId: string; Arn: string } }>(
      'kms',
      'createKey',
      {
        Policy: JSON.stringify(p.KeyPolicy),
        ...defined({ Description: p.Description }),
        ...(p.Tags ? { Tags: p.Tags.map(({ Key, Value }) => ({ TagKey: Key, TagValue: Value })) } : {}),
      },
    );
    const { KeyId, Arn } = KeyMetadata;
    if (p.EnableKeyRotation) await context.call('kms', 'enableKeyRotation', { KeyId });
    return { physicalId: KeyId, attributes: { Arn, KeyId } };
  },
  update: async (existing, p, context) => {
    const { physicalId: KeyId, properties: old } = existing;
    await context.call('kms', 'putKeyPolicy', {
      KeyId,
      PolicyName: 'default',
      Policy: JSON.stringify(p.KeyPolicy),
    });
    if (p.Description !== old.Description)
      await context.call('kms', 'updateKeyDescription', { KeyId, Description: p.Description ?? '' });
    if (p.EnableKeyRotation !== old.EnableKeyRotation) {
      await context.call('kms', p.EnableKeyRotation ? 'enableKeyRotation' : 'disableKeyRotation', { KeyId });
    }
    return existing;
  },
  remove: ({ physicalId }, context) =>
    context.call('kms', 'scheduleKeyDeletion', { KeyId: physicalId, PendingWindowInDays: 30 }),
});

const alias = provider({
  type: 'AWS::KMS::Alias',
  properties: object({ AliasName: text, TargetKeyId: text }),
  replacedBy: ['AliasName'],
  create: async (p, context) => {
    await context.call('kms', 'createAlias', p);
    return { physicalId: p.AliasName };
  },
  update: async (existing, p, context) => {
    await context.call('kms', 'updateAlias', p);
    return existing;
  },
  remove: ({ physicalId }, context) => context.call('kms', 'deleteAlias', { AliasName: physicalId }),
});

export const kmsProviders = [key, alias];
