import { rmSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import {
  type AddOnPlace,
  cloudControllerManagerPolicy,
  ebsCsiDriverPolicy,
  vpcCniPolicy,
} from '../../functions/identity/add-on-policies.ts';
import { issuerOf } from '../../functions/identity/names.ts';
import { matchesPattern } from '../../region/services/common/policy-document.ts';
import { testConfig } from '../support/fake-task-context.ts';
import { ofType, synthesize, writeStubBundles } from './support/synthesize.ts';

const bundleDir = writeStubBundles();
afterAll(() => rmSync(bundleDir, { recursive: true }));
const { core } = synthesize({ bundleDir });

interface Statement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Principal?: unknown;
  readonly Action: string | string[];
  readonly Resource: string | string[];
  readonly Condition?: unknown;
}

const deployed: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws',
  'AWS::Region': testConfig.region,
  'AWS::AccountId': '123456789012',
};

/** What CloudFormation makes of a value at deployment; a resource's ARN is the key's here. */
function resolved(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(resolved);
  const { Ref, 'Fn::Join': joined } = value as { Ref?: string; 'Fn::Join'?: [string, unknown[]] };
  if (joined) return joined[1].map(resolved).join(joined[0]);
  if (Ref !== undefined) return deployed[Ref] ?? 'trivet-123456789012-us-east-1-issuers';
  if ('Fn::GetAtt' in value) return testConfig.keyArn;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, resolved(each)]));
}

function documentOf(type: string, id: string): { readonly Statement: readonly Statement[] } {
  const found = ofType(core, type).find((resource) => resource.id.startsWith(id));
  return resolved(found?.Properties.PolicyDocument) as { Statement: Statement[] };
}

describe('the issuers’ bucket', () => {
  const { Statement: statements } = documentOf('AWS::S3::BucketPolicy', 'Issuers');

  test('lets everybody read two documents per cluster, and do nothing else', () => {
    const bucket = 'arn:aws:s3:::trivet-123456789012-us-east-1-issuers';
    expect(statements.filter(({ Effect }) => Effect === 'Allow')).toEqual([
      {
        Sid: 'EverybodyReadsIssuers',
        Effect: 'Allow',
        Principal: { AWS: '*' },
        Action: 's3:GetObject',
        Resource: [`${bucket}/*/.well-known/openid-configuration`, `${bucket}/*/openid/v1/jwks`],
      },
    ]);
  });

  test('is named as clusters’ issuers are, and holds their documents where everybody may read', () => {
    const found = ofType(core, 'AWS::S3::Bucket').find(({ id }) => id.startsWith('Issuers'));
    const issuer = issuerOf(testConfig, { cluster: 'demo', clusterUid: '0123456789ab' });
    expect(resolved(found?.Properties.BucketName)).toBe(issuer.bucket);
    const readable = statements
      .filter(({ Effect }) => Effect === 'Allow')
      .flatMap(({ Resource }) => Resource);
    for (const key of Object.values(issuer.keys))
      expect(
        readable.some((pattern) => matchesPattern(pattern, `arn:aws:s3:::${issuer.bucket}/${key}`)),
      ).toBe(true);
  });

  test('encrypts by S3’s own key, since nobody reads under a KMS key without signing', () => {
    const found = ofType(core, 'AWS::S3::Bucket').find(({ id }) => id.startsWith('Issuers'));
    expect(JSON.stringify(found?.Properties.BucketEncryption)).toContain('AES256');
  });
});

describe('the boundary of add-ons', () => {
  const { Statement: statements } = documentOf('AWS::IAM::ManagedPolicy', 'AddOn');
  const place: AddOnPlace = {
    partition: 'aws',
    region: testConfig.region,
    account: '123456789012',
    vpcId: testConfig.vpcId,
    keyArn: testConfig.keyArn,
    deployment: 'trivet',
    cluster: 'demo',
  };
  const policies = [cloudControllerManagerPolicy(place), ebsCsiDriverPolicy(place), vpcCniPolicy(place)];
  const allowed = policies.flatMap(({ Statement: own }) =>
    own.flatMap(({ Action, Resource }) =>
      Action.flatMap((action) => [Resource].flat().map((resource) => `${action} ${resource}`)),
    ),
  );
  const within = (action: string, resource: string) =>
    statements.some(
      ({ Effect, Action, Resource }) =>
        Effect === 'Allow' &&
        [Action].flat().includes(action) &&
        [Resource].flat().some((pattern) => matchesPattern(pattern, resource)),
    );

  test('holds all that add-ons are allowed', () => {
    const outside = allowed.filter((pair) => {
      const [action = '', resource = ''] = pair.split(' ');
      return !within(action, resource);
    });
    expect(outside).toEqual([]);
  });

  test('holds no action that no add-on has', () => {
    const used = new Set(policies.flatMap(({ Statement: own }) => own.flatMap(({ Action }) => Action)));
    const unused = statements
      .filter(({ Effect }) => Effect === 'Allow')
      .flatMap(({ Action }) => Action)
      .filter((action) => !used.has(action));
    expect(unused).toEqual([]);
  });

  test('denies to take or change what a slot lives by', () => {
    expect(statements.filter(({ Effect }) => Effect === 'Deny')).toMatchObject([
      {
        Action: expect.arrayContaining([
          'ec2:DetachVolume',
          'ec2:DeleteVolume',
          'ec2:DetachNetworkInterface',
        ]),
        Condition: { Null: { 'aws:ResourceTag/trivet:slot': 'false' } },
      },
    ]);
  });

  test('fits in what IAM takes: 6,144 characters, with room for longer names', () => {
    expect(JSON.stringify({ Version: '2012-10-17', Statement: statements }).length).toBeLessThan(5_700);
  });

  test('leaves add-ons’ own policies within 10,240 characters', () => {
    for (const policy of policies) expect(JSON.stringify(policy).length).toBeLessThan(5_000);
  });
});
