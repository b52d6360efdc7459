import * as z from 'zod';
import {
  defined,
  flag,
  json,
  number,
  object,
  type ProviderContext,
  provider,
  tags,
  text,
} from '../provider.ts';

const lifecycleRule = object({
  Id: text,
  Status: z.enum(['Enabled', 'Disabled']),
  Prefix: text.optional(),
  ExpirationInDays: number.optional(),
  NoncurrentVersionExpiration: object({ NoncurrentDays: number }).optional(),
  AbortIncompleteMultipartUpload: object({ DaysAfterInitiation: number }).optional(),
});

const bucketProperties = object({
  BucketName: text.optional(),
  BucketEncryption: object({
    ServerSideEncryptionConfiguration: object({
      BucketKeyEnabled: flag.optional(),
      ServerSideEncryptionByDefault: object({ SSEAlgorithm: text, KMSMasterKeyID: text.optional() }),
    }).array(),
  }).optional(),
  VersioningConfiguration: object({ Status: z.enum(['Enabled', 'Suspended']) }).optional(),
  PublicAccessBlockConfiguration: object({
    BlockPublicAcls: flag,
    BlockPublicPolicy: flag,
    IgnorePublicAcls: flag,
    RestrictPublicBuckets: flag,
  }).optional(),
  OwnershipControls: object({ Rules: object({ ObjectOwnership: text }).array() }).optional(),
  LifecycleConfiguration: object({ Rules: lifecycleRule.array() }).optional(),
  NotificationConfiguration: object({
    EventBridgeConfiguration: object({ EventBridgeEnabled: flag.optional() }).optional(),
  }).optional(),
  Tags: tags.optional(),
});

type BucketProperties = z.infer<typeof bucketProperties>;

/** Every setting of a bucket is a call of its own in S3's API. */
async function configure(context: ProviderContext, Bucket: string, p: BucketProperties): Promise<void> {
  const put = (operation: string, input: object): Promise<unknown> =>
    context.call('s3', operation, { Bucket, ...input });
  if (p.BucketEncryption) {
    const Rules = p.BucketEncryption.ServerSideEncryptionConfiguration.map((rule) => ({
      ...defined({ BucketKeyEnabled: rule.BucketKeyEnabled }),
      ApplyServerSideEncryptionByDefault: defined(rule.ServerSideEncryptionByDefault),
    }));
    await put('putBucketEncryption', { ServerSideEncryptionConfiguration: { Rules } });
  }
  if (p.VersioningConfiguration)
    await put('putBucketVersioning', { VersioningConfiguration: p.VersioningConfiguration });
  if (p.PublicAccessBlockConfiguration) {
    await put('putPublicAccessBlock', { PublicAccessBlockConfiguration: p.PublicAccessBlockConfiguration });
  }
  if (p.OwnershipControls)
    await put('putBucketOwnershipControls', { OwnershipControls: p.OwnershipControls });
  if (p.LifecycleConfiguration) {
    await put('putBucketLifecycleConfiguration', {
      LifecycleConfiguration: { Rules: p.LifecycleConfiguration.Rules.map(ruleOf) },
    });
  }
  if (p.NotificationConfiguration) {
    const { EventBridgeConfiguration: to } = p.NotificationConfiguration;
    const NotificationConfiguration =
      to && to.EventBridgeEnabled !== false ? { EventBridgeConfiguration: {} } : {};
    await put('putBucketNotificationConfiguration', { NotificationConfiguration });
  }
  if (p.Tags?.length) await put('putBucketTagging', { Tagging: { TagSet: p.Tags } });
}

function ruleOf(rule: z.infer<typeof lifecycleRule>): object {
  return defined({
    ID: rule.Id,
    Status: rule.Status,
    Filter: { Prefix: rule.Prefix ?? '' },
    Expiration: rule.ExpirationInDays === undefined ? undefined : { Days: rule.ExpirationInDays },
    NoncurrentVersionExpiration: rule.NoncurrentVersionExpiration,
    AbortIncompleteMultipartUpload: rule.AbortIncompleteMultipartUpload,
  });
}

/** Settings that a template takes back: an update that drops one of these is not played. */
const lasting = [
  'BucketEncryption',
  'VersioningConfiguration',
  'LifecycleConfiguration',
  'NotificationConfiguration',
] as const;

const bucket = provider({
  type: 'AWS::S3::Bucket',
  properties: bucketProperties,
  ignored: {
    LoggingConfiguration:
      "access logs are for an account's auditors; nothing of Trivet reads them, and the region's S3 keeps none",
  },
  attributes: ['Arn', 'DomainName', 'RegionalDomainName'],
  replacedBy: ['BucketName'],
  create: async (p, context) => {
    const Bucket = p.BucketName ?? context.name(63).toLowerCase();
    await context.call('s3', 'createBucket', { Bucket });
    await configure(context, Bucket, p);
    const attributes = {
      Arn: `arn:aws:s3:::${Bucket}`,
      DomainName: `${Bucket}.s3.amazonaws.com`,
      RegionalDomainName: `${Bucket}.s3.${context.kernel.region}.amazonaws.com`,
    };
    return { physicalId: Bucket, attributes };
  },
  update: async (existing, p, context) => {
    const dropped = lasting.filter(
      (name) => existing.properties[name] !== undefined && p[name] === undefined,
    );
    if (dropped.length > 0)
      throw new Error(`the embedded region does not take back ${dropped.join(', ')} of a bucket`);
    await configure(context, existing.physicalId, p);
    return existing;
  },
  remove: ({ physicalId }, context) => context.call('s3', 'deleteBucket', { Bucket: physicalId }),
});

const bucketPolicy = provider({
  type: 'AWS::S3::BucketPolicy',
  properties: object({ Bucket: text, PolicyDocument: json }),
  replacedBy: ['Bucket'],
  create: async (p, context) => {
    await context.call('s3', 'putBucketPolicy', {
      Bucket: p.Bucket,
      Policy: JSON.stringify(p.PolicyDocument),
    });
    return { physicalId: p.Bucket };
  },
  update: async (existing, p, context) => {
    await context.call('s3', 'putBucketPolicy', {
      Bucket: p.Bucket,
      Policy: JSON.stringify(p.PolicyDocument),
    });
    return existing;
  },
  remove: ({ physicalId }, context) => context.call('s3', 'deleteBucketPolicy', { Bucket: physicalId }),
});

export const s3Providers = [bucket, bucketPolicy];
