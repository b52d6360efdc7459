import { describe, expect, test } from 'vitest';
import type { Plan } from '../../../functions/clusters/contracts.ts';
import { decideSpecChange } from '../../../functions/clusters/decide-spec-change.ts';
import { fakeDeployment } from '../../support/fake-deployment.ts';
import { buildSpec, leastSpec } from '../../support/specs.ts';
import { provision } from './provisioned.ts';

async function planOf(world: ReturnType<typeof fakeDeployment>, spec: unknown): Promise<Plan> {
  return (await world.invoke('plan-cluster', { spec })) as Plan;
}

const pool = { name: 'general', instanceTypes: ['m7g.large'], zones: ['a'], max: 3 };

describe('plan-cluster', () => {
  test('of a new cluster creates everything, each with its reason, and touches nothing', async () => {
    const world = fakeDeployment();
    const plan = await planOf(world, leastSpec);
    expect(plan).toMatchObject({ action: 'create', cluster: 'demo', basedOn: '', refusals: [] });
    expect(
      plan.changes.map(({ resource, slot, change }) => `${change} ${resource} ${slot ?? ''}`.trim()),
    ).toEqual([
      'create load balancer security group',
      'create control plane security group',
      'create worker security group',
      ...['a', 'b', 'c'].flatMap((slot) => [
        `create network interface ${slot}`,
        `create volume ${slot}`,
        `create node role ${slot}`,
        `create launch template ${slot}`,
        `create slot group ${slot}`,
      ]),
      'create load balancer',
      'create issuer documents',
      'create identity provider',
      'create add-on role',
      'create add-on role',
      'create etcd',
    ]);
    expect(plan.changes.find(({ slot }) => slot === 'b')).toEqual({
      resource: 'network interface',
      slot: 'b',
      change: 'create',
      reason: 'nothing has 10.0.1.10 yet',
    });
    expect(world.aws.effects).toEqual([]);
    expect(world.registry.items.size).toBe(0);
  });

  test('of the same spec again changes nothing and says so', async () => {
    const world = fakeDeployment();
    await provision(world);
    expect(await planOf(world, leastSpec)).toMatchObject({ action: 'unchanged', changes: [], refusals: [] });
  });

  test('of a cluster that was never finished says that etcd is not formed', async () => {
    const world = fakeDeployment();
    await provision(world);
    await world.registry.updateCluster('demo', { formed: false });
    expect(await planOf(world, leastSpec)).toMatchObject({
      action: 'converge',
      changes: [{ resource: 'etcd', change: 'create', reason: 'etcd is not yet formed and verified' }],
    });
  });

  test('of a malformed spec throws SpecInvalid with every problem', async () => {
    const world = fakeDeployment();
    await expect(planOf(world, { ...leastSpec, zones: ['a', 'b'], colour: 'red' })).rejects.toMatchObject({
      name: 'SpecInvalid',
      message: [
        'colour: is not a field that Trivet knows; leave it out; known here: apiVersion, name, kubernetesVersion, zones, controlPlane, network, api, backups, pools, stormGuard, tags',
        'zones: 2 is even: 2 members need 2 to agree and bear the loss of 0, no more than 1 do; use one zone or three',
      ].join('\n'),
    });
  });

  test('refuses a missing image, a missing zone and the VPC’s own addresses, all at once', async () => {
    const world = fakeDeployment();
    world.aws.images.clear();
    const plan = await planOf(world, {
      ...leastSpec,
      zones: ['a', 'b', 'f'],
      network: { podCidr: '10.0.0.0/12' },
      pools: [{ ...pool, zones: ['e'] }],
    });
    expect(plan.action).toBe('refuse');
    expect(plan.refusals).toEqual([
      {
        path: 'network.podCidr',
        problem: '10.0.0.0/12 overlaps the VPC’s 10.0.0.0/16, whose addresses would be out of reach',
        fix: 'choose a range outside the VPC',
      },
      {
        path: 'zones[2]',
        problem: 'the deployment has no subnet in us-east-1f',
        fix: 'choose from its zones: a, b, c',
      },
      {
        path: 'controlPlane.amiParameter',
        problem:
          'there is no SSM parameter /aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64 in this account and region',
        fix: 'create it with an image ID as its value, or leave amiParameter out for Amazon Linux 2023',
      },
      {
        path: 'pools[0].zones[0]',
        problem: 'the deployment has no subnet in us-east-1e',
        fix: 'choose from its zones: a, b, c',
      },
    ]);
  });

  test('refuses a name that this deployment’s own name leaves no room for', async () => {
    const world = fakeDeployment();
    Object.assign(world.context.config, { deployment: 'production' });
    const plan = await planOf(world, { ...leastSpec, name: 'a-very-long-name-yes' });
    expect(plan.refusals[0]).toEqual({
      path: 'name',
      problem:
        '"a-very-long-name-yes" is too long for the deployment production: its target group’s name would have 35 characters of 32',
      fix: 'use at most 17 characters',
    });
  });

  test('refuses an image parameter that the deployment may not read', async () => {
    const world = fakeDeployment();
    const controlPlane = { ...leastSpec.controlPlane, amiParameter: '/images/arm64/ours' };
    expect((await planOf(world, { ...leastSpec, controlPlane })).refusals).toEqual([
      {
        path: 'controlPlane.amiParameter',
        problem: 'the deployment trivet may not read /images/arm64/ours',
        fix: 'use a parameter below /aws/service/ or /trivet/',
      },
    ]);
  });

  test('refuses another set of zones, once', async () => {
    const world = fakeDeployment();
    await provision(world);
    expect(await planOf(world, { ...leastSpec, zones: ['a'] })).toMatchObject({
      action: 'refuse',
      changes: [],
      refusals: [
        {
          path: 'zones',
          problem: '["a","b","c"] → ["a"]: slots would have to move or quorum would change',
          fix: 'keep the zones; move-slot will move one slot at a time, and cannot yet',
        },
      ],
    });
  });

  test('gives two clusters different addresses, even before the first one’s interfaces exist', async () => {
    const world = fakeDeployment();
    await provision(world);
    world.aws.interfaces.length = 0;
    const plan = await planOf(world, { ...leastSpec, name: 'second' });
    expect(plan.layout?.slots.map(({ address }) => address)).toEqual(['10.0.0.11', '10.0.1.11', '10.0.2.11']);
  });

  test('names what someone deleted by hand', async () => {
    const world = fakeDeployment();
    await provision(world);
    world.aws.groupMap.delete('trivet-demo-slot-b');
    expect(await planOf(world, leastSpec)).toMatchObject({
      action: 'converge',
      changes: [
        {
          resource: 'slot group',
          slot: 'b',
          change: 'create',
          reason: 'trivet-demo-slot-b does not exist',
        },
      ],
    });
  });

  test('says that another instance type takes effect at the next instance', async () => {
    const world = fakeDeployment();
    await provision(world);
    const plan = await planOf(world, { ...leastSpec, controlPlane: { instanceTypes: ['m7g.large'] } });
    expect(plan.action).toBe('converge');
    expect(plan.changes).toContainEqual({
      resource: 'launch template',
      slot: 'a',
      change: 'update',
      reason: 'version 1 differs; a new one takes effect at the slot’s next instance',
    });
  });
});

describe('a slot that was moved on to a later instance type for want of capacity', () => {
  async function movedOn(to: string) {
    const world = fakeDeployment();
    await provision(world);
    const owner = { deployment: 'trivet', cluster: 'demo', slot: 'b' };
    const template = world.aws.templateMap.get('trivet-demo-slot-b');
    const group = world.aws.groupMap.get('trivet-demo-slot-b');
    if (!template || !group) throw new Error('not provisioned');
    const move = { source: { ...template }, instanceType: to };
    group.launchTemplateVersion = await world.aws.templates.createVersionOfType(template, move, owner);
    return world;
  }
  const listed = (...instanceTypes: string[]) => ({ ...leastSpec, controlPlane: { instanceTypes } });

  test('is as the spec says, and provisioning again leaves it so', async () => {
    const world = await movedOn('m7g.medium');
    expect(await planOf(world, leastSpec)).toMatchObject({ action: 'unchanged', changes: [] });
    expect((await provision(world, leastSpec, 'execution-2')).changed).toEqual([]);
  });

  test('stays when only types after the first change, and its own is among them', async () => {
    const world = await movedOn('m7g.medium');
    const plan = await planOf(world, listed('t4g.medium', 'm6g.medium', 'm7g.medium'));
    expect(plan.changes.map(({ resource }) => resource)).toEqual(['spec']);
  });

  test('goes to the first when its own is no longer in the list', async () => {
    const world = await movedOn('m7g.medium');
    const spec = listed('t4g.medium', 'm6g.medium');
    expect((await planOf(world, spec)).changes).toContainEqual({
      resource: 'launch template',
      slot: 'b',
      change: 'update',
      reason:
        'm7g.medium of version 2 is no longer in the spec; t4g.medium takes effect at the slot’s next instance',
    });
    await provision(world, spec, 'execution-2');
    expect(world.aws.templateMap.get('trivet-demo-slot-b')).toMatchObject({
      version: '3',
      instanceType: 't4g.medium',
    });
    expect(world.aws.templateMap.get('trivet-demo-slot-a')).toMatchObject({ version: '1' });
  });

  test('goes with the others to another first choice, though its own is still in the list', async () => {
    const world = await movedOn('m7g.medium');
    await provision(world, listed('m7g.large', 't4g.medium', 'm7g.medium'), 'execution-2');
    const types = [...world.aws.templateMap.values()].map(({ instanceType }) => instanceType);
    expect(types).toEqual(['m7g.large', 'm7g.large', 'm7g.large']);
  });
});

describe('decideSpecChange', () => {
  test.each<[string, Record<string, unknown>, string]>([
    [
      'instance types',
      { controlPlane: { instanceTypes: ['m7g.large'] } },
      'controlPlane.instanceTypes: ["t4g.medium","m7g.medium"] → ["m7g.large"]',
    ],
    ['backups', { backups: { keepDays: 30 } }, 'backups.keepDays: 14 → 30'],
    ['tags', { tags: { team: 'data' } }, 'tags.team: nothing → data'],
    ['pools', { pools: [pool] }, 'pools: [] → 1 entry'],
    [
      'who may reach the API',
      { api: { allowedCidrs: ['192.0.2.0/24'] } },
      'api.allowedCidrs: [] → ["192.0.2.0/24"]',
    ],
    [
      'larger volumes',
      { controlPlane: { ...leastSpec.controlPlane, etcd: { volume: { sizeGibibytes: 30 } } } },
      'controlPlane.etcd.volume.sizeGibibytes: 20 → 30',
    ],
  ])('lets %s converge', (_what, changes, reason) => {
    expect(decideSpecChange(buildSpec(), buildSpec(changes))).toEqual({
      changes: [{ resource: 'spec', change: 'update', reason }],
      refusals: [],
    });
  });

  test('knows the order of zones for no change', () => {
    expect(decideSpecChange(buildSpec(), buildSpec({ zones: ['c', 'b', 'a'] }))).toEqual({
      changes: [],
      refusals: [],
    });
  });

  test.each<[string, Record<string, unknown>, string, string]>([
    [
      'another Kubernetes version',
      { kubernetesVersion: '1.36.0' },
      '1.35.2 → 1.36.0: nodes are upgraded one at a time, with checks between',
      'keep the version; upgrade-cluster will do it, and cannot yet',
    ],
    [
      'another pod range',
      { network: { podCidr: '10.200.0.0/16' } },
      '10.244.0.0/16 → 10.200.0.0/16: every pod and node carries addresses of it',
      'keep it, or provision a new cluster',
    ],
    [
      'another network of pods',
      { network: { cni: 'none' } },
      'flannel → none: every running pod has its address from the present one, and two of them do not reach each other',
      'keep it, or provision a new cluster',
    ],
    [
      'a public API',
      { api: { access: 'public', allowedCidrs: ['0.0.0.0/0'] } },
      'internal → public: the load balancer’s scheme is fixed, and its name is in certificates and kubeconfigs',
      'keep it, or provision a new cluster',
    ],
    [
      'smaller volumes',
      { controlPlane: { ...leastSpec.controlPlane, etcd: { volume: { sizeGibibytes: 10 } } } },
      '20 → 10: a volume cannot shrink',
      'keep 20 or more',
    ],
  ])('refuses %s, with the reason', (_what, changes, problem, fix) => {
    expect(decideSpecChange(buildSpec(), buildSpec(changes)).refusals).toEqual([
      { path: expect.any(String), problem, fix },
    ]);
  });
});
