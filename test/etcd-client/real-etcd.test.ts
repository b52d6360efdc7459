import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Machine } from '../../region/kernel/kernel.ts';
import { createWorld, slots, volumeOf, type World } from '../region/machines/world.ts';
import { eventually } from '../support/eventually.ts';

/** The client against three real members over mutual TLS. */
describe('the etcd client and a real etcd', () => {
  let world: World;
  const machines = new Map<string, Machine>();

  beforeAll(async () => {
    world = await createWorld(93);
    for (const slot of slots) {
      const instanceId = `i-000000000000${slot}0001`;
      const machine = world.launch(slot, instanceId);
      machine.attachVolume({ volumeId: volumeOf(slot), device: '/dev/sdf' });
      world.direct(slot, world.form(slot, instanceId));
      machines.set(slot, machine);
    }
    await eventually(() => world.client('a').put('warm', 'up'), { timeoutMs: 20_000 });
    await eventually(async () =>
      (await world.client('c').memberList()).members.every(({ name }) => name !== ''),
    );
  });
  afterAll(() => world.stop());

  const leaderSlot = () =>
    eventually(async () => {
      for (const slot of slots) {
        const status = await world
          .client(slot)
          .status()
          .catch(() => undefined);
        if (status?.leader !== undefined && status.leader === status.header.memberId) return slot;
      }
      return undefined;
    });

  test('members, status, health, alarms and hash', async () => {
    const client = world.client('b');
    const { members } = await client.memberList({ linearizable: true });
    expect(members.map(({ name, learner }) => `${name} ${learner}`).sort()).toEqual([
      'demo-a false',
      'demo-b false',
      'demo-c false',
    ]);
    expect(await client.health()).toMatchObject({ healthy: true });
    expect(await client.alarms()).toEqual([]);
    expect((await client.hash()).hash).toBeGreaterThan(0);
    const kv = await client.hashKv();
    const version = (await client.status()).version;
    expect(kv === undefined).toBe(version.startsWith('3.4.'));
  });

  test('keys, one and many, also those of other alphabets', async () => {
    const client = world.client('a');
    await client.put('fruit/яблоко', 'зелёное');
    await client.put('fruit/pear', 'yellow');
    expect((await world.client('c').get('fruit/яблоко'))?.value).toBe('зелёное');
    const found = await client.range('fruit/', 'fruit0', { serializable: true });
    expect(found.map(({ key, value }) => [key, value])).toEqual([
      ['fruit/pear', 'yellow'],
      ['fruit/яблоко', 'зелёное'],
    ]);
    expect(await client.get('fruit/none')).toBeUndefined();
  });

  test('leadership goes where it is sent, by the leader alone', async () => {
    const leader = await leaderSlot();
    const heir = slots.find((slot) => slot !== leader) ?? 'a';
    const target = (await world.client(heir).status()).header.memberId;
    await expect(world.client(heir).transferLeadership(target)).rejects.toMatchObject({ kind: 'not-leader' });
    await world.client(leader).transferLeadership(target);
    await eventually(async () => (await leaderSlot()) === heir);
  });

  test('a dead member is removed first, then a learner is added, and promoted only in sync', async () => {
    const dead = (await world.client('c').status()).header.memberId;
    const peerUrl = 'https://127.93.3.10:2380';
    await machines.get('c')?.terminate();
    await leaderSlot();
    const client = world.client('a');
    await expect(client.memberAddLearner('https://127.93.9.9:2380')).rejects.toMatchObject({
      kind: expect.stringMatching(/^(unhealthy-cluster|no-leader|timeout)$/),
    });
    await eventually(() => client.memberRemove(dead), { timeoutMs: 15_000 });
    await expect(client.memberRemove(dead)).rejects.toMatchObject({ kind: 'member-not-found', code: 5 });
    const { member } = await eventually(() => client.memberAddLearner(peerUrl), { timeoutMs: 15_000 });
    expect(member).toMatchObject({ name: '', peerUrls: [peerUrl], learner: true });
    await expect(client.memberAddLearner(peerUrl)).rejects.toMatchObject({ kind: 'peer-url-exists' });
    await expect(client.memberAddLearner('https://127.93.9.9:2380')).rejects.toMatchObject({
      kind: 'too-many-learners',
    });
    await expect(client.memberPromote(member.id)).rejects.toMatchObject({ kind: 'learner-not-ready' });

    world.machines.deleteVolume(volumeOf('c'));
    const instanceId = 'i-000000000000c0002';
    const machine = world.launch('c', instanceId);
    machine.attachVolume({ volumeId: volumeOf('c'), device: '/dev/sdf' });
    const { header } = await client.status();
    world.direct('c', {
      ...world.form('c', instanceId),
      kind: 'join',
      generation: 2,
      clusterId: header.clusterId,
      memberId: member.id,
      initialClusterState: 'existing',
    });
    await eventually(() => client.memberPromote(member.id), { timeoutMs: 20_000 });
    await expect(client.memberPromote(member.id)).rejects.toMatchObject({ kind: 'already-voter' });
    expect((await world.client('c').status()).header.memberId).toBe(member.id);
    expect((await world.client('c').get('fruit/pear'))?.value).toBe('yellow');
    expect(world.report('c', instanceId)).toMatchObject({
      state: 'started',
      memberId: member.id,
      generation: 2,
    });
  });

  test('without quorum a member still lists its members, and a write says that it had no answer', async () => {
    await Promise.all([machines.get('a')?.terminate(), machines.get('b')?.terminate()]);
    const client = world.client('c');
    const status = await eventually(
      async () => {
        const said = await client.status();
        return said.leader === undefined ? said : undefined;
      },
      { timeoutMs: 15_000 },
    );
    expect(status.errors).toEqual(['etcdserver: no leader']);
    expect((await client.memberList()).members).toHaveLength(3);
    expect((await client.health()).healthy).toBe(false);
    await expect(client.put('fruit/pear', 'green')).rejects.toMatchObject({
      kind: expect.stringMatching(/^(timeout|no-leader)$/),
    });
  });
});
