import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateLaunchTemplateCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { makePoolGroups, type PoolGroups, type PoolInstance } from '../../../functions/aws/pool-groups.ts';
import { makeSlotGroups } from '../../../functions/aws/slot-groups.ts';
import { workerHooks } from '../../../functions/workers/decide-pool-group.ts';
import { type Region, startRegion } from '../../../region/region.ts';
import { eventually } from '../../support/eventually.ts';
import { testConfig } from '../../support/fake-task-context.ts';

const owner = { deployment: 'trivet', cluster: 'demo', pool: 'general' };
const tags = { 'trivet:deployment': 'trivet', 'trivet:cluster': 'demo', 'trivet:pool': 'general' };

let region: Region;
let stateDir: string;
let groups: PoolGroups;
let subnetId: string;
let launchTemplateId: string;
let count = 0;
let name: string;

const shape = (changes: object = {}) => ({
  name,
  subnetIds: [subnetId],
  min: 0,
  max: 3,
  launchTemplateId,
  launchTemplateVersion: '1',
  ...changes,
});

beforeAll(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'trivet-pools-'));
  region = await startRegion({ stateDir, delays: 'fast', etcdPath: 'none', vpcCidr: '127.94.0.0/16' });
  const { endpoint, credentials } = region.clientConfig();
  vi.stubEnv('AWS_ENDPOINT_URL', endpoint);
  vi.stubEnv('AWS_ACCESS_KEY_ID', credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey);
  const ec2 = new EC2Client(region.clientConfig());
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '127.94.0.0/16' }));
  const place = { VpcId: Vpc?.VpcId ?? '', CidrBlock: '127.94.0.0/24', AvailabilityZone: 'us-east-1a' };
  subnetId = (await ec2.send(new CreateSubnetCommand(place))).Subnet?.SubnetId ?? '';
  const template = new CreateLaunchTemplateCommand({
    LaunchTemplateName: 'worker',
    LaunchTemplateData: { ImageId: 'ami-0123456789abcdef0', InstanceType: 'm7g.large' },
  });
  launchTemplateId = (await ec2.send(template)).LaunchTemplate?.LaunchTemplateId ?? '';
  groups = makePoolGroups(testConfig);
});

afterAll(async () => {
  await region?.stop();
  rmSync(stateDir, { recursive: true, force: true });
});

beforeEach(() => {
  count += 1;
  name = `trivet-demo-pool-general-${count}`;
});

/** The group's first instance in this state. */
function instanceIn(lifecycleState: string): Promise<PoolInstance> {
  return eventually(async () => {
    const [group] = await groups.describe([name]);
    return group?.instances.find((one) => one.lifecycleState === lifecycleState);
  });
}

/** A group with no launch hook in the way of its one instance. */
async function groupWithInstance(): Promise<string> {
  await groups.create(shape({ min: 0 }), workerHooks, tags);
  expect(await groups.setDesired(name, { from: 0, to: 1 }, owner)).toBe('set');
  const { instanceId } = await instanceIn('Pending:Wait');
  const waiting = { group: name, hook: 'trivet-launch', instanceId };
  await makeSlotGroups(testConfig).completeLaunch(waiting);
  await instanceIn('InService');
  return instanceId;
}

describe('pool groups', () => {
  test('are found as they were made, with both hooks, and not where there are none', async () => {
    expect(await groups.find(name)).toBeUndefined();
    await groups.create(shape(), workerHooks, tags);
    expect(await groups.find(name)).toEqual({
      ...shape(),
      desired: 0,
      instances: [],
      suspended: [],
      hooks: workerHooks,
      tags,
    });
    expect((await groups.describe([name, 'nobody'])).map((group) => group.name)).toEqual([name]);
  });

  test('take a changed hook, and only from their owner', async () => {
    await groups.create(shape(), workerHooks, tags);
    const [group] = await groups.describe([name]);
    if (!group) throw new Error('no group');
    const hook = { ...workerHooks.terminate, heartbeatTimeoutSeconds: 60 };
    await groups.putHook(group, { transition: 'terminate', hook }, owner);
    expect((await groups.find(name))?.hooks).toEqual({ launch: workerHooks.launch, terminate: hook });
    const foreign = groups.putHook(group, { transition: 'terminate', hook }, { ...owner, cluster: 'other' });
    await expect(foreign).rejects.toMatchObject({ name: 'ForeignResource' });
  });

  test('are resized only from the size that the decision saw, and only by their owner', async () => {
    await groups.create(shape(), workerHooks, tags);
    expect(await groups.setDesired(name, { from: 2, to: 3 }, owner)).toBe('changed');
    expect(await groups.setDesired('nobody', { from: 0, to: 1 }, owner)).toBe('changed');
    const foreign = groups.setDesired(name, { from: 0, to: 1 }, { ...owner, cluster: 'other' });
    await expect(foreign).rejects.toMatchObject({ name: 'ForeignResource' });
    const tooMany = groups.setDesired(name, { from: 0, to: 9 }, owner);
    await expect(tooMany).rejects.toMatchObject({ name: 'AwsRefused' });
    expect((await groups.describe([name]))[0]?.desired).toBe(0);
  });

  test('let one instance go through the hook, and are smaller by it once', async () => {
    const instanceId = await groupWithInstance();
    expect(await groups.heartbeat({ group: name, instanceId })).toBe(false);
    expect(await groups.terminate(instanceId, { decrement: true })).toBe(true);
    expect(await instanceIn('Terminating:Wait')).toEqual({
      instanceId,
      lifecycleState: 'Terminating:Wait',
      healthStatus: 'Healthy',
      instanceType: 'm7g.large',
      zone: 'us-east-1a',
    });
    expect(await groups.terminate(instanceId, { decrement: true })).toBe(true);
    expect((await groups.describe([name]))[0]?.desired).toBe(0);
    expect(await groups.heartbeat({ group: name, instanceId })).toBe(true);
    expect(await groups.completeTermination({ group: name, instanceId })).toBe(true);
    await eventually(async () => (await groups.describe([name]))[0]?.instances.length === 0);
    expect(await groups.completeTermination({ group: name, instanceId })).toBe(false);
    expect(await groups.heartbeat({ group: name, instanceId })).toBe(false);
    expect(await groups.terminate(instanceId, { decrement: true })).toBe(false);
  });

  test('replace an instance that is terminated without a decrement', async () => {
    const instanceId = await groupWithInstance();
    expect(await groups.terminate(instanceId, { decrement: false })).toBe(true);
    expect((await groups.describe([name]))[0]?.desired).toBe(1);
    const { instanceId: next } = await instanceIn('Pending:Wait');
    expect(next).not.toBe(instanceId);
  });
});
