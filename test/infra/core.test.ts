import { rmSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { ofType, synthesize, writeStubBundles } from './support/synthesize.ts';

const bundleDir = writeStubBundles();
afterAll(() => rmSync(bundleDir, { recursive: true }));
const { core } = synthesize({ bundleDir });

test('the registry can be restored to any second, and not be deleted by mistake', () => {
  const [table] = ofType(core, 'AWS::DynamoDB::Table');
  expect(table).toMatchObject({
    DeletionPolicy: 'Retain',
    Properties: {
      TableName: 'trivet-registry',
      BillingMode: 'PAY_PER_REQUEST',
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    },
  });
});

test('no bucket but the issuers’ is public, and each outlives its stack', () => {
  const buckets = ofType(core, 'AWS::S3::Bucket');
  expect(buckets).toHaveLength(3);
  for (const bucket of buckets) {
    const forEverybody = bucket.id.startsWith('Issuers');
    expect(bucket).toMatchObject({
      DeletionPolicy: 'Retain',
      Properties: {
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: !forEverybody,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: !forEverybody,
        },
      },
    });
  }
});

test('each bucket refuses what does not come by TLS', () => {
  const policies = ofType(core, 'AWS::S3::BucketPolicy').map(({ Properties }) => Properties);
  expect(policies).toHaveLength(3);
  for (const { PolicyDocument } of policies) {
    const { Statement } = PolicyDocument as { Statement: unknown[] };
    expect(Statement).toContainEqual(
      expect.objectContaining({
        Effect: 'Deny',
        Action: 's3:*',
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      }),
    );
  }
});

test("the bucket keeps versions, tells EventBridge of its objects, and encrypts with the deployment's key", () => {
  const bucket = ofType(core, 'AWS::S3::Bucket').find(({ Properties }) => Properties.VersioningConfiguration);
  const [key] = ofType(core, 'AWS::KMS::Key');
  expect(bucket?.Properties).toMatchObject({
    VersioningConfiguration: { Status: 'Enabled' },
    NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [
        {
          BucketKeyEnabled: true,
          ServerSideEncryptionByDefault: {
            SSEAlgorithm: 'aws:kms',
            KMSMasterKeyID: { 'Fn::GetAtt': [key?.id, 'Arn'] },
          },
        },
      ],
    },
  });
});

test('the key rotates, and Auto Scaling may pass it on to AWS alone', () => {
  const [key] = ofType(core, 'AWS::KMS::Key');
  expect(key?.Properties.EnableKeyRotation).toBe(true);
  const policy = key?.Properties.KeyPolicy as
    | { Statement: { Sid?: string; Condition?: object }[] }
    | undefined;
  const grants = policy?.Statement.find(({ Sid }) => Sid === 'AutoScalingPassesTheKeyToInstances');
  expect(grants?.Condition).toMatchObject({
    Bool: { 'kms:GrantIsForAWSResource': 'true' },
    StringEquals: { 'kms:CallerAccount': { Ref: 'AWS::AccountId' } },
  });
  expect(JSON.stringify(grants?.Condition)).toContain(':role/aws-service-role/autoscaling.amazonaws.com/');
});

test('the boundary of nodes lets no node read the private key of an authority', () => {
  const [policy] = ofType(core, 'AWS::IAM::ManagedPolicy');
  expect(policy?.Properties.Path).toBe('/trivet/');
  const text = JSON.stringify(policy?.Properties.PolicyDocument);
  expect(text).toContain('/clusters/*/slots/*');
  expect(text).not.toContain('/clusters/*/pki');
  expect(text).not.toMatch(/"(iam|ec2|sts):/);
});
