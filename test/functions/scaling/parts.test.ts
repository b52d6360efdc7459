import { describe, expect, test } from 'vitest';
import { addFailures, isHeldBack } from '../../../functions/scaling/back-off.ts';
import { freshNode } from '../../../functions/scaling/fresh-node.ts';
import { priceOf } from '../../../functions/scaling/price-list.ts';
import { gibibyte, now, types } from './scaled-cluster.ts';

describe('prices', () => {
  test.for<[string, number, number, 'on-demand' | 'spot', number, boolean]>([
    ['m7g.large', 2, 8, 'on-demand', 0.0816, false],
    ['c7i.4xlarge', 16, 32, 'on-demand', 0.714, false],
    ['t4g.medium', 2, 4, 'on-demand', 0.0336, false],
    ['m7g.large', 2, 8, 'spot', 0.02856, false],
    ['m6g.metal', 64, 256, 'on-demand', 3.136, true],
    ['z9.large', 2, 8, 'on-demand', 0.098, true],
  ])('of %s with %i vCPUs and %i GiB, %s', ([instanceType, vcpus, gib, capacity, wanted, estimated]) => {
    const price = priceOf({ instanceType, vcpus, memoryMebibytes: gib * 1024 }, capacity);
    expect(price.pricePerHour).toBeCloseTo(wanted, 6);
    expect(price.estimated).toBe(estimated);
  });
});

describe('back-offs', () => {
  const what = { pool: 'general', zone: 'a', instanceType: 'm7g.large' };
  const at = (minutes: number) => new Date(now.getTime() + minutes * 60_000);

  test('grow from 5 minutes to 30 with each failure after the one before has ended', () => {
    let all = addFailures([], [what], now);
    const seconds = [all[0]?.seconds];
    for (const minutes of [5, 15, 35, 65]) {
      all = addFailures(all, [what], at(minutes));
      seconds.push(all[0]?.seconds);
    }
    expect(seconds).toEqual([300, 600, 1200, 1800, 1800]);
    expect(all).toHaveLength(1);
  });

  test('are not made longer by a failure that is told twice, and hold back that zone and type alone', () => {
    const all = addFailures(addFailures([], [what], now), [what], at(1));
    expect(all.map(({ seconds }) => seconds)).toEqual([300]);
    expect(isHeldBack(all, what, at(4))).toBe(true);
    expect(isHeldBack(all, what, at(6))).toBe(false);
    expect(isHeldBack(all, { ...what, zone: 'b' }, at(4))).toBe(false);
    expect(isHeldBack(all, { ...what, instanceType: 'm6g.large' }, at(4))).toBe(false);
  });
});

describe('a node that is not there yet', () => {
  const [type] = types;
  if (!type) throw new Error('no type');
  const pool = { name: 'general', labels: { tier: 'web' }, taints: [] };
  const place = { pool, type, region: 'us-east-1', zone: 'a', network: { serviceCidr: '10.96.0.0/16' } };
  const agent = { namespace: 'kube-system', labels: {}, requests: { cpu: 100, memory: gibibyte } };

  test('has what its type leaves after the kubelet’s reserve, its threshold and DaemonSets', () => {
    const { allocatable, labels } = freshNode({ ...place, daemonSets: [agent] });
    // 7,577 of 8,192 MiB, less 256 and 100 MiB of the kubelet's and the agent's GiB.
    expect(allocatable).toEqual({
      cpu: 1_800,
      memory: (7_577 - 256 - 100 - 1_024) * 1024 ** 2,
      pods: 109,
      'ephemeral-storage': 18 * gibibyte,
    });
    expect(labels).toEqual({
      tier: 'web',
      'trivet.dev/pool': 'general',
      'kubernetes.io/os': 'linux',
      'kubernetes.io/arch': 'arm64',
      'node.kubernetes.io/instance-type': 'm7g.large',
      'topology.kubernetes.io/region': 'us-east-1',
      'topology.kubernetes.io/zone': 'us-east-1a',
    });
  });

  test('is as a node of its kind that is there', () => {
    const known = { cpu: 1_930, memory: 7 * gibibyte, pods: 58 };
    expect(freshNode({ ...place, known, daemonSets: [] }).allocatable).toEqual(known);
  });
});
