import type { DescribeLaunchTemplateVersionsResult, Instance } from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { launch } from './refusals.ts';
import {
  type ComputeRegion,
  computeRegion,
  instance,
  makeInterface,
  makeNetwork,
  type Network,
  networkInterface,
  refusal,
} from './region.ts';

let region: ComputeRegion;
let network: Network;

beforeEach(async () => {
  region = await computeRegion();
  network = await makeNetwork(region);
});

afterEach(() => region.stop());

async function run(more: object): Promise<Instance> {
  const input = { ...launch, SubnetId: network.subnetA, ...more };
  const made = await region.call<{ Instances?: Instance[] }>('ec2', 'runInstances', input);
  return made.Instances?.[0] ?? {};
}

const state = async (id: string): Promise<string | undefined> => (await instance(region, id)).State?.Name;

test('an instance is pending, running, shutting down and terminated, and says so on the bus', async () => {
  const { InstanceId = '', State } = await run({});
  expect(State).toEqual({ Name: 'pending', Code: 0 });
  await eventually(async () => (await state(InstanceId)) === 'running');
  const changes = await region.call<{ TerminatingInstances?: object[] }>('ec2', 'terminateInstances', {
    InstanceIds: [InstanceId],
  });
  expect(changes.TerminatingInstances).toEqual([
    {
      InstanceId,
      PreviousState: { Name: 'running', Code: 16 },
      CurrentState: { Name: 'shutting-down', Code: 32 },
    },
  ]);
  await eventually(async () => (await state(InstanceId)) === 'terminated');
  const said = region.events.filter(
    (event) => event['detail-type'] === 'EC2 Instance State-change Notification',
  );
  expect(said.map((event) => event.detail.state)).toEqual([
    'pending',
    'running',
    'shutting-down',
    'terminated',
  ]);
  expect(said[0]?.resources).toEqual([`arn:aws:ec2:us-east-1:123456789012:instance/${InstanceId}`]);
  expect(await instance(region, InstanceId)).toMatchObject({
    NetworkInterfaces: [],
    StateReason: { Code: 'Client.UserInitiatedShutdown' },
  });
});

test('a stopped instance keeps its address, and boots a new machine when it is started', async () => {
  const { InstanceId = '', PrivateIpAddress } = await run({});
  await eventually(() => region.machines.length === 1);
  await region.call('ec2', 'stopInstances', { InstanceIds: [InstanceId] });
  await eventually(async () => (await state(InstanceId)) === 'stopped');
  expect((await instance(region, InstanceId)).PrivateIpAddress).toBe(PrivateIpAddress);
  await region.call('ec2', 'startInstances', { InstanceIds: [InstanceId] });
  await eventually(() => region.machines.length === 2);
  expect(await state(InstanceId)).toBe('running');
});

test('an instance that ends while it boots never gets a machine', async () => {
  await region.stop();
  region = await computeRegion({ instanceBoot: 150, instanceShutdown: 1 });
  network = await makeNetwork(region);
  const { InstanceId = '' } = await run({});
  await eventually(async () => (await state(InstanceId)) === 'running');
  await region.call('ec2', 'terminateInstances', { InstanceIds: [InstanceId] });
  await eventually(async () => (await state(InstanceId)) === 'terminated');
  await region.kernel.clock.sleep(200);
  expect(region.machines).toEqual([]);
});

test('the same ClientToken launches once, also when both calls are in flight', async () => {
  const [one, two] = await Promise.all([run({ ClientToken: 'x' }), run({ ClientToken: 'x' })]);
  expect(one.InstanceId).toBe(two.InstanceId);
  expect(await refusal(run({ ClientToken: 'x', InstanceType: 't4g.large' }))).toMatch(
    /^IdempotentParameterMismatch/,
  );
});

test('of two launches onto one interface at once, one is refused', async () => {
  const eni = await makeInterface(region, network.subnetA, '10.0.0.10');
  const input = { ...launch, NetworkInterfaces: [{ DeviceIndex: 0, NetworkInterfaceId: eni }] };
  const answers = await Promise.all([
    refusal(region.call('ec2', 'runInstances', input)),
    refusal(region.call('ec2', 'runInstances', input)),
  ]);
  expect(answers.toSorted()).toEqual([
    `InvalidNetworkInterface.InUse: Interface: [${eni}] in use.`,
    'accepted',
  ]);
});

test('an interface that was given survives its instance, one that was made with it goes with it', async () => {
  const eni = await makeInterface(region, network.subnetA, '10.0.0.10');
  const input = { ...launch, NetworkInterfaces: [{ DeviceIndex: 0, NetworkInterfaceId: eni }] };
  const given = await region.call<{ Instances?: Instance[] }>('ec2', 'runInstances', input);
  const own = await run({});
  const made = own.NetworkInterfaces?.[0]?.NetworkInterfaceId ?? '';
  const ids = [given.Instances?.[0]?.InstanceId, own.InstanceId];
  expect((await networkInterface(region, eni)).Attachment?.DeleteOnTermination).toBe(false);
  await region.call('ec2', 'terminateInstances', { InstanceIds: ids });
  await eventually(async () => (await networkInterface(region, eni)).Status === 'available');
  const describe = region.call('ec2', 'describeNetworkInterfaces', { NetworkInterfaceIds: [made] });
  expect(await refusal(describe)).toMatch(/^InvalidNetworkInterfaceID.NotFound/);
});

test('capacity and zones fail by order of a test, until the order is taken back', async () => {
  const restore = region.ec2.faults.zoneOutage('us-east-1a');
  expect(await refusal(run({}))).toMatch(
    /^InsufficientInstanceCapacity: We currently do not have sufficient t4g.medium/,
  );
  restore();
  expect(await refusal(run({}))).toBe('accepted');
  region.ec2.faults.insufficientCapacity({ instanceType: 't4g.large' });
  expect(await refusal(run({ InstanceType: 't4g.large' }))).toMatch(/^InsufficientInstanceCapacity/);
  expect(await refusal(run({}))).toBe('accepted');
});

test('an instance whose root volume cannot be decrypted ends by itself, and says why', async () => {
  const Ebs = { Encrypted: true, KmsKeyId: 'no-such-key' };
  const { InstanceId = '' } = await run({ BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs }] });
  await eventually(async () => (await state(InstanceId)) === 'terminated');
  expect((await instance(region, InstanceId)).StateReason?.Code).toBe('Client.InternalError');
});

test('the console shows what the machine said, also after its end', async () => {
  const { InstanceId = '' } = await run({});
  await eventually(() => region.machines.length === 1);
  await region.call('ec2', 'terminateInstances', { InstanceIds: [InstanceId] });
  await eventually(async () => (await state(InstanceId)) === 'terminated');
  const answer = await region.call<{ Output?: string }>('ec2', 'getConsoleOutput', { InstanceId });
  expect(Buffer.from(answer.Output ?? '', 'base64').toString()).toBe('boot\nterminate');
});

test('template versions add up: a new version keeps what it does not name, and the default is chosen', async () => {
  const LaunchTemplateName = 'node';
  await region.call('ec2', 'createLaunchTemplate', {
    LaunchTemplateName,
    LaunchTemplateData: { ImageId: 'resolve:ssm:/images/node', InstanceType: 't4g.medium' },
  });
  await region.call('ec2', 'createLaunchTemplateVersion', {
    LaunchTemplateName,
    SourceVersion: '1',
    LaunchTemplateData: { InstanceType: 't4g.large' },
  });
  const versions = async (...Versions: string[]): Promise<unknown[]> => {
    const input = { LaunchTemplateName, Versions };
    const answer = await region.call<DescribeLaunchTemplateVersionsResult>(
      'ec2',
      'describeLaunchTemplateVersions',
      input,
    );
    return (answer.LaunchTemplateVersions ?? []).map((one) => [one.VersionNumber, one.LaunchTemplateData]);
  };
  const first = { ImageId: 'resolve:ssm:/images/node', InstanceType: 't4g.medium' };
  expect(await versions('$Default')).toEqual([[1, first]]);
  expect(await versions('$Latest')).toEqual([[2, { ...first, InstanceType: 't4g.large' }]]);
  await region.call('ec2', 'modifyLaunchTemplate', { LaunchTemplateName, DefaultVersion: '2' });
  const launched = await region.call<{ Instances?: Instance[] }>('ec2', 'runInstances', {
    LaunchTemplate: { LaunchTemplateName },
    SubnetId: network.subnetA,
    MinCount: 1,
    MaxCount: 1,
  });
  expect(launched.Instances?.[0]).toMatchObject({
    InstanceType: 't4g.large',
    ImageId: 'ami-0123456789abcdef0',
  });
  const input = { LaunchTemplateName, Versions: ['1', '2', '3'] };
  expect(await region.call('ec2', 'deleteLaunchTemplateVersions', input)).toMatchObject({
    SuccessfullyDeletedLaunchTemplateVersions: [{ VersionNumber: 1 }],
    UnsuccessfullyDeletedLaunchTemplateVersions: [{ VersionNumber: 2 }, { VersionNumber: 3 }],
  });
});
