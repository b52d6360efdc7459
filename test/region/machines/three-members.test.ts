import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Machine } from '../../../region/kernel/kernel.ts';
import { eventually } from '../../support/eventually.ts';
import { createWorld, slots, uuidOf, volumeOf, type World } from './world.ts';

/** Real etcds over TLS from the rendered files, told by directives alone what to do (design §6). */
describe('three control-plane machines', () => {
  let world: World;
  const machines = new Map<string, Machine>();
  const lives = new Map<string, number>();
  const identities = new Map<string, { clusterId: string; memberId: string }>();

  beforeAll(async () => {
    world = await createWorld(90);
  });
  afterAll(async () => {
    await world.stop();
  });

  const next = (slot: string): string => {
    const life = (lives.get(slot) ?? 0) + 1;
    lives.set(slot, life);
    return `i-000000000000${slot}${String(life).padStart(4, '0')}`;
  };
  const voters = async (slot: string) => {
    const { members } = await world.client(slot).memberList({ linearizable: true });
    return members.filter((member) => member.name !== '' && !member.learner);
  };
  const launch = (slot: string): { instanceId: string; machine: Machine } => {
    const instanceId = next(slot);
    const machine = world.launch(slot, instanceId);
    machines.set(slot, machine);
    return { instanceId, machine };
  };
  const refusalOf = (slot: string, instanceId: string) =>
    eventually(() => {
      const report = world.report(slot, instanceId);
      return report?.state === 'refused' ? report : undefined;
    });
  const known = (slot: string) => identities.get(slot) ?? { clusterId: '', memberId: '' };
  const volume = (slot: string): string => join(world.stateDir, 'volumes', volumeOf(slot));
  const raftIndexOf = async (slot: string): Promise<string> => (await world.client(slot).status()).raftIndex;

  test('form three voters from blank volumes, and report who they are', async () => {
    for (const slot of slots) {
      const { instanceId, machine } = launch(slot);
      await eventually(() => world.report(slot, instanceId)?.state === 'waiting');
      world.direct(slot, world.form(slot, instanceId));
      await eventually(() => world.report(slot, instanceId)?.reason === 'volume-not-attached');
      machine.attachVolume({ volumeId: volumeOf(slot), device: '/dev/sdf' });
    }
    await eventually(async () => (await voters('a')).length === 3, { timeoutMs: 20_000 });
    for (const slot of slots) {
      const report = await eventually(() => {
        const said = world.report(slot, `i-000000000000${slot}0001`);
        return said?.memberId !== undefined && said.memberId !== '0' ? said : undefined;
      });
      const { header } = await world.client(slot).status();
      expect(report.state).toBe('started');
      expect(report.memberId).toBe(header.memberId);
      expect(report.markerVolumeId).toBe(volumeOf(slot));
      identities.set(slot, { clusterId: header.clusterId, memberId: header.memberId });
    }
    expect(new Set([...identities.values()].map(({ clusterId }) => clusterId)).size).toBe(1);
  });

  test('a machine signs its reports as its role, with its own instance id as the session', () => {
    expect(world.written).toContain(
      'AROAEXAMPLE:i-000000000000a0001 clusters/demo/slots/a/reports/i-000000000000a0001',
    );
  });

  test('a new machine with the same address and volume is the same member, and no write is lost', async () => {
    await world.client('a').put('colour', 'green');
    const floor = await raftIndexOf('b');
    await machines.get('b')?.terminate();
    await eventually(
      () =>
        world
          .client('a')
          .put('colour', 'blue')
          .then(() => true),
      { timeoutMs: 15_000 },
    );
    const { instanceId, machine } = launch('b');
    world.direct('b', world.resume('b', instanceId, { ...known('b'), raftIndexFloor: floor }));
    machine.attachVolume({ volumeId: volumeOf('b'), device: '/dev/sdf' });
    const status = await eventually(() => world.client('b').status(), { timeoutMs: 15_000 });
    expect(status.header.memberId).toBe(known('b').memberId);
    await eventually(async () => (await world.client('b').get('colour'))?.value === 'blue', {
      timeoutMs: 15_000,
    });
    expect((await voters('a')).map((member) => member.name).sort()).toEqual(['demo-a', 'demo-b', 'demo-c']);
    expect(world.report('b', instanceId)?.reason).toBe('disk-agrees');
  });

  test('two members come back side by side, without a membership call and without quorum to ask', async () => {
    await Promise.all([machines.get('b')?.terminate(), machines.get('c')?.terminate()]);
    for (const slot of ['b', 'c']) {
      const { instanceId, machine } = launch(slot);
      world.direct(slot, world.resume(slot, instanceId, known(slot)));
      machine.attachVolume({ volumeId: volumeOf(slot), device: '/dev/sdf' });
    }
    await eventually(() => world.client('c').get('colour'), { timeoutMs: 20_000 });
    expect((await world.client('c').get('colour'))?.value).toBe('blue');
  });

  test('etcd that dies by itself comes back as its unit says, on the same machine', async () => {
    const pids = readFileSync(join(world.stateDir, 'machines', currentInstance('c'), 'console.log'), 'utf8');
    expect(pids).toContain('trivet: started');
    killEtcdOf('c');
    await eventually(() => machines.get('c')?.consoleOutput().includes('etcd.service: ended with SIGKILL'));
    await eventually(() => world.client('c').status(), { timeoutMs: 15_000 });
  });

  test('a disk put back to an older copy never starts, although volume, marker and member fit (S8)', async () => {
    await machines.get('b')?.terminate();
    const copy = join(world.stateDir, 'copy-of-b');
    cpSync(volume('b'), copy, { recursive: true });
    const first = launch('b');
    world.direct('b', world.resume('b', first.instanceId, known('b')));
    first.machine.attachVolume({ volumeId: volumeOf('b'), device: '/dev/sdf' });
    await eventually(() => world.client('b').status(), { timeoutMs: 15_000 });
    for (let count = 0; count < 19; count++) await world.client('a').put('counter', String(count));
    const floor = await raftIndexOf('a');
    await eventually(async () => BigInt(await raftIndexOf('b')) >= BigInt(floor));
    await first.machine.terminate();
    cpSync(volume('b'), join(world.stateDir, 'true-b'), { recursive: true });
    rmSync(volume('b'), { recursive: true });
    cpSync(copy, volume('b'), { recursive: true });

    const { instanceId, machine } = launch('b');
    world.direct('b', world.resume('b', instanceId, { ...known('b'), raftIndexFloor: floor }));
    machine.attachVolume({ volumeId: volumeOf('b'), device: '/dev/sdf' });
    const report = await refusalOf('b', instanceId);
    expect(report.reason).toBe('disk-behind-registry');
    expect(report.memberId).toBe(known('b').memberId);
    await expect(world.client('b').status()).rejects.toMatchObject({
      name: 'EtcdError',
      kind: 'unreachable',
    });
  });

  test('the older copy is refused by its own marker too, when the registry knows no mark', async () => {
    await machines.get('b')?.terminate();
    copyFileSync(join(world.stateDir, 'true-b/trivet-marker'), join(volume('b'), 'trivet-marker'));
    const marker = readFileSync(join(volume('b'), 'trivet-marker'), 'utf8');
    writeFileSync(join(volume('b'), 'trivet-marker'), marker.replace(/raftIndex=.*/, 'raftIndex=100000'));
    const { instanceId, machine } = launch('b');
    world.direct('b', world.resume('b', instanceId, known('b')));
    machine.attachVolume({ volumeId: volumeOf('b'), device: '/dev/sdf' });
    expect((await refusalOf('b', instanceId)).reason).toBe('log-behind-marker');
  });

  test('a blank volume never becomes a member that had data', async () => {
    await machines.get('b')?.terminate();
    rmSync(volume('b'), { recursive: true });
    const { instanceId, machine } = launch('b');
    world.direct('b', world.resume('b', instanceId, known('b')));
    machine.attachVolume({ volumeId: volumeOf('b'), device: '/dev/sdf' });
    expect((await refusalOf('b', instanceId)).reason).toBe('volume-is-blank');
  });

  test('a copy on another volume is refused by the volume that its marker names (S7)', async () => {
    await machines.get('b')?.terminate();
    rmSync(volume('b'), { recursive: true, force: true });
    const other = 'vol-0000000000000ffff';
    cpSync(join(world.stateDir, 'true-b'), join(world.stateDir, 'volumes', other), { recursive: true });
    const { instanceId, machine } = launch('b');
    world.direct('b', { ...world.resume('b', instanceId, known('b')), volumeId: other });
    machine.attachVolume({ volumeId: other, device: '/dev/sdf' });
    expect((await refusalOf('b', instanceId)).reason).toBe('marker-of-another-volume');
  });

  test('a refusing machine looks again when its directive changes, and starts on the true disk', async () => {
    rmSync(volume('b'), { recursive: true, force: true });
    cpSync(join(world.stateDir, 'true-b'), volume('b'), { recursive: true });
    const instanceId = currentInstance('b');
    machines.get('b')?.attachVolume({ volumeId: volumeOf('b'), device: '/dev/sdf' });
    world.direct('b', world.resume('b', instanceId, known('b')));
    await eventually(async () => (await world.client('b').get('counter'))?.value === '18', {
      timeoutMs: 15_000,
    });
  });

  test('a formatted volume of somebody else is not touched by form', async () => {
    const foreign = 'vol-0000000000000eeee';
    const directory = join(world.stateDir, 'volumes', foreign);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'filesystem'), `${uuidOf('c')}\n`);
    const instanceId = next('a');
    await machines.get('a')?.terminate();
    machines.set('a', world.launch('a', instanceId));
    world.direct('a', { ...world.form('a', instanceId), volumeId: foreign });
    machines.get('a')?.attachVolume({ volumeId: foreign, device: '/dev/sdf' });
    expect((await refusalOf('a', instanceId)).reason).toBe('foreign-filesystem');
    expect(readFileSync(join(directory, 'filesystem'), 'utf8')).toBe(`${uuidOf('c')}\n`);
  });

  test('form is refused where etcd has run before', async () => {
    await machines.get('a')?.terminate();
    const { instanceId, machine } = launch('a');
    world.direct('a', world.form('a', instanceId));
    machine.attachVolume({ volumeId: volumeOf('a'), device: '/dev/sdf' });
    expect((await refusalOf('a', instanceId)).reason).toBe('data-present');
  });

  function currentInstance(slot: string): string {
    return `i-000000000000${slot}${String(lives.get(slot)).padStart(4, '0')}`;
  }

  function killEtcdOf(slot: string): void {
    const pid = world.pidOf(currentInstance(slot));
    process.kill(pid, 'SIGKILL');
  }
});
