import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DescribeLaunchTemplateVersionsCommand,
  DescribeVolumesCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { makeExecutions } from '../../../functions/aws/executions.ts';
import { makeNetworks } from '../../../functions/aws/networks.ts';
import { makeObjects, type Objects } from '../../../functions/aws/objects.ts';
import { makeRegistry, type Registry } from '../../../functions/aws/registry.ts';
import type { Config } from '../../../functions/runtime/config.ts';
import { type Region, startRegion } from '../../../region/region.ts';
import { leastSpec } from '../../support/specs.ts';
import { provision } from '../clusters/provisioned.ts';
import { makeGround } from './ground.ts';
import { provisionerOn } from './provisioner.ts';

let region: Region;
let stateDir: string;
let config: Config;
let registry: Registry;
let objects: Objects;

beforeAll(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'trivet-ports-'));
  region = await startRegion({ stateDir, delays: 'fast', etcdPath: 'none', vpcCidr: '127.93.0.0/16' });
  const { endpoint, credentials } = region.clientConfig();
  vi.stubEnv('AWS_ENDPOINT_URL', endpoint);
  vi.stubEnv('AWS_ACCESS_KEY_ID', credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey);
  config = await makeGround(region, '127.93');
  registry = makeRegistry(config);
  objects = makeObjects(config);
});

afterAll(async () => {
  await region?.stop();
  rmSync(stateDir, { recursive: true, force: true });
});

describe('the registry’s table', () => {
  const slot = {
    slot: 'a',
    zone: 'us-east-1a',
    address: '10.0.0.10',
    subnetId: 'subnet-a',
    filesystemUuid: 'uuid',
    generation: 1,
    memberName: 'table-a',
    phase: 'forming',
    startedOnce: false,
  } as const;

  test('writes conditionally and reads back what was written', async () => {
    await registry.putSlot('table', slot, 'absent');
    await expect(registry.putSlot('table', slot, 'absent')).rejects.toMatchObject({
      name: 'RegistryConflict',
    });
    const verdict = { action: 'hold', reason: 'why', at: '2026-01-01T00:00:00.000Z' };
    await registry.updateSlot('table', 'a', { volumeId: 'vol-1', verdict }, { volumeId: null });
    expect(await registry.getSlot('table', 'a')).toEqual({ ...slot, volumeId: 'vol-1', verdict });
    const late = registry.updateSlot('table', 'a', { volumeId: 'vol-2' }, { volumeId: null });
    await expect(late).rejects.toMatchObject({ name: 'RegistryConflict' });
    await registry.updateSlot('table', 'a', { verdict: null }, { volumeId: 'vol-1' });
    expect(await registry.getSlots('table')).toEqual([{ ...slot, volumeId: 'vol-1' }]);
  });

  test('makes no record out of a patch', async () => {
    const patch = registry.updateCluster('nobody', { formed: true });
    await expect(patch).rejects.toMatchObject({ name: 'RegistryConflict' });
    expect(await registry.getCluster('nobody')).toBeUndefined();
  });

  test('lets one of two take a lease', async () => {
    const record = { holder: 'one', token: 1, acquiredAt: '2026-01-01T00:00:00.000Z' };
    const both = await Promise.allSettled([
      registry.putLease('table', 'slot:a', record, 'absent'),
      registry.putLease('table', 'slot:a', { ...record, holder: 'two' }, 'absent'),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await registry.getLease('table', 'cluster')).toBeUndefined();
  });
});

describe('the bucket', () => {
  test('writes conditionally, lists and reads back', async () => {
    expect(await objects.get('ports/absent')).toBeUndefined();
    expect(await objects.exists('ports/absent')).toBe(false);
    const { etag } = await objects.put('ports/one', 'first', { ifNoneMatch: true });
    const again = objects.put('ports/one', 'second', { ifNoneMatch: true });
    await expect(again).rejects.toMatchObject({ name: 'ObjectConflict' });
    await objects.put('ports/one', 'second', { ifMatch: etag });
    const stale = objects.put('ports/one', 'third', { ifMatch: etag });
    await expect(stale).rejects.toMatchObject({ name: 'ObjectConflict' });
    const found = await objects.get('ports/one');
    expect(new TextDecoder().decode(found?.body)).toBe('second');
    expect(await objects.list('ports/')).toMatchObject([{ key: 'ports/one', size: 6, etag: found?.etag }]);
  });
});

describe('security groups', () => {
  test('give rules of every protocol back as they were put, and take them away again', async () => {
    const networks = makeNetworks(config);
    const owner = { deployment: 'trivet', cluster: 'ports' };
    const tags = { 'trivet:deployment': 'trivet', 'trivet:cluster': 'ports' };
    const request = { vpcId: config.vpcId, name: 'ports', description: 'of a test', tags };
    const group = await networks.createSecurityGroup(request);
    const source = group.securityGroupId;
    const rules = [
      { fromPort: 10250, toPort: 10250, source },
      { protocol: 'udp', fromPort: 8472, toPort: 8472, source },
      { protocol: '-1', fromPort: -1, toPort: -1, source: '10.0.0.0/16' },
    ];
    await networks.allowIngress(group, rules, owner);
    const [found] = await networks.securityGroups(config.vpcId, ['ports']);
    expect(found?.ingress).toHaveLength(3);
    expect(found?.ingress).toEqual(expect.arrayContaining(rules));
    await networks.revokeIngress(group, found?.ingress ?? [], owner);
    const [closed] = await networks.securityGroups(config.vpcId, ['ports']);
    expect(closed?.ingress).toEqual([]);
  });
});

describe('Step Functions', () => {
  test('does not know an execution that never was', async () => {
    const executions = makeExecutions(config);
    const arn = 'arn:aws:states:us-east-1:123456789012:execution:trivet-provision-cluster:never';
    expect(await executions.describe(arn)).toBeUndefined();
  });
});

describe('the cluster tasks on the embedded region', () => {
  const world = () => provisionerOn(config, () => '0123456789ab');

  test('make a cluster, and find nothing to change the second time', async () => {
    const { plan } = await provision(world());
    expect(plan.action).toBe('create');
    const again = await provision(world());
    expect(again.plan).toMatchObject({ action: 'unchanged', changes: [] });
    expect(again.changed).toEqual([]);
  });

  test('name the slot’s interface in the template, and encrypt the volume as gp3', async () => {
    const ec2 = new EC2Client(region.clientConfig());
    const slot = await registry.getSlot('demo', 'a');
    const template = await ec2.send(
      new DescribeLaunchTemplateVersionsCommand({
        LaunchTemplateName: 'trivet-demo-slot-a',
        Versions: ['$Latest'],
      }),
    );
    expect(template.LaunchTemplateVersions?.[0]?.LaunchTemplateData).toMatchObject({
      InstanceType: 't4g.medium',
      NetworkInterfaces: [
        { DeviceIndex: 0, NetworkInterfaceId: slot?.networkInterfaceId, DeleteOnTermination: false },
      ],
      MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
    });
    const volumes = await ec2.send(new DescribeVolumesCommand({ VolumeIds: [slot?.volumeId ?? ''] }));
    expect(volumes.Volumes?.[0]).toMatchObject({
      VolumeType: 'gp3',
      Encrypted: true,
      Size: 20,
      Iops: 3000,
      Throughput: 125,
      AvailabilityZone: 'us-east-1a',
    });
  });

  test('converge a changed spec, and then find nothing to change', async () => {
    const spec = {
      ...leastSpec,
      controlPlane: {
        instanceTypes: ['m7g.large'],
        etcd: { volume: { sizeGibibytes: 30, iops: 4000, throughputMebibytesPerSecond: 200 } },
      },
      api: { allowedCidrs: ['192.0.2.0/24'] },
      tags: { team: 'data' },
    };
    const { plan, changed } = await provision(world(), spec);
    expect(plan.action).toBe('converge');
    expect([...new Set(changed)].sort()).toEqual([
      'ensure-add-on-roles',
      'ensure-launch-template',
      'ensure-load-balancer',
      'ensure-network-interface',
      'ensure-node-role',
      'ensure-security-groups',
      'ensure-slot-group',
      'ensure-volume',
    ]);
    const again = await provision(world(), spec);
    expect(again.plan).toMatchObject({ action: 'unchanged', changes: [] });
  });
});
