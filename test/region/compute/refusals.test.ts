import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { autoscalingRefusals, ec2Refusals, launch } from './refusals.ts';
import {
  type ComputeRegion,
  computeRegion,
  instance,
  makeInterface,
  makeNetwork,
  type Network,
  refusal,
  volume,
} from './region.ts';

let region: ComputeRegion;
let network: Network;
let eni: string;
let running: string;
let volumeA: string;
let volumeB: string;

/** Names of what the region holds, put into the table's inputs. */
let names: Record<string, string>;

beforeAll(async () => {
  region = await computeRegion();
  network = await makeNetwork(region);
  eni = await makeInterface(region, network.subnetA, '10.0.0.10');
  running = await run({ NetworkInterfaces: [{ DeviceIndex: 0, NetworkInterfaceId: eni }] });
  await eventually(async () => (await instance(region, running)).State?.Name === 'running');
  volumeA = await makeVolume('us-east-1a');
  volumeB = await makeVolume('us-east-1b');
  const attached = await makeVolume('us-east-1a');
  await region.call('ec2', 'attachVolume', { VolumeId: attached, InstanceId: running, Device: '/dev/sdf' });
  await region.call('ec2', 'createVolume', { AvailabilityZone: 'us-east-1a', Size: 9, ClientToken: 'once' });
  await region.call('ec2', 'createLaunchTemplate', {
    LaunchTemplateName: 'taken',
    LaunchTemplateData: { ImageId: 'ami-0123456789abcdef0', InstanceType: 't4g.medium' },
  });
  names = { ...network, eni, running, volumeA, volumeB, attached };
});

afterAll(() => region.stop());

async function run(more: object): Promise<string> {
  const made = await region.call<{ Instances?: { InstanceId?: string }[] }>('ec2', 'runInstances', {
    ...launch,
    ...more,
  });
  return made.Instances?.[0]?.InstanceId ?? '';
}

async function makeVolume(AvailabilityZone: string): Promise<string> {
  const made = await region.call<{ VolumeId?: string }>('ec2', 'createVolume', { AvailabilityZone, Size: 8 });
  const id = made.VolumeId ?? '';
  await eventually(async () => (await volume(region, id)).State === 'available');
  return id;
}

/** `$name` in an input stands for what the region holds under that name. */
function fill(value: unknown): unknown {
  if (typeof value === 'string')
    return value.replaceAll(/\$(\w+)/g, (_, name: string) => names[name] ?? name);
  if (Array.isArray(value)) return value.map(fill);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, fill(member)]));
}

describe('what AWS refuses, the region refuses with the same code and message', () => {
  test.each(ec2Refusals)('ec2 %s %o is answered by %s', async (operation, input, answer) => {
    expect(await refusal(region.call('ec2', operation, fill(input) as object))).toBe(fill(answer));
  });

  test.each(autoscalingRefusals)('autoscaling %s %o is answered by %s', async (operation, input, answer) => {
    expect(await refusal(region.call('autoscaling', operation, fill(input) as object))).toBe(fill(answer));
  });
});

test('a volume cannot be attached to an instance that is still pending', async () => {
  const slow = await computeRegion({ instancePending: 60_000 });
  const { subnetA } = await makeNetwork(slow);
  const made = await slow.call<{ Instances?: { InstanceId?: string }[] }>('ec2', 'runInstances', {
    ...launch,
    SubnetId: subnetA,
  });
  const pending = made.Instances?.[0]?.InstanceId ?? '';
  const created = await slow.call<{ VolumeId?: string }>('ec2', 'createVolume', {
    AvailabilityZone: 'us-east-1a',
    Size: 8,
  });
  await eventually(async () => (await volume(slow, created.VolumeId ?? '')).State === 'available');
  const input = { VolumeId: created.VolumeId, InstanceId: pending, Device: '/dev/sdf' };
  expect(await refusal(slow.call('ec2', 'attachVolume', input))).toBe(
    `IncorrectState: Instance '${pending}' is not 'running'.`,
  );
  await slow.stop();
});
