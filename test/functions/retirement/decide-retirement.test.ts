import { describe, expect, test } from 'vitest';
import type { Remnant } from '../../../functions/retirement/contracts.ts';
import {
  decideRetirement,
  keepsVolumes,
  type RetirementObservation,
} from '../../../functions/retirement/decide-retirement.ts';

const startedAt = '2026-01-01T00:00:00.000Z';
const policy = { courtesySeconds: 120, quietSeconds: 60 };
const after = (seconds: number) => new Date(Date.parse(startedAt) + seconds * 1000);

const record: Remnant = { kind: 'record', id: 'cluster#demo cluster' };
const objects: Remnant = {
  kind: 'objects',
  id: 's3://bucket/clusters/demo/',
  amount: '12 versions of objects',
};
const group: Remnant = { kind: 'Auto Scaling group', id: 'trivet-demo-slot-a' };
const instance: Remnant = { kind: 'instance', id: 'i-1', state: 'running' };
const balancer: Remnant = { kind: 'load balancer', id: 'arn:lb' };
const targetGroup: Remnant = { kind: 'target group', id: 'arn:tg' };
const template: Remnant = { kind: 'launch template', id: 'lt-1' };
const role: Remnant = { kind: 'role', id: 'trivet-demo-slot-a' };
const profile: Remnant = { kind: 'instance profile', id: 'trivet-demo-slot-a' };
const provider: Remnant = { kind: 'identity provider', id: 'arn:provider' };
const networkInterface: Remnant = { kind: 'network interface', id: 'eni-1', state: 'available' };
const volume: Remnant = { kind: 'volume', id: 'vol-1', state: 'available' };
const disk: Remnant = { kind: 'root disk', id: 'vol-2', state: 'available' };
const securityGroup: Remnant = { kind: 'security group', id: 'sg-1' };

const retiring = { retirement: { startedAt, keepVolumes: false } };
const begun = (
  remnants: readonly Remnant[],
  changes: Partial<RetirementObservation> = {},
): RetirementObservation => ({
  cluster: 'demo',
  confirm: 'demo',
  leased: true,
  record: retiring,
  keepVolumes: undefined,
  remnants,
  running: [],
  ...changes,
});

const decide = (observation: RetirementObservation, seconds = 300) =>
  decideRetirement(observation, policy, after(seconds));

describe('what a person asked for', () => {
  test('is refused before anything else where the name typed again is another', () => {
    expect(decide(begun([group], { confirm: 'dmeo', record: {}, leased: false }))).toEqual({
      action: 'refuse',
      reason: 'confirm is "dmeo", and has to be the cluster’s name again: "demo"',
      ids: [],
    });
  });

  test('is said to be nothing where there is nothing', () => {
    const { record: _none, ...nobody } = begun([], { leased: false });
    expect(decide(nobody)).toMatchObject({
      action: 'none',
      reason: 'there is no cluster demo, and nothing is left of one',
    });
  });

  test.each([
    ['is not marked yet', { record: {} }, 'demo has 2 things to delete'],
    ['is marked, and the execution has no lease', { leased: false }, '2 things are left of demo'],
    [
      'is marked, and what becomes of its volumes is another wish now',
      { keepVolumes: true },
      'its volumes are to be kept, other than when it was begun',
    ],
  ] as const)('begins where the cluster %s', (_, changes, reason) => {
    expect(decide(begun([group, record], changes))).toEqual({ action: 'begin', reason, ids: [] });
  });

  test('goes on where the registry has forgotten the cluster and something is left', () => {
    const { record: _forgotten, ...left } = begun([volume]);
    expect(decide({ ...left, leased: false }).action).toBe('begin');
    expect(decide(left)).toMatchObject({ action: 'delete-volumes', ids: ['vol-1'] });
  });

  test('keeps volumes as it was begun, unless it is asked for otherwise', () => {
    const kept = { retirement: { startedAt, keepVolumes: true } };
    expect(keepsVolumes({ keepVolumes: undefined, record: kept })).toBe(true);
    expect(keepsVolumes({ keepVolumes: false, record: kept })).toBe(false);
    expect(keepsVolumes({ keepVolumes: undefined, record: {} })).toBe(false);
  });
});

const all = [
  ...[group, instance, balancer, targetGroup, template, role, profile, provider],
  ...[networkInterface, volume, disk, securityGroup, objects, record],
];
const without = (...gone: readonly Remnant[]) => all.filter((one) => !gone.includes(one));

describe('the order', () => {
  test.each([
    ['groups first', all, 'delete-groups', ['trivet-demo-slot-a']],
    ['the load balancer', without(group), 'delete-load-balancers', ['arn:lb']],
    ['its target group after it', without(group, balancer), 'delete-target-groups', ['arn:tg']],
    ['instances that no group has', without(group, balancer, targetGroup), 'terminate-instances', ['i-1']],
    [
      'launch templates once no instance is left',
      without(group, balancer, targetGroup, instance),
      'delete-launch-templates',
      ['lt-1'],
    ],
    [
      'roles and profiles, which share a name',
      [role, profile, provider, networkInterface, record],
      'delete-roles',
      ['trivet-demo-slot-a'],
    ],
    [
      'IAM’s trust before the documents that tell of it',
      [provider, networkInterface, objects, record],
      'delete-identity-providers',
      ['arn:provider'],
    ],
    [
      'network interfaces before what they have',
      [networkInterface, volume, securityGroup, record],
      'delete-network-interfaces',
      ['eni-1'],
    ],
    ['volumes', [volume, disk, securityGroup, record], 'delete-volumes', ['vol-1', 'vol-2']],
    [
      'security groups last in the network',
      [securityGroup, objects, record],
      'delete-security-groups',
      ['sg-1'],
    ],
    ['objects', [objects, record], 'delete-objects', ['s3://bucket/clusters/demo/']],
    ['records at last', [record], 'forget-cluster', []],
  ] as const)('is %s', (_, remnants, action, ids) => {
    expect(decide(begun(remnants))).toMatchObject({ action, ids });
  });

  test('hands volumes over that are to be kept, and deletes root disks all the same', () => {
    const kept = { record: { retirement: { startedAt, keepVolumes: true } } };
    expect(decide(begun([volume, disk, record], kept))).toEqual({
      action: 'keep-volumes',
      reason: 'handed over: volume vol-1 (available)',
      ids: ['vol-1'],
    });
    expect(decide(begun([disk, record], kept))).toMatchObject({ action: 'delete-volumes', ids: ['vol-2'] });
  });

  test('takes no more than fifty at a time', () => {
    const many = Array.from({ length: 70 }, (_, index): Remnant => ({ ...volume, id: `vol-${index}` }));
    const { ids, reason } = decide(begun([...many, record]));
    expect(ids).toHaveLength(50);
    expect(reason).toContain('and 66 more');
  });
});

describe('it waits', () => {
  const waits = (
    remnants: readonly Remnant[],
    changes: Partial<RetirementObservation> = {},
    seconds = 300,
  ) => {
    const { action, reason, ids } = decide(begun(remnants, changes), seconds);
    expect([action, ids]).toEqual(['wait', []]);
    return reason;
  };

  test('for groups and instances that end', () => {
    const going = { ...group, state: 'Delete in progress' };
    const ending = { ...instance, state: 'shutting-down' };
    const held = { ...instance, id: 'i-2', heldBy: going.id };
    expect(waits([going, ending, held, template, record])).toBe(
      'AWS still has Auto Scaling group trivet-demo-slot-a (Delete in progress), instance i-1 (shutting-down), instance i-2 (running, held by trivet-demo-slot-a)',
    );
  });

  test('for an interface and a volume that something still holds', () => {
    const held = [
      { ...networkInterface, state: 'in-use' },
      { ...volume, state: 'in-use' },
    ];
    expect(waits([...held, securityGroup, objects, record])).toBe(
      'AWS still has network interface eni-1 (in-use), volume vol-1 (in-use), security group sg-1',
    );
  });

  test('for whoever uses a security group, and says who', () => {
    const held = { ...securityGroup, heldBy: 'eni-9 (ELB net/a1b2)' };
    expect(waits([held, record])).toBe('AWS still has security group sg-1 (held by eni-9 (ELB net/a1b2))');
  });

  test('at first for what runs for the cluster, so that it ends by itself', () => {
    const running = ['drain-worker demo-general-i-1-1'];
    expect(waits([group, record], { running }, 119)).toBe(
      'still at work for the cluster: drain-worker demo-general-i-1-1',
    );
    expect(decide(begun([group, record], { running }), 120).action).toBe('delete-groups');
  });

  test('with objects and records for everything that still runs', () => {
    const running = ['join-worker demo-general-i-1-1'];
    expect(waits([objects, record], { running }, 4_000)).toContain('join-worker');
  });

  test('with objects and records until a task that had looked before has ended', () => {
    expect(waits([objects, record], {}, 59)).toBe(
      'until 2026-01-01T00:01:00.000Z a task that began before the retirement may still write something',
    );
    expect(decide(begun([objects, record]), 60).action).toBe('delete-objects');
  });
});
