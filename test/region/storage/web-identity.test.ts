import { generateKeyPairSync } from 'node:crypto';
import { AssumeRoleWithWebIdentityCommand as Assume, STSClient } from '@aws-sdk/client-sts';
import { beforeEach, describe, expect, test } from 'vitest';
import { wantedIssuerDocuments } from '../../../functions/identity/decide-issuer-documents.ts';
import { issuerOf } from '../../../functions/identity/names.ts';
import type { Kernel } from '../../../region/kernel/kernel.ts';
import { createRequestHandler } from '../../../region/protocols/in-process.ts';
import { createIam } from '../../../region/services/iam/index.ts';
import { createS3 } from '../../../region/services/s3/index.ts';
import { createSts } from '../../../region/services/sts/index.ts';
import { testConfig } from '../../support/fake-task-context.ts';
import { signToken, type TokenClaims } from '../../support/service-account-token.ts';
import { caller, regionOf } from './support.ts';

const issuer = issuerOf(testConfig, { cluster: 'demo', clusterUid: '0123456789ab' });
const pairOf = () =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { format: 'pem', type: 'pkcs8' },
    publicKeyEncoding: { format: 'pem', type: 'spki' },
  });
const [own, foreign] = [pairOf(), pairOf()];
const sub = 'system:serviceaccount:kube-system:ebs-csi-controller-sa';

let kernel: Kernel;
let sts: STSClient;
let RoleArn: string;

const putDocument = (Key: string, Body: string) =>
  caller(kernel, 's3')('putObject', { Bucket: issuer.bucket, Key, Body });

beforeEach(async () => {
  kernel = await regionOf(createS3, createIam, createSts);
  const [s3, iam] = [caller(kernel, 's3'), caller(kernel, 'iam')];
  await s3('createBucket', { Bucket: issuer.bucket });
  await s3('deletePublicAccessBlock', { Bucket: issuer.bucket });
  const open = {
    Effect: 'Allow',
    Principal: '*',
    Action: 's3:GetObject',
    Resource: `arn:aws:s3:::${issuer.bucket}/*`,
  };
  await s3('putBucketPolicy', { Bucket: issuer.bucket, Policy: JSON.stringify({ Statement: [open] }) });
  for (const { key, text } of wantedIssuerDocuments(issuer, own.publicKey)) await putDocument(key, text);
  await iam('createOpenIDConnectProvider', { Url: issuer.url, ClientIDList: ['sts.amazonaws.com'] });
  RoleArn = await createRole('driver', sub);
  // As the SDK is in a pod: it signs nothing, since it has nothing but the token.
  const requestHandler = createRequestHandler(kernel);
  sts = new STSClient({ region: 'us-east-1', endpoint: 'http://127.0.0.1:1', requestHandler });
});

async function createRole(RoleName: string, subject: string): Promise<string> {
  const condition = { [`${issuer.name}:sub`]: subject, [`${issuer.name}:aud`]: 'sts.amazonaws.com' };
  const { Role } = await caller(kernel, 'iam')<{ Role: { Arn: string } }>('createRole', {
    RoleName,
    Path: '/trivet/demo/',
    AssumeRolePolicyDocument: JSON.stringify({
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Federated: issuer.providerArn },
          Action: 'sts:AssumeRoleWithWebIdentity',
          Condition: { StringEquals: condition },
        },
      ],
    }),
  });
  return Role.Arn;
}

const seconds = () => Math.floor(kernel.clock.now().getTime() / 1000);
const tokenOf = (changed: Partial<TokenClaims> = {}, key = own.privateKey, header: object = {}) => {
  const usual = { iss: issuer.url, sub, aud: ['sts.amazonaws.com'], iat: seconds(), exp: seconds() + 3600 };
  return signToken(key, { ...usual, ...changed }, header);
};
const assume = (WebIdentityToken: string, arn = RoleArn) =>
  sts.send(new Assume({ RoleArn: arn, RoleSessionName: 'driver', WebIdentityToken }));

describe('a token', () => {
  test('is exchanged for a session of the role that trusts it', async () => {
    const answer = await assume(tokenOf());
    expect(answer).toMatchObject({
      SubjectFromWebIdentityToken: sub,
      Audience: 'sts.amazonaws.com',
      Provider: issuer.providerArn,
      AssumedRoleUser: { Arn: 'arn:aws:sts::123456789012:assumed-role/driver/driver' },
    });
    const session = kernel.credentials.lookup(answer.Credentials?.AccessKeyId);
    expect(session).toMatchObject({ kind: 'role', arn: RoleArn, sessionName: 'driver' });
  });

  test('may name one audience without a list, and end up to five minutes ago', async () => {
    await assume(tokenOf({ aud: 'sts.amazonaws.com' }));
    await assume(tokenOf({ exp: seconds() - 290 }));
  });

  test.each([
    ['of another subject', 'AccessDenied', () => tokenOf({ sub: 'system:serviceaccount:default:thief' })],
    ['for another audience', 'InvalidIdentityToken', () => tokenOf({ aud: ['https://elsewhere'] })],
    ['that has ended', 'ExpiredTokenException', () => tokenOf({ exp: seconds() - 310 })],
    ['that begins later', 'InvalidIdentityToken', () => tokenOf({ iat: seconds() + 400 })],
    ['of an unknown issuer', 'InvalidIdentityToken', () => tokenOf({ iss: `${issuer.url}x` })],
    ['signed by a key that is not published', 'InvalidIdentityToken', () => tokenOf({}, foreign.privateKey)],
    [
      'signed by another key under the name of a published one',
      'InvalidIdentityToken',
      () => tokenOf({}, foreign.privateKey, JSON.parse(atob(tokenOf().split('.')[0] ?? ''))),
    ],
    ['without a signature', 'InvalidIdentityToken', () => tokenOf({}, own.privateKey, { alg: 'none' })],
    ['that is none', 'InvalidIdentityToken', () => 'not-a-token'],
  ])('%s is refused: %s', async (_, code, make) => {
    const refused = await assume(make()).catch((error: Error & { Code?: string }) => error);
    expect(refused).toMatchObject({ name: expect.stringContaining(code) });
  });

  test('is refused by a role that trusts another account, and by one that is not there', async () => {
    const other = await createRole('other', 'system:serviceaccount:kube-system:aws-node');
    await expect(assume(tokenOf(), other)).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(assume(tokenOf(), `${RoleArn}x`)).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  test('is refused where its key cannot be read', async () => {
    await caller(kernel, 's3')('deleteBucketPolicy', { Bucket: issuer.bucket });
    await expect(assume(tokenOf())).rejects.toMatchObject({
      name: 'InvalidIdentityTokenException',
      message: expect.stringContaining("Couldn't retrieve verification key"),
    });
  });

  test('is refused as a fault of communication where the keys’ host has no address', async () => {
    await putDocument(
      issuer.keys.configuration,
      JSON.stringify({ issuer: issuer.url, jwks_uri: 'https://keys.example.com/jwks' }),
    );
    await expect(assume(tokenOf())).rejects.toMatchObject({ name: 'IDPCommunicationErrorException' });
  });

  test('is taken again when its key is published beside another', async () => {
    const [keySet] = wantedIssuerDocuments(issuer, foreign.publicKey + own.publicKey);
    await putDocument(issuer.keys.keySet, keySet?.text ?? '');
    await assume(tokenOf());
    await assume(tokenOf({}, foreign.privateKey));
  });
});
