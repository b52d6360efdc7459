import { describe, expect, test } from 'vitest';
import {
  type GroupView,
  launchBackoff,
  type MemberView,
  planGroup,
} from '../../../region/services/autoscaling/plan.ts';

const member = (more: Partial<MemberView> = {}): MemberView => ({
  instanceId: 'i-1',
  zone: 'us-east-1a',
  lifecycle: 'InService',
  health: 'Healthy',
  protectedFromScaleIn: false,
  launchedAt: 0,
  ec2State: 'running',
  failsLoadBalancer: false,
  waiting: false,
  abandoned: false,
  ...more,
});

const group = (members: readonly MemberView[], more: Partial<GroupView> = {}): GroupView => ({
  members,
  desired: 1,
  suspended: new Set(),
  deleting: false,
  notBefore: 0,
  ...more,
});

const launch = { kind: 'launch', count: 1 };

describe('what a group does next', () => {
  test('nothing, when all is well', () => {
    expect(planGroup(group([member()]), 0)).toEqual([]);
  });

  test('an instance that EC2 says is shutting down is marked, terminated and replaced in one look', () => {
    expect(planGroup(group([member({ ec2State: 'shutting-down' })]), 0)).toEqual([
      { kind: 'mark-unhealthy', instanceId: 'i-1', reason: 'EC2' },
      { kind: 'terminate', instanceId: 'i-1', why: 'unhealthy' },
      launch,
    ]);
  });

  test('an instance that EC2 has forgotten counts as lost', () => {
    expect(planGroup(group([member({ ec2State: undefined })]), 0)).toContainEqual(launch);
  });

  test('with Terminate suspended an unhealthy instance is marked and stays', () => {
    const view = group([member({ ec2State: 'stopped' })], { suspended: new Set(['Terminate']) });
    expect(planGroup(view, 0)).toEqual([{ kind: 'mark-unhealthy', instanceId: 'i-1', reason: 'EC2' }]);
  });

  test('an instance in its hook is let be, and does not count as missing', () => {
    expect(planGroup(group([member({ lifecycle: 'Pending:Wait', waiting: true })]), 0)).toEqual([]);
  });

  test('a terminating instance that waits in its hook is not ended, even when EC2 has ended it', () => {
    const leaving = member({ lifecycle: 'Terminating:Wait', waiting: true, ec2State: 'terminated' });
    expect(planGroup(group([leaving, member({ instanceId: 'i-2' })]), 0)).toEqual([]);
  });

  test('no launch before the back-off is over', () => {
    expect(planGroup(group([], { notBefore: 100 }), 99)).toEqual([]);
    expect(planGroup(group([], { notBefore: 100 }), 100)).toEqual([launch]);
  });

  test('scale-in takes the oldest of the fullest zone and never a protected instance', () => {
    const members = [
      member({ instanceId: 'i-1', launchedAt: 1, zone: 'us-east-1b' }),
      member({ instanceId: 'i-2', launchedAt: 2, protectedFromScaleIn: true }),
      member({ instanceId: 'i-3', launchedAt: 3 }),
      member({ instanceId: 'i-4', launchedAt: 4 }),
    ];
    expect(planGroup(group(members, { desired: 2 }), 0)).toEqual([
      { kind: 'terminate', instanceId: 'i-3', why: 'surplus' },
      { kind: 'terminate', instanceId: 'i-4', why: 'surplus' },
    ]);
  });

  test('back-off doubles with each failure up to 32 intervals', () => {
    expect([1, 2, 3, 6, 9].map((failures) => launchBackoff(failures, 200))).toEqual([
      200, 400, 800, 6400, 6400,
    ]);
  });
});
