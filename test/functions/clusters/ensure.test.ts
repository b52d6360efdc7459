import { describe, expect, test } from 'vitest';
import type { SlotLayout } from '../../../functions/clusters/contracts.ts';
import { fakeDeployment } from '../../support/fake-deployment.ts';
import { leastSpec } from '../../support/specs.ts';
import { provision } from './provisioned.ts';

const volumeOf = (fields: object) => ({
  ...leastSpec,
  controlPlane: { ...leastSpec.controlPlane, etcd: { volume: fields } },
});

describe('provisioning a cluster', () => {
  test('makes each thing once, tagged as the cluster’s', async () => {
    const world = fakeDeployment();
    await provision(world);
    expect(world.aws.effects.filter((name) => name.startsWith('create')).sort()).toEqual(
      [
        'createSecurityGroup',
        'createSecurityGroup',
        'createSecurityGroup',
        ...[
          'createInterface',
          'createVolume',
          'createRole',
          'createProfile',
          'createTemplate',
          'createGroup',
        ].flatMap((name) => [name, name, name]),
        'createLoadBalancer',
        'createTargetGroup',
        'createListener',
        'createProvider',
        'createRole',
        'createRole',
      ].sort(),
    );
    expect(world.aws.volumeList[0]).toMatchObject({
      zone: 'us-east-1a',
      sizeGibibytes: 20,
      tags: {
        Name: 'trivet-demo-slot-a-etcd',
        'trivet:deployment': 'trivet',
        'trivet:cluster': 'demo',
        'trivet:slot': 'a',
        'trivet:generation': '1',
      },
    });
    expect(world.aws.securityGroups.map(({ name, ingress }) => ({ name, ingress }))).toEqual([
      {
        name: 'trivet-demo-load-balancer',
        ingress: [{ fromPort: 6443, toPort: 6443, source: '10.0.0.0/16' }],
      },
      {
        name: 'trivet-demo-control-plane',
        ingress: [
          { fromPort: 2379, toPort: 2380, source: 'sg-0002' },
          ...['control plane', 'workers'].flatMap((source) => [
            { fromPort: 10250, toPort: 10250, source },
            { protocol: 'udp', fromPort: 8472, toPort: 8472, source },
          ]),
          { fromPort: 2379, toPort: 2379, source: 'sg-etcdclients' },
          { fromPort: 6443, toPort: 6443, source: 'sg-0001' },
          { fromPort: 6443, toPort: 6443, source: 'sg-etcdclients' },
        ].map((rule) => ({ ...rule, source: expect.any(String) })),
      },
      {
        name: 'trivet-demo-workers',
        ingress: ['sg-0002', 'sg-0003'].flatMap((source) => [
          { fromPort: 10250, toPort: 10250, source },
          { protocol: 'udp', fromPort: 8472, toPort: 8472, source },
        ]),
      },
    ]);
    expect(world.aws.groupMap.get('trivet-demo-slot-b')).toMatchObject({
      zone: 'us-east-1b',
      min: 1,
      max: 1,
      launchTemplateVersion: '1',
      hook: { name: 'trivet-launch', heartbeatTimeoutSeconds: 900, defaultResult: 'CONTINUE' },
    });
    expect(world.aws.targetGroups.get('trivet-demo-api')?.addresses).toEqual([
      '10.0.0.10',
      '10.0.1.10',
      '10.0.2.10',
    ]);
    const record = await world.registry.getCluster('demo');
    expect(record).toMatchObject({
      phase: 'serving',
      formed: true,
      clusterId: '1234567890',
      endpoint: 'https://trivet-demo-0123456789abcdef.elb.us-east-1.amazonaws.com:6443',
      targetGroupArn: 'arn:tg/trivet-demo-api',
    });
    expect(await world.registry.getSlot('demo', 'a')).toMatchObject({
      address: '10.0.0.10',
      networkInterfaceId: world.aws.interfaces[0]?.networkInterfaceId,
      volumeId: world.aws.volumeList[0]?.volumeId,
      startedOnce: false,
    });
  });

  test('twice changes nothing the second time, in any step', async () => {
    const world = fakeDeployment();
    await provision(world);
    const effects = world.aws.effects.length;
    const { plan, changed } = await provision(world, leastSpec, 'execution-2');
    expect(plan.action).toBe('unchanged');
    expect(changed).toEqual([]);
    expect(world.aws.effects.length).toBe(effects);
  });

  test('ends the same after dying before or after any effect', { timeout: 240_000 }, async () => {
    const whole = fakeDeployment();
    await provision(whole);
    const total = whole.aws.effects.length;
    for (let dyingAt = 0; dyingAt < total; dyingAt += 1)
      for (const when of ['before', 'after'] as const) {
        const world = fakeDeployment();
        let effects = 0;
        world.aws.onEffect = () => {
          effects += 1;
          if (effects === dyingAt + 1 + (when === 'before' ? 0 : 1)) throw new Error('the run died');
        };
        await provision(world).catch(() => undefined);
        world.aws.onEffect = () => {};
        world.executions.executions.set('execution-1', {
          executionArn: 'execution-1',
          status: 'FAILED',
          startedAt: '2025-12-31T00:00:00.000Z',
          stoppedAt: '2025-12-31T00:10:00.000Z',
        });
        await provision(world, leastSpec, 'execution-2');
        expect(world.aws.effects.filter((name) => name.startsWith('create')).length).toBe(
          whole.aws.effects.filter((name) => name.startsWith('create')).length,
        );
        const { plan } = await provision(world, leastSpec, 'execution-3');
        expect(plan).toMatchObject({ action: 'unchanged', changes: [] });
      }
  });

  test('adopts a volume that a dead run made and did not record', async () => {
    const world = fakeDeployment();
    await provision(world);
    const volumeId = world.aws.volumeList[0]?.volumeId;
    await world.registry.updateSlot('demo', 'a', { volumeId: null });
    const { plan } = await provision(world, leastSpec, 'execution-2');
    expect(plan.changes).toEqual([
      {
        resource: 'volume',
        slot: 'a',
        change: 'create',
        reason: `${volumeId} was made and not yet recorded`,
      },
    ]);
    expect((await world.registry.getSlot('demo', 'a'))?.volumeId).toBe(volumeId);
    expect(world.aws.volumeList).toHaveLength(3);
  });

  test('never adopts a volume that was made from a snapshot (S7)', async () => {
    const world = fakeDeployment();
    await provision(world);
    await world.registry.updateSlot('demo', 'a', { volumeId: null });
    const [copied] = world.aws.volumeList;
    if (copied) copied.snapshotId = 'snap-1';
    world.aws.volumes.create = async (request) => {
      const made = { volumeId: 'vol-fresh', state: 'available', zone: request.zone, tags: request.tags };
      world.aws.volumeList.push({ ...made, ...request.shape });
      return { ...made, ...request.shape };
    };
    await provision(world, leastSpec, 'execution-2');
    expect((await world.registry.getSlot('demo', 'a'))?.volumeId).toBe('vol-fresh');
  });

  test('makes another volume after one that failed before etcd ever started', async () => {
    const world = fakeDeployment();
    await provision(world);
    const [failed] = world.aws.volumeList;
    if (failed) failed.state = 'error';
    await provision(world, leastSpec, 'execution-2');
    const record = await world.registry.getSlot('demo', 'a');
    expect(world.aws.volumeList).toHaveLength(4);
    expect(record?.volumeId).toBe(world.aws.volumeList[3]?.volumeId);
  });

  test('refuses to replace a failed volume that held etcd’s data', async () => {
    const world = fakeDeployment();
    await provision(world);
    await world.registry.updateSlot('demo', 'a', { startedOnce: true });
    const [failed] = world.aws.volumeList;
    if (failed) failed.state = 'error';
    await expect(provision(world, leastSpec, 'execution-2')).rejects.toMatchObject({
      name: 'VolumeFailed',
      message: `slot a of demo: ${failed?.volumeId} holds this slot’s etcd data and is in state error; replace-etcd-member decides what follows it`,
    });
    expect(world.aws.volumeList).toHaveLength(3);
  });

  test('grows volumes when the spec asks for more', async () => {
    const world = fakeDeployment();
    await provision(world);
    const wanted = { sizeGibibytes: 40, iops: 4000, throughputMebibytesPerSecond: 250 };
    const { changed } = await provision(world, volumeOf(wanted), 'execution-2');
    expect(changed).toEqual(['ensure-volume', 'ensure-volume', 'ensure-volume']);
    expect(world.aws.volumeList[2]).toMatchObject(wanted);
  });

  test('makes a new template version for another instance type, and moves the group to it', async () => {
    const world = fakeDeployment();
    await provision(world);
    const spec = { ...leastSpec, controlPlane: { instanceTypes: ['m7g.large'] } };
    await provision(world, spec, 'execution-2');
    expect(world.aws.templateMap.get('trivet-demo-slot-c')?.version).toBe('2');
    expect(world.aws.groupMap.get('trivet-demo-slot-c')?.launchTemplateVersion).toBe('2');
  });

  test('lets in and shuts out as allowedCidrs say', async () => {
    const world = fakeDeployment();
    const from = (allowedCidrs: string[]) => ({ ...leastSpec, api: { allowedCidrs } });
    await provision(world, from(['192.0.2.0/24']));
    await provision(world, from(['198.51.100.0/24']), 'execution-2');
    expect(world.aws.securityGroups[0]?.ingress.map(({ source }) => source)).toEqual([
      '10.0.0.0/16',
      '198.51.100.0/24',
    ]);
  });

  test('repairs what was changed by hand', async () => {
    const world = fakeDeployment();
    await provision(world);
    const group = world.aws.groupMap.get('trivet-demo-slot-a');
    if (group) Object.assign(group, { max: 3, deletionProtection: 'none' });
    Object.assign(world.aws.roleMap.get('trivet-demo-slot-b') ?? {}, { policy: { Statement: [] } });
    const { plan, changed } = await provision(world, leastSpec, 'execution-2');
    expect(plan.changes).toEqual([
      {
        resource: 'slot group',
        slot: 'a',
        change: 'update',
        reason: 'its size is 1/1/3, and a slot is one instance, it is not protected from deletion',
      },
      { resource: 'node role', slot: 'b', change: 'update', reason: 'its policy differs' },
    ]);
    expect(changed).toEqual(['ensure-slot-group', 'ensure-node-role']);
    expect(world.aws.groupMap.get('trivet-demo-slot-a')?.max).toBe(1);
  });

  test('gives nodes their own slot’s prefix, the artifacts, and nothing of the CAs', async () => {
    const world = fakeDeployment();
    await provision(world);
    expect(world.aws.roleMap.get('trivet-demo-slot-a')?.policy).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'ReadOwnSlotAndArtifacts',
          Effect: 'Allow',
          Action: 's3:GetObject',
          Resource: [
            'arn:aws:s3:::trivet-123456789012-us-east-1/clusters/demo/slots/a/*',
            'arn:aws:s3:::trivet-123456789012-us-east-1/artifacts/*',
          ],
        },
        {
          Sid: 'TellMissingFromForbidden',
          Effect: 'Allow',
          Action: 's3:ListBucket',
          Resource: 'arn:aws:s3:::trivet-123456789012-us-east-1',
          Condition: { StringLike: { 's3:prefix': ['clusters/demo/slots/a/*', 'artifacts/*'] } },
        },
        {
          Sid: 'WriteOwnReports',
          Effect: 'Allow',
          Action: 's3:PutObject',
          Resource: 'arn:aws:s3:::trivet-123456789012-us-east-1/clusters/demo/slots/a/reports/*',
        },
        {
          Sid: 'UseDeploymentKey',
          Effect: 'Allow',
          Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
          Resource: 'arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555',
        },
      ],
    });
  });
});

describe('an acting task', () => {
  test('does nothing under a lease that was taken over (S14)', async () => {
    const world = fakeDeployment();
    const { plan } = await provision(world);
    const stale = { cluster: 'demo', scope: 'cluster', holder: 'execution-1', token: 1 };
    world.aws.groupMap.clear();
    const effects = world.aws.effects.length;
    const input = {
      lease: stale,
      cluster: 'demo',
      slot: plan.layout?.slots[0] as SlotLayout,
      launchTemplateId: 'lt-1',
      version: '1',
    };
    await expect(world.invoke('ensure-slot-group', input)).rejects.toMatchObject({ name: 'LeaseLost' });
    expect(world.aws.effects.length).toBe(effects);
  });

  test('leaves another cluster’s resource of the same name alone (S20)', async () => {
    const world = fakeDeployment();
    await provision(world);
    const group = world.aws.groupMap.get('trivet-demo-slot-a');
    if (group) Object.assign(group, { max: 5, tags: { ...group.tags, 'trivet:cluster': 'other' } });
    await expect(provision(world, leastSpec, 'execution-2')).rejects.toMatchObject({
      name: 'ForeignResource',
      message:
        'group trivet-demo-slot-a has "other" in its tag trivet:cluster, and "demo" was expected: it is left alone',
    });
    expect(world.aws.groupMap.get('trivet-demo-slot-a')?.max).toBe(5);
  });

  test('of one cluster refuses the lease of another', async () => {
    const world = fakeDeployment();
    const { plan } = await provision(world);
    const { lease } = (await world.invoke('acquire-lease', {
      cluster: 'other',
      scope: 'cluster',
      holder: 'execution-9',
    })) as { lease: unknown };
    const input = { lease, cluster: 'demo', slot: plan.layout?.slots[0] };
    await expect(world.invoke('ensure-volume', input)).rejects.toMatchObject({ name: 'LeaseLost' });
  });
});

describe('record-cluster', () => {
  test('refuses a plan that another run overtook, so that the cluster keeps its identity', async () => {
    const world = fakeDeployment();
    const early = (await world.invoke('plan-cluster', { spec: leastSpec })) as object;
    await provision(world);
    const { lease } = (await world.invoke('acquire-lease', {
      cluster: 'demo',
      scope: 'cluster',
      holder: 'execution-2',
    })) as { lease: unknown };
    const { layout, specHash, basedOn } = early as Record<string, unknown>;
    const input = { lease, spec: leastSpec, layout, specHash, basedOn };
    await expect(world.invoke('record-cluster', input)).rejects.toMatchObject({ name: 'PlanStale' });
  });
});

describe('finish-provisioning', () => {
  test('refuses another etcd cluster that answers at the same addresses', async () => {
    const world = fakeDeployment();
    await provision(world);
    await world.registry.updateCluster('demo', { clusterId: '42' });
    await expect(provision(world, leastSpec, 'execution-2')).rejects.toMatchObject({
      name: 'EtcdUnhealthy',
    });
  });
});
