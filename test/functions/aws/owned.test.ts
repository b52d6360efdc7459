import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Owned } from '../../../functions/aws/owned.ts';
import {
  type BelongingsDeps,
  makeBelongingsDeps,
  readBelongings,
} from '../../../functions/retirement/read-belongings.ts';
import { takeInventory } from '../../../functions/retirement/take-inventory.ts';
import type { Config } from '../../../functions/runtime/config.ts';
import { type Region, startRegion } from '../../../region/region.ts';
import { eventually } from '../../support/eventually.ts';
import { leastSpec } from '../../support/specs.ts';
import { provision } from '../clusters/provisioned.ts';
import { makeGround } from './ground.ts';
import { provisionerOn } from './provisioner.ts';

const owner = { deployment: 'trivet', cluster: 'demo' };
const { signal } = new AbortController();
let region: Region;
let stateDir: string;
let config: Config;
let ports: BelongingsDeps;

/** The clusters `demo` and `demo-b`, made by the real tasks; machines run nothing. */
async function makeClusters(): Promise<void> {
  let uid = '';
  const world = provisionerOn(config, () => uid);
  for (const [name, drawn] of [
    ['demo', '0123456789ab'],
    ['demo-b', 'ba9876543210'],
  ] as const) {
    uid = drawn;
    await provision(world, { ...leastSpec, name, zones: ['a'] });
    await world.objects.put(`clusters/${name}/slots/a/reports/i-1`, 'first');
    await world.objects.put(`clusters/${name}/slots/a/reports/i-1`, 'second');
  }
}

beforeAll(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'trivet-owned-'));
  region = await startRegion({ stateDir, delays: 'fast', etcdPath: 'none', vpcCidr: '127.92.0.0/16' });
  const { endpoint, credentials } = region.clientConfig();
  vi.stubEnv('AWS_ENDPOINT_URL', endpoint);
  vi.stubEnv('AWS_ACCESS_KEY_ID', credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey);
  config = await makeGround(region, '127.92');
  ports = makeBelongingsDeps(config);
  await makeClusters();
}, 120_000);

afterAll(async () => {
  await region?.stop();
  rmSync(stateDir, { recursive: true, force: true });
});

const inventory = async (cluster: string) =>
  takeInventory(await readBelongings(cluster, ports, config, signal));
const first = async <T extends Owned>(kind: { ofCluster(of: typeof owner): Promise<T[]> }): Promise<T> => {
  const [item] = await kind.ofCluster(owner);
  if (!item) throw new Error('there is none');
  return item;
};

test('everything of a cluster is found, and nothing of the one whose names begin the same', async () => {
  await eventually(async () => (await inventory('demo')).counts.instance === 1);
  const { counts, remnants, ...rest } = await inventory('demo');
  expect(counts).toEqual({
    'Auto Scaling group': 1,
    instance: 1,
    'load balancer': 1,
    'target group': 1,
    'launch template': 1,
    'instance profile': 1,
    role: 3,
    'identity provider': 1,
    'network interface': 1,
    volume: 1,
    'root disk': 1,
    'security group': 3,
    objects: 2,
    record: 5,
  });
  expect(rest).toEqual({ kept: [], leftAlone: [], madeByKubernetes: [] });
  const beside = await inventory('demo-b');
  expect(beside.counts).toEqual(counts);
  const ids = new Set(remnants.map(({ id }) => id));
  expect(beside.remnants.filter(({ id }) => ids.has(id))).toEqual([]);
});

test('AWS refuses what something else still has, and what is protected', async () => {
  const { ownedGroups, ownedInterfaces, ownedSecurityGroups, ownedRoles, ownedProfiles } = ports;
  const group = await first(ownedGroups);
  await expect(ownedGroups.remove(group, owner)).rejects.toThrow(
    'its deletion protection is prevent-all-deletion',
  );
  const balancer = await first(ports.ownedBalancers);
  await expect(ports.ownedBalancers.remove(balancer, owner)).rejects.toThrow('OperationNotPermitted');
  expect(await ports.ownedTargetGroups.remove(await first(ports.ownedTargetGroups), owner)).toMatch(/in use/);
  expect(await ownedInterfaces.remove(await first(ownedInterfaces), owner)).toMatch(/currently in use/);
  expect(await ownedSecurityGroups.remove(await first(ownedSecurityGroups), owner)).toMatch(
    /dependent object/,
  );
  const role = (await ownedRoles.ofCluster(owner)).find(({ id }) => id === 'trivet-demo-slot-a');
  if (!role) throw new Error('there is no role');
  expect(await ownedRoles.remove(role, owner)).toMatch(/remove roles from instance profile first/);
  expect(await ownedProfiles.remove(await first(ownedProfiles), owner)).toMatch(/remove roles/);
});

test('no port lets go of what is another’s', async () => {
  const stranger = { deployment: 'trivet', cluster: 'demo-b' };
  const { ownedObjects } = ports;
  for (const kind of [
    ports.ownedGroups,
    ports.ownedInstances,
    ports.ownedBalancers,
    ports.ownedTargetGroups,
    ports.ownedTemplates,
    ports.ownedRoles,
    ports.ownedInterfaces,
    ports.ownedVolumes,
  ]) {
    const item = await first<Owned>(kind);
    await expect(kind.remove(item, stranger)).rejects.toMatchObject({ name: 'ForeignResource' });
  }
  const place = { bucket: config.bucket, prefix: 'clusters/demo/' };
  const { versions } = await ownedObjects.versions(place);
  await expect(ownedObjects.remove(place, versions, stranger)).rejects.toMatchObject({
    name: 'ForeignResource',
  });
});

test('in AWS’s order all of it goes, twice as well as once, and the other stays', async () => {
  const beside = (await inventory('demo-b')).counts;
  const twice = async <T extends Owned>(
    kind: {
      ofCluster(of: typeof owner): Promise<T[]>;
      remove(item: T, of: typeof owner): Promise<string | undefined>;
    },
    prepare: (item: T) => Promise<void> = async () => {},
  ) => {
    for (const item of await kind.ofCluster(owner)) {
      await prepare(item);
      expect([item.id, await kind.remove(item, owner)]).toEqual([item.id, undefined]);
      expect([item.id, await kind.remove(item, owner)]).toEqual([item.id, undefined]);
    }
  };
  await twice(ports.ownedGroups, (group) => ports.ownedGroups.unprotect(group, owner));
  await twice(ports.ownedBalancers, (one) => ports.ownedBalancers.unprotect(one, owner));
  await twice(ports.ownedTargetGroups);
  await eventually(async () => {
    const { counts } = await inventory('demo');
    return counts.instance === undefined && counts['Auto Scaling group'] === undefined;
  });
  await twice(ports.ownedTemplates);
  await twice(ports.ownedProfiles, (profile) => ports.ownedProfiles.empty(profile, owner));
  await twice(ports.ownedRoles, (role) => ports.ownedRoles.strip(role, owner));
  const { remnants } = await inventory('demo');
  const providers = remnants.filter(({ kind }) => kind === 'identity provider').map(({ id }) => id);
  await twice({ ...ports.ownedProviders, ofCluster: () => ports.ownedProviders.among(providers) });
  await twice(ports.ownedInterfaces);
  const volume = await first(ports.ownedVolumes);
  expect(await ports.ownedVolumes.remove(volume, owner)).toBeUndefined();
  expect((await ports.ownedVolumes.remove(volume, owner)) ?? 'gone').toMatch(/gone|'deleting' state/);
  await eventually(async () =>
    (await ports.ownedSecurityGroups.ofCluster(owner)).every(({ heldBy }) => heldBy.length === 0),
  );
  const groups = await ports.ownedSecurityGroups.ofCluster(owner);
  const ids = groups.map(({ id }) => id);
  for (const group of groups) {
    const naming = group.ingress.filter(({ source }) => ids.includes(source));
    if (naming.length > 0) await ports.ownedSecurityGroups.revoke(group, naming, owner);
  }
  await twice(ports.ownedSecurityGroups);
  for (const { id } of remnants.filter(({ kind }) => kind === 'objects')) {
    const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]+)\/(.+)$/.exec(id) ?? [];
    const { versions } = await ports.ownedObjects.versions({ bucket, prefix });
    await ports.ownedObjects.remove({ bucket, prefix }, versions, owner);
  }
  await eventually(async () => Object.keys((await inventory('demo')).counts).join() === 'record');
  const lease = { cluster: 'demo', scope: 'cluster', holder: 'execution-1', token: 1 };
  for (const record of await ports.ownedRecords.ofCluster('demo'))
    await ports.ownedRecords.remove(record, lease, owner);
  expect((await inventory('demo')).counts).toEqual({});
  expect((await inventory('demo-b')).counts).toEqual(beside);
});
