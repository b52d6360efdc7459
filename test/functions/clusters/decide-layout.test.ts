import { describe, expect, test } from 'vitest';
import { decideLayout, type LayoutObservation } from '../../../functions/clusters/decide-layout.ts';
import { buildSpec } from '../../support/specs.ts';

const subnet = (letter: string, third: number, usedAddresses: string[] = []) => ({
  zone: `us-east-1${letter}`,
  subnetId: `subnet-${letter}`,
  cidr: `10.0.${third}.0/24`,
  usedAddresses,
});

function observe(changes: Partial<LayoutObservation> = {}): LayoutObservation {
  return {
    deployment: 'trivet',
    region: 'us-east-1',
    spec: buildSpec(),
    subnets: [subnet('a', 0), subnet('b', 1), subnet('c', 2)],
    vpcCidrs: ['10.0.0.0/16'],
    builtSlots: [],
    freshUid: '0123456789ab',
    ...changes,
  };
}

describe('decideLayout', () => {
  test('gives each zone a slot with the first address from host 10 on', () => {
    const { layout } = decideLayout(observe());
    expect(layout).toEqual({
      cluster: 'demo',
      clusterUid: '0123456789ab',
      generation: 1,
      initialClusterToken: '0123456789ab-1',
      initialCluster:
        'demo-a=https://10.0.0.10:2380,demo-b=https://10.0.1.10:2380,demo-c=https://10.0.2.10:2380',
      slots: [
        {
          slot: 'a',
          zone: 'us-east-1a',
          subnetId: 'subnet-a',
          address: '10.0.0.10',
          resourceName: 'trivet-demo-slot-a',
          memberName: 'demo-a',
          filesystemUuid: expect.stringMatching(
            /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
          ),
          generation: 1,
        },
        expect.objectContaining({ slot: 'b', address: '10.0.1.10', resourceName: 'trivet-demo-slot-b' }),
        expect.objectContaining({ slot: 'c', address: '10.0.2.10', memberName: 'demo-c' }),
      ],
    });
    expect(new Set(layout?.slots.map((slot) => slot.filesystemUuid)).size).toBe(3);
  });

  test('orders the slots by letter, however the spec does', () => {
    const { layout } = decideLayout(observe({ spec: buildSpec({ zones: ['c', 'a', 'b'] }) }));
    expect(layout?.slots.map((slot) => slot.slot)).toEqual(['a', 'b', 'c']);
  });

  test('takes the lowest free address', () => {
    const subnets = [subnet('a', 0, ['10.0.0.10', '10.0.0.12']), subnet('b', 1), subnet('c', 2)];
    expect(decideLayout(observe({ subnets })).layout?.slots[0]?.address).toBe('10.0.0.11');
  });

  test('keeps what is recorded, whatever was freed or made since', () => {
    const first = decideLayout(
      observe({ subnets: [subnet('a', 0, ['10.0.0.10']), subnet('b', 1), subnet('c', 2)] }),
    ).layout;
    const again = decideLayout(observe({ recorded: first, freshUid: 'ffffffffffff' })).layout;
    expect(again).toEqual(first);
  });

  test('moves a slot that was never built when its recorded address was taken', () => {
    const recorded = decideLayout(observe()).layout;
    const subnets = [subnet('a', 0, ['10.0.0.10']), subnet('b', 1), subnet('c', 2)];
    const moved = decideLayout(observe({ recorded, subnets })).layout;
    expect(moved?.slots.map((slot) => slot.address)).toEqual(['10.0.0.11', '10.0.1.10', '10.0.2.10']);
    expect(moved?.slots[0]?.filesystemUuid).toBe(recorded?.slots[0]?.filesystemUuid);
    const built = decideLayout(observe({ recorded, subnets, builtSlots: ['a'] })).layout;
    expect(built).toEqual(recorded);
  });

  test('takes the subnet with the lowest ID where a zone has several', () => {
    const subnets = [
      { ...subnet('a', 9), subnetId: 'subnet-z' },
      subnet('a', 0),
      subnet('b', 1),
      subnet('c', 2),
    ];
    expect(decideLayout(observe({ subnets })).layout?.slots[0]?.subnetId).toBe('subnet-a');
  });

  test('refuses a zone without a subnet, naming those that have one', () => {
    const { problems } = decideLayout(observe({ spec: buildSpec({ zones: ['a', 'b', 'f'] }) }));
    expect(problems).toEqual([
      {
        path: 'zones[2]',
        problem: 'the deployment has no subnet in us-east-1f',
        fix: 'choose from its zones: a, b, c',
      },
    ]);
  });

  test('refuses a full subnet', () => {
    const full = Array.from({ length: 3 }, (_, index) => `10.0.0.${10 + index}`);
    const subnets = [{ ...subnet('a', 0, full), cidr: '10.0.0.0/28' }, subnet('b', 1), subnet('c', 2)];
    const taken = [...full, '10.0.0.13', '10.0.0.14'];
    expect(decideLayout(observe({ subnets })).layout?.slots[0]?.address).toBe('10.0.0.13');
    const none = decideLayout(
      observe({
        subnets: [{ ...subnet('a', 0, taken), cidr: '10.0.0.0/28' }, subnet('b', 1), subnet('c', 2)],
      }),
    );
    expect(none.problems?.[0]?.problem).toBe('no address is free in the subnets of us-east-1a');
  });

  test('refuses pods and services on addresses of the VPC', () => {
    const { problems } = decideLayout(observe({ vpcCidrs: ['10.0.0.0/16', '10.244.0.0/20'] }));
    expect(problems).toEqual([
      {
        path: 'network.podCidr',
        problem: '10.244.0.0/16 overlaps the VPC’s 10.244.0.0/20, whose addresses would be out of reach',
        fix: 'choose a range outside the VPC',
      },
    ]);
  });
});
