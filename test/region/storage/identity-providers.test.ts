import { beforeEach, describe, expect, test } from 'vitest';
import type { Kernel } from '../../../region/kernel/kernel.ts';
import { createIam } from '../../../region/services/iam/index.ts';
import { createS3 } from '../../../region/services/s3/index.ts';
import { caller, refusal, refusedWith, regionOf } from './support.ts';

let kernel: Kernel;
let iam: ReturnType<typeof caller>;

const thumbprint = 'a'.repeat(40);
const Url = 'https://id.example.com/demo-1';
const OpenIDConnectProviderArn = 'arn:aws:iam::123456789012:oidc-provider/id.example.com/demo-1';
const create = (changed: object = {}) =>
  iam('createOpenIDConnectProvider', {
    Url,
    ClientIDList: ['sts.amazonaws.com'],
    ThumbprintList: [thumbprint],
    ...changed,
  });
const get = () => iam('getOpenIDConnectProvider', { OpenIDConnectProviderArn });

beforeEach(async () => {
  kernel = await regionOf(createS3, createIam);
  iam = caller(kernel, 'iam');
});

describe('identity providers', () => {
  test('one is named by its URL, once in an account', async () => {
    expect(await create({ Tags: [{ Key: 'a', Value: '1' }] })).toMatchObject({ OpenIDConnectProviderArn });
    expect(await get()).toMatchObject({
      Url: 'id.example.com/demo-1',
      ClientIDList: ['sts.amazonaws.com'],
      ThumbprintList: [thumbprint],
      Tags: [{ Key: 'a', Value: '1' }],
    });
    expect(await refusal(create())).toMatchObject({ code: 'EntityAlreadyExists', status: 409 });
    expect(await iam('listOpenIDConnectProviders')).toEqual({
      OpenIDConnectProviderList: [{ Arn: OpenIDConnectProviderArn }],
    });
  });

  test('client ids come and go by idempotent calls, and thumbprints are replaced', async () => {
    await create();
    const change = (operation: string, input: object) =>
      iam(operation, { OpenIDConnectProviderArn, ...input });
    for (const _ of [1, 2]) await change('addClientIDToOpenIDConnectProvider', { ClientID: 'mine' });
    expect(await get()).toMatchObject({ ClientIDList: ['sts.amazonaws.com', 'mine'] });
    for (const _ of [1, 2]) await change('removeClientIDFromOpenIDConnectProvider', { ClientID: 'mine' });
    await change('updateOpenIDConnectProviderThumbprint', { ThumbprintList: ['b'.repeat(40)] });
    expect(await get()).toMatchObject({
      ClientIDList: ['sts.amazonaws.com'],
      ThumbprintList: ['b'.repeat(40)],
    });
  });

  test('tags come and go', async () => {
    await create();
    await iam('tagOpenIDConnectProvider', {
      OpenIDConnectProviderArn,
      Tags: [
        { Key: 'a', Value: '1' },
        { Key: 'b', Value: '2' },
      ],
    });
    await iam('untagOpenIDConnectProvider', { OpenIDConnectProviderArn, TagKeys: ['a'] });
    expect(await iam('listOpenIDConnectProviderTags', { OpenIDConnectProviderArn })).toMatchObject({
      Tags: [{ Key: 'b', Value: '2' }],
    });
  });

  test('one that is deleted is gone, and may be deleted again', async () => {
    await create();
    for (const _ of [1, 2]) await iam('deleteOpenIDConnectProvider', { OpenIDConnectProviderArn });
    expect(await refusal(get())).toMatchObject({ code: 'NoSuchEntity', status: 404 });
  });

  test.each([
    ['http://id.example.com', 'ValidationError'],
    ['https://id.example.com:8443', 'ValidationError'],
    ['https://id.example.com?x=1', 'ValidationError'],
    [`https://${'x'.repeat(250)}.com`, 'ValidationError'],
  ])('%s is no URL of one', async (url, code) => {
    expect(await refusedWith(create({ Url: url }))).toBe(code);
  });

  test('thumbprints have a length, and there are five at most', async () => {
    expect(await refusedWith(create({ ThumbprintList: ['short'] }))).toBe('ValidationError');
    expect(await refusedWith(create({ ThumbprintList: Array(6).fill(thumbprint) }))).toBe('InvalidInput');
  });

  test('without a thumbprint IAM asks the issuer, which must be there for everybody', async () => {
    const Bucket = 'issuers';
    const url = 'https://issuers.s3.us-east-1.amazonaws.com/demo-1';
    const ask = () => refusedWith(create({ Url: url, ThumbprintList: undefined }));
    expect(await refusedWith(create({ ThumbprintList: undefined }))).toBe('OpenIdIdpCommunicationError');
    expect(await ask()).toBe('OpenIdIdpCommunicationError');
    const s3 = caller(kernel, 's3');
    await s3('createBucket', { Bucket });
    await s3('putObject', { Bucket, Key: 'demo-1/.well-known/openid-configuration', Body: '{}' });
    expect(await ask()).toBe('OpenIdIdpCommunicationError');
    await s3('deletePublicAccessBlock', { Bucket });
    const open = {
      Effect: 'Allow',
      Principal: '*',
      Action: 's3:GetObject',
      Resource: 'arn:aws:s3:::issuers/*',
    };
    await s3('putBucketPolicy', { Bucket, Policy: JSON.stringify({ Statement: [open] }) });
    expect(await create({ Url: url, ThumbprintList: undefined })).toMatchObject({
      OpenIDConnectProviderArn:
        'arn:aws:iam::123456789012:oidc-provider/issuers.s3.us-east-1.amazonaws.com/demo-1',
    });
  });
});

describe('a role’s trust', () => {
  const trusting = (Federated: string) =>
    iam('createRole', {
      RoleName: 'role',
      AssumeRolePolicyDocument: JSON.stringify({
        Statement: [{ Effect: 'Allow', Principal: { Federated }, Action: 'sts:AssumeRoleWithWebIdentity' }],
      }),
    });

  test('names a provider by its ARN, or one that AWS knows by its domain', async () => {
    await trusting(OpenIDConnectProviderArn);
    await iam('deleteRole', { RoleName: 'role' });
    await trusting('accounts.google.com');
  });

  test.each(['https://id.example.com/demo-1', 'nothing', 'arn:aws:iam::123456789012:role/x'])(
    'does not name %s',
    async (name) => {
      expect(await refusal(trusting(name))).toMatchObject({
        code: 'MalformedPolicyDocument',
        message: 'Federated principals must be valid domain names or SAML metadata ARNs',
      });
    },
  );
});
