import { afterEach, beforeEach, expect, test } from 'vitest';
import { createControl } from '../../../region/control.ts';
import { noBody, toBytes, toText } from '../../../region/protocols/wire.ts';
import { eventually } from '../../support/eventually.ts';
import { launch } from './refusals.ts';
import { type ComputeRegion, computeRegion, makeNetwork, refusal, volume } from './region.ts';

let region: ComputeRegion;
let control: ReturnType<typeof createControl>;
beforeEach(async () => {
  region = await computeRegion();
  control = createControl(region.kernel);
});
afterEach(() => region.stop());

const request = {
  method: 'GET',
  host: '127.0.0.1:4566',
  path: '/_trivet/faults',
  query: [],
  headers: {},
  body: noBody,
};

function send(more: object): { status: number; body: unknown } {
  const answer = control.answer({ ...request, ...more });
  if (!answer) throw new Error('it did not answer');
  return { status: answer.status, body: JSON.parse(toText(answer.body)) };
}

const order = (fault: object) =>
  send({
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: toBytes(JSON.stringify(fault)),
  });

test('what can be broken is said, and nothing is broken at first', () => {
  expect(send({})).toEqual({
    status: 200,
    body: { faults: ['cut-zone', 'join-zone', 'lose-volume'], zonesCut: [] },
  });
  expect(control.answer({ ...request, path: '/_trivet/health' })).toBeUndefined();
});

test('a zone that is cut takes no launches and its machines are held, until it is joined again', async () => {
  const { subnetA, subnetB } = await makeNetwork(region);
  const run = (SubnetId: string) => refusal(region.call('ec2', 'runInstances', { ...launch, SubnetId }));
  expect(order({ fault: 'cut-zone', zone: 'us-east-1a' }).body).toMatchObject({ zonesCut: ['us-east-1a'] });
  expect(order({ fault: 'cut-zone', zone: 'us-east-1a' }).status).toBe(200);
  expect(region.heldZones).toEqual(['us-east-1a']);
  expect(await run(subnetA)).toMatch(/^InsufficientInstanceCapacity: /);
  expect(await run(subnetB)).toBe('accepted');
  expect(order({ fault: 'join-zone', zone: 'us-east-1a' }).body).toMatchObject({ zonesCut: [] });
  expect(region.heldZones).toEqual([]);
  expect(await run(subnetA)).toBe('accepted');
});

test('a lost volume is in error for good, and the machine that has it loses the disk', async () => {
  const { subnetA } = await makeNetwork(region);
  const made = await region.call<{ VolumeId: string }>('ec2', 'createVolume', {
    AvailabilityZone: 'us-east-1a',
    Size: 8,
  });
  const { Instances = [] } = await region.call<{ Instances?: { InstanceId: string }[] }>(
    'ec2',
    'runInstances',
    { ...launch, SubnetId: subnetA },
  );
  const InstanceId = Instances[0]?.InstanceId ?? '';
  await eventually(() => region.machines[0]);
  await eventually(async () => (await volume(region, made.VolumeId)).State === 'available');
  await region.call('ec2', 'attachVolume', { VolumeId: made.VolumeId, InstanceId, Device: '/dev/sdf' });
  await eventually(() => region.machines[0]?.log.includes(`attach ${made.VolumeId} /dev/sdf`));

  expect(order({ fault: 'lose-volume', volumeId: made.VolumeId }).status).toBe(200);
  expect(region.machines[0]?.log.at(-1)).toBe(`detach ${made.VolumeId}`);
  expect((await volume(region, made.VolumeId)).State).toBe('error');
  await region.call('ec2', 'terminateInstances', { InstanceIds: [InstanceId] });
  await eventually(async () => (await volume(region, made.VolumeId)).Attachments?.length === 0);
  expect((await volume(region, made.VolumeId)).State).toBe('error');
});

test.each([
  [{ fault: 'cut-zone', zone: 'eu-west-1a' }, 'zone names no zone of us-east-1: eu-west-1a'],
  [{ fault: 'cut-zone' }, 'zone names no zone of us-east-1: none'],
  [{ fault: 'lose-volume', volumeId: 'vol-0' }, "The volume 'vol-0' does not exist."],
  [{ fault: 'set-fire' }, 'fault is one of cut-zone, join-zone, lose-volume'],
  [7, 'fault is one of cut-zone, join-zone, lose-volume'],
])('an order that makes no sense is refused with the reason: %j', (fault, message) => {
  expect(order(fault as object)).toEqual({ status: 400, body: { message } });
});

test.each([
  [{ host: 'trivet.example.com:4566' }, 403],
  [{ host: '127.0.0.1.example.com' }, 403],
  [{ host: 'localhost:4566' }, 200],
  [{ method: 'DELETE' }, 405],
  [{ method: 'POST', headers: { 'content-type': 'text/plain' } }, 415],
])('a page from elsewhere is kept out: %j gets %i', (more, status) => {
  expect(send(more).status).toBe(status);
});
