import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { provision } from '../../cli/commands/provision.ts';
import { readStatus } from '../../cli/commands/status.ts';
import { readSpecFile } from '../../cli/spec-file.ts';
import { makeObjects } from '../../functions/aws/objects.ts';
import { makeRegistry } from '../../functions/aws/registry.ts';
import { createEtcdClient } from '../../functions/etcd/client.ts';
import { readClientCertificates } from '../../functions/etcd/observe-etcd.ts';
import { type DeployedRegion, deployRegion } from '../support/deployed-region.ts';
import { eventually } from '../support/eventually.ts';

const spec = readSpecFile('examples/ha.yaml');
const output = { json: true, say: () => {}, result: () => {} };

let deployed: DeployedRegion;
beforeAll(async () => {
  deployed = await deployRegion({});
  expect(await provision(deployed.target, spec, output)).toMatchObject({ status: 'SUCCEEDED' });
});
afterAll(() => deployed?.stop());

const slotRecord = async (slot: string) => {
  const record = await makeRegistry(deployed.target.config).getSlot(spec.name, slot);
  if (!record?.volumeId || !record.instanceId) throw new Error(`slot ${slot} is not there`);
  return { ...record, volumeId: record.volumeId, instanceId: record.instanceId };
};

const volumeState = async (volumeId: string) =>
  (await deployed.target.ec2.describeVolumes({ Filters: [{ Name: 'volume-id', Values: [volumeId] }] }))
    .Volumes?.[0]?.State;

/** Terminates a slot's instance and has the volume free for a moment: events are lost, so nobody is directed before the next minute. */
async function withFreeVolume(slot: string, act: (volumeId: string) => Promise<unknown> | unknown) {
  const { instanceId, volumeId } = await slotRecord(slot);
  const restore = deployed.loseEvents([]);
  try {
    await deployed.target.ec2.terminateInstances({ InstanceIds: [instanceId] });
    await eventually(async () => (await volumeState(volumeId)) === 'available', { what: 'a free volume' });
    await act(volumeId);
  } finally {
    restore();
  }
}

const held = (slot: string) =>
  eventually(
    async () => {
      const status = await readStatus(deployed.target, spec.name);
      const member = status.members.find((candidate) => candidate.slot === slot);
      return member?.problem?.startsWith('replace-data') ? { status, member } : undefined;
    },
    { timeoutMs: 120_000, intervalMs: 200, what: `slot ${slot} held` },
  );

describe('data that is gone or not to be trusted', () => {
  test('a disk older than its member is known to have been never starts, and the slot is held with an alarm (S8)', {
    timeout: 360_000,
  }, async () => {
    const { address, volumeId } = await slotRecord('b');
    const directory = join(deployed.stateDir, 'volumes', volumeId);
    const copy = join(deployed.stateDir, 'old-disk');
    cpSync(directory, copy, { recursive: true });
    // What the old disk does not have: acknowledged writes, and a mark that the watch raises once a minute.
    const certificates = await readClientCertificates(makeObjects(deployed.target.config), spec.name);
    const client = createEtcdClient({ address, ...certificates });
    for (let number = 0; number < 200; number += 1)
      await client.put('/written/after/the/copy', String(number));
    client.close();
    const before = BigInt((await slotRecord('b')).raftIndex ?? '0');
    await eventually(async () => BigInt((await slotRecord('b')).raftIndex ?? '0') >= before + 150n, {
      timeoutMs: 150_000,
      what: 'the mark',
    });
    await withFreeVolume('b', () => {
      rmSync(directory, { recursive: true });
      cpSync(copy, directory, { recursive: true });
    });
    const { status, member } = await held('b');
    expect(member.healthy).toBe(false);
    expect(member.problem).toMatch(/^replace-data: the node found that .*; the other 2 members are healthy$/);
    expect(status.members.filter(({ healthy }) => healthy).map(({ slot }) => slot)).toEqual(['a', 'c']);
    await eventually(
      async () =>
        (await readStatus(deployed.target, spec.name)).alarms.some((alarm) =>
          alarm.startsWith('trivet-slot-held'),
        ),
      {
        timeoutMs: 30_000,
        what: 'the alarm',
      },
    );
  });

  test('with one slot held, a second loss of data is refused by the circuit breaker (S21)', {
    timeout: 180_000,
  }, async () => {
    await withFreeVolume('c', (volumeId) => deployed.target.ec2.deleteVolume({ VolumeId: volumeId }));
    const member = await eventually(
      async () => {
        const { members } = await readStatus(deployed.target, spec.name);
        const found = members.find(({ slot }) => slot === 'c');
        return found?.problem?.startsWith('hold: ') ? found : undefined;
      },
      { timeoutMs: 120_000, intervalMs: 200, what: 'slot c held' },
    );
    // Without slot c the two that are left are one: slot a, which knows no leader any more.
    expect(member.problem).toMatch(
      /^hold: the volume is lost; the circuit breaker is open: slot (a and slot )?b unhealthy as well$/,
    );
  });
});
