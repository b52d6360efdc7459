import type { Volume } from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { launch } from './refusals.ts';
import { type ComputeRegion, computeRegion, instance, makeNetwork, refusal, volume } from './region.ts';

let region: ComputeRegion;

beforeEach(async () => {
  region = await computeRegion();
});

afterEach(() => region.stop());

async function createVolume(more: object = {}): Promise<Volume> {
  return region.call<Volume>('ec2', 'createVolume', { AvailabilityZone: 'us-east-1a', Size: 8, ...more });
}

async function available(more: object = {}): Promise<string> {
  const { VolumeId = '' } = await createVolume(more);
  await eventually(async () => (await volume(region, VolumeId)).State === 'available');
  return VolumeId;
}

async function runningInstance(): Promise<string> {
  const { subnetA } = await makeNetwork(region);
  const made = await region.call<{ Instances?: { InstanceId?: string }[] }>('ec2', 'runInstances', {
    ...launch,
    SubnetId: subnetA,
  });
  const id = made.Instances?.[0]?.InstanceId ?? '';
  await eventually(() => region.machines[0]);
  return id;
}

test('a volume is creating, then available, with the defaults of its type', async () => {
  expect(await createVolume()).toMatchObject({
    State: 'creating',
    VolumeType: 'gp2',
    Iops: 100,
    Encrypted: false,
  });
  const fast = await createVolume({ VolumeType: 'gp3' });
  expect(fast).toMatchObject({ VolumeType: 'gp3', Iops: 3000, Throughput: 125, Size: 8 });
  await eventually(async () => (await volume(region, fast.VolumeId ?? '')).State === 'available');
});

test('the same ClientToken gives the same volume', async () => {
  const one = await createVolume({ ClientToken: 'slot-a' });
  expect((await createVolume({ ClientToken: 'slot-a' })).VolumeId).toBe(one.VolumeId);
  expect(await refusal(createVolume({ ClientToken: 'slot-a', Size: 9 }))).toMatch(
    /^IdempotentParameterMismatch: /,
  );
});

test('a wrong KMS key shows later, as the state error', async () => {
  const good = await createVolume({ Encrypted: true, KmsKeyId: 'good-key' });
  const bad = await createVolume({ Encrypted: true, KmsKeyId: 'no-such-key' });
  expect(bad.State).toBe('creating');
  await eventually(async () => (await volume(region, bad.VolumeId ?? '')).State === 'error');
  await eventually(async () => (await volume(region, good.VolumeId ?? '')).State === 'available');
  const event = region.events.find((one) => one.detail.result === 'failed');
  expect(event).toMatchObject({
    source: 'aws.ec2',
    'detail-type': 'EBS Volume Notification',
    detail: { event: 'createVolume', cause: 'no-such-key does not exist.' },
  });
  await region.call('ec2', 'deleteVolume', { VolumeId: bad.VolumeId });
});

test('a volume is attached to a running instance, reaches its machine, and comes back when it is detached', async () => {
  const instanceId = await runningInstance();
  const VolumeId = await available();
  const input = { VolumeId, InstanceId: instanceId, Device: '/dev/sdf' };
  expect(await region.call('ec2', 'attachVolume', input)).toMatchObject({
    State: 'attaching',
    DeleteOnTermination: false,
  });
  expect((await volume(region, VolumeId)).State).toBe('in-use');
  await eventually(async () => (await volume(region, VolumeId)).Attachments?.[0]?.State === 'attached');
  expect(region.machines[0]?.log).toEqual(['boot', `attach ${VolumeId} /dev/sdf`]);

  expect(await region.call('ec2', 'detachVolume', { VolumeId, Force: true })).toMatchObject({
    State: 'detaching',
  });
  await eventually(async () => (await volume(region, VolumeId)).State === 'available');
  expect(region.machines[0]?.log.at(-1)).toBe(`detach ${VolumeId}`);
});

test('detaching from an instance that does not have it is refused', async () => {
  const instanceId = await runningInstance();
  const VolumeId = await available();
  await region.call('ec2', 'attachVolume', { VolumeId, InstanceId: instanceId, Device: '/dev/sdf' });
  const other = { VolumeId, InstanceId: 'i-00000000000000000' };
  expect(await refusal(region.call('ec2', 'detachVolume', other))).toBe(
    `InvalidAttachment.NotFound: The volume '${VolumeId}' is not attached to instance 'i-00000000000000000' as device '/dev/sdf'.`,
  );
});

test('termination gives an attached volume back only after the instance has ended, and deletes the root volume', async () => {
  const instanceId = await runningInstance();
  const VolumeId = await available();
  await region.call('ec2', 'attachVolume', { VolumeId, InstanceId: instanceId, Device: '/dev/sdf' });
  const mapping = (await instance(region, instanceId)).BlockDeviceMappings ?? [];
  const root = mapping.find((one) => one.DeviceName === '/dev/xvda')?.Ebs?.VolumeId ?? '';
  const release = region.ec2.faults.holdShutdown(instanceId);
  await region.call('ec2', 'terminateInstances', { InstanceIds: [instanceId] });
  await eventually(() => region.machines[0]?.log.includes('terminate'));
  expect((await instance(region, instanceId)).State?.Name).toBe('shutting-down');
  expect((await volume(region, VolumeId)).State).toBe('in-use');
  release();
  await eventually(async () => (await volume(region, VolumeId)).State === 'available');
  expect((await instance(region, instanceId)).State?.Name).toBe('terminated');
  const gone = (): Promise<string> => refusal(region.call('ec2', 'describeVolumes', { VolumeIds: [root] }));
  await eventually(async () => (await gone()).startsWith('InvalidVolume.NotFound'));
});

test('a volume grows, and does not shrink or change twice at once', async () => {
  const VolumeId = await available({ VolumeType: 'gp3' });
  const modify = (more: object): Promise<unknown> =>
    region.call('ec2', 'modifyVolume', { VolumeId, ...more });
  expect(await refusal(modify({ Size: 4 }))).toBe(
    'InvalidParameterValue: New size cannot be smaller than existing size',
  );
  await modify({ Size: 16, Iops: 4000 });
  expect(await refusal(modify({ Size: 32 }))).toBe(
    `IncorrectModificationState: Cannot modify volume ${VolumeId} in modification state MODIFYING`,
  );
  await eventually(async () => (await volume(region, VolumeId)).Size === 16);
  expect(await volume(region, VolumeId)).toMatchObject({ Iops: 4000, Throughput: 125 });
});

test('volumes are found by filters and in pages', async () => {
  for (let count = 0; count < 7; count += 1) await createVolume();
  const tagged = {
    TagSpecifications: [{ ResourceType: 'volume', Tags: [{ Key: 'trivet:slot', Value: 'a' }] }],
  };
  const mine = await createVolume(tagged);
  const find = async (...Filters: object[]): Promise<(string | undefined)[]> => {
    const found = await region.call<{ Volumes?: Volume[] }>('ec2', 'describeVolumes', { Filters });
    return (found.Volumes ?? []).map((one) => one.VolumeId);
  };
  expect(await find({ Name: 'tag:trivet:slot', Values: ['a', 'b'] })).toEqual([mine.VolumeId]);
  expect(await find({ Name: 'tag-key', Values: ['trivet:*'] })).toEqual([mine.VolumeId]);
  expect(await find({ Name: 'availability-zone', Values: ['us-east-1b'] })).toEqual([]);

  type Page = { Volumes?: Volume[]; NextToken?: string };
  const first = await region.call<Page>('ec2', 'describeVolumes', { MaxResults: 5 });
  const second = await region.call<Page>('ec2', 'describeVolumes', {
    MaxResults: 5,
    NextToken: first.NextToken,
  });
  expect([first.Volumes?.length, second.Volumes?.length, second.NextToken]).toEqual([5, 3, undefined]);
});
