import { generateKeyPairSync } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { fakeDeployment } from '../../support/fake-deployment.ts';
import { provision, serviceAccountKeys } from '../clusters/provisioned.ts';

const folder = 'demo-0123456789ab';
const keysPath = 'clusters/demo/pki/service-account.pub';
const providerArn = `arn:aws:iam::123456789012:oidc-provider/trivet-123456789012-us-east-1-issuers.s3.us-east-1.amazonaws.com/${folder}`;
const roleName = 'trivet-demo-ebs-csi-driver';

let world: ReturnType<typeof fakeDeployment>;
let input: object;

/** A provisioned cluster whose lease somebody holds again. */
beforeEach(async () => {
  world = fakeDeployment();
  const { plan } = await provision(world);
  const { lease } = (await world.invoke('acquire-lease', {
    cluster: 'demo',
    scope: 'cluster',
    holder: 'execution-2',
  })) as { lease: object };
  input = { lease, cluster: 'demo', layout: plan.layout };
  world.aws.effects.length = 0;
});

const forgetAll = () => {
  world.documents.objects.bodies.clear();
  world.aws.providerMap.clear();
  for (const name of [...world.aws.roleMap.keys()])
    if (!name.includes('-slot-')) world.aws.roleMap.delete(name);
};
const loseLease = () => {
  const key = 'demo/lease#cluster';
  world.registry.items.set(key, { ...world.registry.items.get(key), token: 99 });
};
const changes = async () => {
  const plan = (await world.invoke('plan-cluster', {
    spec: world.registry.items.get('demo/cluster')?.spec,
  })) as { changes: { resource: string; change: string; reason: string }[] };
  return plan.changes.map(({ resource, change }) => `${change} ${resource}`);
};

describe('publish-issuer-documents', () => {
  const publish = () => world.invoke('publish-issuer-documents', input);

  test('publishes two documents, once', async () => {
    world.documents.objects.bodies.clear();
    expect(await changes()).toEqual(['create issuer documents']);
    expect(await publish()).toEqual({
      issuer: `https://trivet-123456789012-us-east-1-issuers.s3.us-east-1.amazonaws.com/${folder}`,
      changed: true,
    });
    expect([...world.documents.objects.bodies.keys()].sort()).toEqual([
      `${folder}/.well-known/openid-configuration`,
      `${folder}/openid/v1/jwks`,
    ]);
    expect(await publish()).toMatchObject({ changed: false });
    expect(await changes()).toEqual([]);
  });

  test('puts right what says something else', async () => {
    world.documents.objects.bodies.set(`${folder}/openid/v1/jwks`, Buffer.from('{"keys":[]}'));
    expect(await changes()).toEqual(['update issuer documents']);
    expect(await publish()).toMatchObject({ changed: true });
    expect(world.documents.objects.text(`${folder}/openid/v1/jwks`)).toContain('"kid"');
  });

  test('publishes a second key beside the first', async () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const next = publicKey.export({ format: 'pem', type: 'spki' }).toString();
    world.objects.bodies.set(keysPath, Buffer.from(next + serviceAccountKeys + serviceAccountKeys));
    expect(await changes()).toEqual(['update issuer documents']);
    expect(await publish()).toMatchObject({ changed: true });
    const { keys } = JSON.parse(world.documents.objects.text(`${folder}/openid/v1/jwks`) ?? '');
    expect(keys).toHaveLength(2);
  });

  test('waits for the key, and says so', async () => {
    world.objects.bodies.delete(keysPath);
    await expect(publish()).rejects.toMatchObject({ name: 'ResourceNotReady' });
    expect(await changes()).toEqual(['create issuer documents']);
  });

  test('publishes nothing under a lost lease, nor under another cluster’s', async () => {
    world.documents.objects.bodies.clear();
    const foreign = world.invoke('publish-issuer-documents', {
      ...input,
      lease: { cluster: 'other', scope: 'cluster', holder: 'execution-2', token: 1 },
    });
    await expect(foreign).rejects.toMatchObject({ name: 'LeaseLost' });
    loseLease();
    await expect(publish()).rejects.toMatchObject({ name: 'LeaseLost' });
    expect(world.documents.objects.bodies.size).toBe(0);
  });
});

describe('ensure-add-on-roles', () => {
  const ensure = () => world.invoke('ensure-add-on-roles', input);

  test('makes the provider and a role for each add-on below the add-ons’ boundary, once', async () => {
    forgetAll();
    expect(await changes()).toEqual([
      'create issuer documents',
      'create identity provider',
      'create add-on role',
      'create add-on role',
    ]);
    expect(await ensure()).toEqual({
      roles: {
        cloudControllerManager:
          'arn:aws:iam::123456789012:role/trivet/demo/trivet-demo-cloud-controller-manager',
        ebsCsiDriver: 'arn:aws:iam::123456789012:role/trivet/demo/trivet-demo-ebs-csi-driver',
      },
      changed: true,
    });
    expect(world.aws.effects).toEqual([
      'createProvider',
      'createRole',
      'putPolicy',
      'createRole',
      'putPolicy',
    ]);
    expect(world.aws.boundaries.get(roleName)).toBe(
      'arn:aws:iam::123456789012:policy/trivet-add-on-boundary',
    );
    expect(world.aws.boundaries.get('trivet-demo-slot-a')).toBe('boundary of nodes');
    expect(await ensure()).toMatchObject({ changed: false });
    expect(world.aws.effects).toHaveLength(5);
  });

  test('goes on where a run before it died', async () => {
    forgetAll();
    let left = 2;
    world.aws.onEffect = () => {
      left -= 1;
      if (left < 0) throw new Error('killed');
    };
    await expect(ensure()).rejects.toThrow('killed');
    world.aws.onEffect = () => {};
    expect(await ensure()).toMatchObject({ changed: true });
    expect(world.aws.effects).toEqual([
      'createProvider',
      'createRole',
      'putPolicy',
      'createRole',
      'putPolicy',
    ]);
  });

  test('puts right what differs, and only that', async () => {
    Object.assign(world.aws.providerMap.get(providerArn) ?? {}, { clientIds: ['mine'] });
    Object.assign(world.aws.roleMap.get(roleName) ?? {}, { trustPolicy: { Statement: [] } });
    expect(await changes()).toEqual(['update identity provider', 'update add-on role']);
    await ensure();
    expect(world.aws.effects).toEqual(['addClientId', 'putTrustPolicy']);
    expect(world.aws.providerMap.get(providerArn)?.clientIds).toEqual(['mine', 'sts.amazonaws.com']);
    expect(await changes()).toEqual([]);
  });

  test.each([
    ['a role', () => world.aws.roleMap.get(roleName)],
    ['a provider', () => world.aws.providerMap.get(providerArn)],
  ])('leaves %s alone that is not the cluster’s', async (_, find) => {
    Object.assign(find() ?? {}, { tags: { 'trivet:deployment': 'trivet', 'trivet:cluster': 'other' } });
    await expect(ensure()).rejects.toMatchObject({ name: 'ForeignResource' });
    expect(world.aws.effects).toEqual([]);
  });

  test('makes nothing under a lost lease', async () => {
    forgetAll();
    loseLease();
    await expect(ensure()).rejects.toMatchObject({ name: 'LeaseLost' });
    expect(world.aws.effects).toEqual([]);
  });
});
