import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { createWorld, slots, volumeOf, type World } from './world.ts';

/** Real etcds over TLS from the rendered files, told by directives alone what to do (design §6). */
describe('three control-plane machines', () => {
  let world: World;
  const instanceOf = (slot: string, life: number): string => `i-0000000000000000${slot}${life}`.slice(0, 19);

  beforeAll(async () => {
    world = await createWorld(90);
  });
  afterAll(async () => {
    await world.stop();
  });

  const voters = async (slot: string) => {
    const { members } = await world.client(slot).memberList({ linearizable: true });
    return members.filter((member) => member.name !== '' && !member.learner);
  };

  test('form three voters from blank volumes, and report who they are', async () => {
    for (const slot of slots) {
      const instanceId = instanceOf(slot, 1);
      const machine = world.launch(slot, instanceId);
      await eventually(() => world.report(slot, instanceId)?.state === 'waiting');
      world.direct(slot, world.form(slot, instanceId));
      await eventually(() => world.report(slot, instanceId)?.reason === 'volume-not-attached');
      machine.attachVolume({ volumeId: volumeOf(slot), device: '/dev/sdf' });
    }
    await eventually(async () => (await voters('a')).length === 3, { timeoutMs: 20_000 });
    const report = await eventually(() => {
      const said = world.report('b', instanceOf('b', 1));
      return said?.memberId !== undefined && said.memberId !== '0' ? said : undefined;
    });
    const status = await world.client('b').status();
    expect(report.state).toBe('started');
    expect(report.reason).toBeUndefined();
    expect(report.memberId).toBe(status.header.memberId);
    expect(report.markerVolumeId).toBe('vol-0000000000000000b');
  });
});
