import type { InstanceStatus } from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { type ComputeRegion, computeRegion, instance, makeNetwork } from './region.ts';

let region: ComputeRegion;
let ids: string[];

beforeEach(async () => {
  region = await computeRegion({ hookScale: 0.002 });
  const { subnetA } = await makeNetwork(region);
  const made = await region.call<{ Instances?: { InstanceId?: string }[] }>('ec2', 'runInstances', {
    ImageId: 'ami-0123456789abcdef0',
    InstanceType: 'm7g.large',
    InstanceMarketOptions: { MarketType: 'spot' },
    SubnetId: subnetA,
    MinCount: 2,
    MaxCount: 2,
    TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'team', Value: 'data' }] }],
  });
  ids = (made.Instances ?? []).map(({ InstanceId = '' }) => InstanceId);
  await eventually(async () => (await statusOf(0)).InstanceStatus?.Status === 'ok');
});

afterEach(() => region.stop());

async function statuses(input: object = {}): Promise<InstanceStatus[]> {
  const call = region.call<{ InstanceStatuses?: InstanceStatus[] }>('ec2', 'describeInstanceStatus', input);
  return (await call).InstanceStatuses ?? [];
}

async function statusOf(index: number): Promise<InstanceStatus> {
  const [status] = await statuses({ InstanceIds: [ids[index]], IncludeAllInstances: true });
  return status ?? {};
}

const last = (type: string) => region.events.findLast((event) => event['detail-type'] === type);

test('spot warns two minutes ahead, and then ends the instance', async () => {
  const [id = ''] = ids;
  region.ec2.faults.interruptSpot(id);
  expect(last('EC2 Spot Instance Interruption Warning')).toEqual({
    source: 'aws.ec2',
    'detail-type': 'EC2 Spot Instance Interruption Warning',
    resources: [`arn:aws:ec2:us-east-1a:instance/${id}`],
    detail: { 'instance-id': id, 'instance-action': 'terminate' },
  });
  expect((await instance(region, id)).State?.Name).toBe('running');
  const ended = await eventually(async () => {
    const found = await instance(region, id);
    return found.State?.Name === 'terminated' ? found : undefined;
  });
  expect(ended.StateReason?.Code).toBe('Server.SpotInstanceTermination');
});

test('a rebalance recommendation changes nothing', async () => {
  const [id = ''] = ids;
  region.ec2.faults.recommendRebalance(id);
  expect(last('EC2 Instance Rebalance Recommendation')).toEqual({
    source: 'aws.ec2',
    'detail-type': 'EC2 Instance Rebalance Recommendation',
    resources: [`arn:aws:ec2:us-east-1a:instance/${id}`],
    detail: { 'instance-id': id },
  });
  expect((await instance(region, id)).State?.Name).toBe('running');
});

test('what is scheduled is told once for several instances, and shown until it is cancelled', async () => {
  const notBefore = new Date('2026-06-06T15:10:09Z');
  const change = { instanceIds: ids, code: 'instance-retirement', notBefore } as const;
  const cancel = region.ec2.faults.scheduleChange(change);
  expect(last('AWS Health Event')).toEqual({
    source: 'aws.health',
    'detail-type': 'AWS Health Event',
    resources: ids,
    detail: {
      eventArn: expect.stringMatching(/^arn:aws:health:us-east-1::event\//),
      service: 'EC2',
      eventTypeCode: 'AWS_EC2_INSTANCE_RETIREMENT_SCHEDULED',
      eventTypeCategory: 'scheduledChange',
      startTime: 'Sat, 06 Jun 2026 15:10:09 GMT',
      eventDescription: [{ language: 'en_US', latestDescription: expect.any(String) }],
      affectedEntities: ids.map((entityValue) => ({ entityValue, tags: { team: 'data' } })),
    },
  });
  const Filters = [{ Name: 'event.code', Values: ['instance-retirement'] }];
  const found = await statuses({ Filters });
  expect(found.map(({ InstanceId }) => InstanceId)).toEqual(ids);
  expect(found[0]?.Events).toMatchObject([{ Code: 'instance-retirement', NotBefore: notBefore }]);
  cancel();
  expect(await statuses({ Filters })).toEqual([]);
  expect((await statusOf(0)).Events).toEqual([]);
});

test('each status check fails by itself, since a time, and passes again', async () => {
  const [id = ''] = ids;
  const passing = { Status: 'ok', Details: [{ Name: 'reachability', Status: 'passed' }] };
  const mend = region.ec2.faults.impair(id, 'system');
  const status = await statusOf(0);
  expect(status.InstanceStatus).toEqual(passing);
  expect(status.SystemStatus).toEqual({
    Status: 'impaired',
    Details: [{ Name: 'reachability', Status: 'failed', ImpairedSince: expect.any(Date) }],
  });
  const Filters = [{ Name: 'system-status.status', Values: ['impaired'] }];
  expect((await statuses({ Filters })).map(({ InstanceId }) => InstanceId)).toEqual([id]);
  mend();
  expect((await statusOf(0)).SystemStatus).toEqual(passing);
});
