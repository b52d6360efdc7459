import { generateKeyPairSync } from 'node:crypto';
import { request } from 'node:http';
import { json } from 'node:stream/consumers';
import { GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { provision } from '../../cli/commands/provision.ts';
import { readSpecFile } from '../../cli/spec-file.ts';
import { invokeTask } from '../../cli/target.ts';
import { makeObjects } from '../../functions/aws/objects.ts';
import type { Plan } from '../../functions/clusters/contracts.ts';
import { addOnRoleArns, type Issuer, issuerOf } from '../../functions/identity/names.ts';
import { type DeployedRegion, deployRegion } from '../support/deployed-region.ts';
import { signToken, type TokenClaims } from '../support/service-account-token.ts';

const spec = readSpecFile('examples/single.yaml');
const output = { json: true, say: () => {}, result: () => {} };
const driver = 'system:serviceaccount:kube-system:ebs-csi-controller-sa';

let deployed: DeployedRegion;
let issuer: Issuer;
let roles: ReturnType<typeof addOnRoleArns>;
let signingKey: string;

const planOf = () => invokeTask<Plan>(deployed.target, 'plan-cluster', { spec });

beforeAll(async () => {
  deployed = await deployRegion({});
  expect(await provision(deployed.target, spec, output)).toMatchObject({ status: 'SUCCEEDED' });
  const { layout } = await planOf();
  if (!layout) throw new Error('the plan has no layout');
  const { accountId, config } = deployed.target;
  const place = { ...config, keyArn: `arn:aws:kms:${config.region}:${accountId}:key/any` };
  issuer = issuerOf(place, layout);
  roles = addOnRoleArns(place, spec.name);
  const key = await makeObjects(config).get(`clusters/${spec.name}/pki/private/service-account.key`);
  signingKey = new TextDecoder().decode(key?.body);
}, 120_000);
afterAll(() => deployed?.stop());

/** What anybody reads at a public address, without credentials. */
const readPublic = (url: string): Promise<unknown> => {
  const { host, pathname } = new URL(url);
  return new Promise((resolve, reject) => {
    const asked = request(`${deployed.region.endpoint}${pathname}`, { headers: { host } }, (answer) => {
      json(answer).then(resolve, reject);
    });
    asked.on('error', reject).end();
  });
};

const now = () => Math.floor(Date.now() / 1000);
const tokenOf = (changed: Partial<TokenClaims> = {}, key = signingKey, header: object = {}) => {
  const usual = { iss: issuer.url, sub: driver, aud: ['sts.amazonaws.com'], iat: now(), exp: now() + 3600 };
  return signToken(key, { ...usual, ...changed }, header);
};
const assume = async (WebIdentityToken: string, RoleArn = roles.ebsCsiDriver) => {
  const sts = new STSClient({ region: 'us-east-1', endpoint: deployed.region.endpoint });
  const input = { RoleArn, RoleSessionName: 'ebs-csi-driver', WebIdentityToken };
  return sts.send(new AssumeRoleWithWebIdentityCommand(input));
};

describe('a provisioned cluster’s add-on', () => {
  test('takes its role by a token of its service account, as the SDK in a pod does', async () => {
    const { Credentials } = await assume(tokenOf());
    const sts = new STSClient({
      region: 'us-east-1',
      endpoint: deployed.region.endpoint,
      credentials: {
        accessKeyId: Credentials?.AccessKeyId ?? '',
        secretAccessKey: Credentials?.SecretAccessKey ?? '',
        sessionToken: Credentials?.SessionToken ?? '',
      },
    });
    const { Arn } = await sts.send(new GetCallerIdentityCommand());
    expect(Arn).toBe(
      `arn:aws:sts::123456789012:assumed-role/trivet-${spec.name}-ebs-csi-driver/ebs-csi-driver`,
    );
  });

  test('has a role below the add-ons’ boundary', async () => {
    const iam = new IAMClient({ region: 'us-east-1', endpoint: deployed.region.endpoint });
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: `trivet-${spec.name}-ebs-csi-driver` }));
    expect(Role).toMatchObject({
      Arn: roles.ebsCsiDriver,
      PermissionsBoundary: {
        PermissionsBoundaryArn: 'arn:aws:iam::123456789012:policy/trivet/trivet-add-on-boundary-us-east-1',
      },
    });
  });

  const foreignKey = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { format: 'pem', type: 'pkcs8' },
    publicKeyEncoding: { format: 'pem', type: 'spki' },
  }).privateKey;
  test.each([
    [
      'of another service account',
      'AccessDenied',
      () => tokenOf({ sub: 'system:serviceaccount:default:web' }),
    ],
    ['for another audience', 'InvalidIdentityTokenException', () => tokenOf({ aud: ['https://kubernetes'] })],
    ['that has ended', 'ExpiredTokenException', () => tokenOf({ iat: now() - 7200, exp: now() - 3600 })],
    [
      'whose key is forged',
      'InvalidIdentityTokenException',
      () => tokenOf({}, foreignKey, JSON.parse(atob(tokenOf().split('.')[0] ?? ''))),
    ],
  ])('does not take it by a token %s', async (_, name, make) => {
    await expect(assume(make())).rejects.toMatchObject({ name });
  });

  test('does not take another add-on’s role', async () => {
    await expect(assume(tokenOf(), roles.cloudControllerManager)).rejects.toMatchObject({
      name: 'AccessDenied',
    });
  });
});

describe('a cluster’s issuer', () => {
  test('is read by everybody at the address that its tokens name', async () => {
    const configuration = (await readPublic(`${issuer.url}/.well-known/openid-configuration`)) as {
      issuer: string;
      jwks_uri: string;
    };
    expect(configuration.issuer).toBe(issuer.url);
    const { keys } = (await readPublic(configuration.jwks_uri)) as { keys: { kid: string }[] };
    const { kid } = JSON.parse(atob(tokenOf().split('.')[0] ?? ''));
    expect(keys.map((key) => key.kid)).toEqual([kid]);
  });

  test('is made whole again by the next run when its documents are lost', { timeout: 60_000 }, async () => {
    const { kernel } = deployed.region;
    await kernel.invoke('s3', 'deleteObject', { Bucket: issuer.bucket, Key: issuer.keys.keySet });
    const plan = await planOf();
    expect(plan.changes.map(({ resource, change }) => `${change} ${resource}`)).toEqual([
      'update issuer documents',
    ]);
    await expect(assume(tokenOf())).rejects.toMatchObject({ name: 'InvalidIdentityTokenException' });
    expect(await provision(deployed.target, spec, output)).toMatchObject({ status: 'SUCCEEDED' });
    expect((await planOf()).action).toBe('unchanged');
    await assume(tokenOf());
  });
});
