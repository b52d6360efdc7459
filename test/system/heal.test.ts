import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { provision } from '../../cli/commands/provision.ts';
import { readStatus } from '../../cli/commands/status.ts';
import { readSpecFile } from '../../cli/spec-file.ts';
import { loseSlot } from '../../cli/start/heal.ts';
import { createIds } from '../../region/kernel/ids.ts';
import { type DeployedRegion, deployRegion } from '../support/deployed-region.ts';
import { eventually } from '../support/eventually.ts';

const spec = readSpecFile('examples/ha.yaml');
const output = { json: true, say: () => {}, result: () => {} };
const signal = new AbortController().signal;

/** A run can be replayed: TRIVET_SEED=… npm test. */
const seed = Number(process.env.TRIVET_SEED ?? Date.now() % 1_000_000);

let deployed: DeployedRegion;
beforeAll(async () => {
  deployed = await deployRegion({ seed });
  const outcome = await provision(deployed.target, spec, output);
  expect(outcome).toMatchObject({ status: 'SUCCEEDED' });
});
afterAll(() => deployed?.stop());

const lose = (slot: string) =>
  loseSlot(deployed.target, {
    cluster: spec.name,
    slot,
    say: () => {},
    signal,
    attachMilliseconds: 50,
    timeoutSeconds: 60,
  });

describe('a lost node', () => {
  test('comes back on its disk as the same member, without a membership call and without a lost write', async () => {
    const { heal, execution } = await lose('b');
    expect(heal).toMatchObject({ slot: 'b', sameMemberId: true, membershipCalls: 0, lostWrites: 0 });
    expect(heal.acknowledgedWrites).toBeGreaterThan(0);
    expect(execution).toMatchObject({ workflow: 'replace-etcd-member', status: 'SUCCEEDED' });
  });

  test(`heals twenty times, any slot (seed ${seed})`, { timeout: 300_000 }, async () => {
    const ids = createIds(seed);
    const slots = Array.from({ length: 20 }, () => 'abc'.charAt(Math.floor(ids.random() * 3)));
    for (const slot of slots) {
      const { heal } = await lose(slot);
      expect(heal).toMatchObject({ slot, sameMemberId: true, membershipCalls: 0, lostWrites: 0 });
    }
    const status = await readStatus(deployed.target, spec.name);
    expect(status.members.map(({ slot, voter, healthy }) => ({ slot, voter, healthy }))).toEqual([
      { slot: 'a', voter: true, healthy: true },
      { slot: 'b', voter: true, healthy: true },
      { slot: 'c', voter: true, healthy: true },
    ]);
  });

  test('is found by the one-minute sweep alone when every event is lost', { timeout: 120_000 }, async () => {
    const lost: string[] = [];
    const restore = deployed.loseEvents(lost);
    try {
      const { heal } = await lose('c');
      expect(heal).toMatchObject({ slot: 'c', sameMemberId: true, membershipCalls: 0, lostWrites: 0 });
      expect(lost).toContain('EC2 Instance-launch Lifecycle Action');
    } finally {
      restore();
    }
  });

  test('all three at once come back side by side, and quorum returns by itself', {
    timeout: 120_000,
  }, async () => {
    const before = await readStatus(deployed.target, spec.name);
    const instanceIds = before.members.flatMap(({ instanceId }) => instanceId ?? []);
    expect(instanceIds).toHaveLength(3);
    await deployed.target.ec2.terminateInstances({ InstanceIds: instanceIds });
    const after = await eventually(
      async () => {
        const status = await readStatus(deployed.target, spec.name);
        const fresh = status.members.every(
          ({ instanceId }) => instanceId && !instanceIds.includes(instanceId),
        );
        return fresh && status.members.every(({ healthy }) => healthy) ? status : undefined;
      },
      { timeoutMs: 90_000, intervalMs: 200, what: 'three healthy voters on new instances' },
    );
    expect(after.members.map(({ memberId }) => memberId)).toEqual(
      before.members.map(({ memberId }) => memberId),
    );
  });
});
