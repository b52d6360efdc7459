import { EC2, type EC2ClientConfig } from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';
import { AwsError } from '../../../region/kernel/errors.ts';
import type { Operations } from '../../../region/kernel/kernel.ts';
import { play, throughBothDoors } from './doors.ts';

describe('ec2Query', () => {
  throughBothDoors((door) => {
    const client = (more: EC2ClientConfig = {}): EC2 => new EC2({ ...door.config, ...more });

    it('reads filters, nested lists, tag specifications, numbers and booleans as the SDK had them', async () => {
      play(door, 'ec2', { runInstances: () => ({ Instances: [], ReservationId: 'r-1' }) });
      const input = {
        MinCount: 1,
        MaxCount: 3,
        DryRun: false,
        EbsOptimized: true,
        UserData: 'IyEvYmluL3No',
        LaunchTemplate: { LaunchTemplateId: 'lt-1', Version: '$Latest' },
        NetworkInterfaces: [{ DeviceIndex: 0, NetworkInterfaceId: 'eni-1', Groups: ['sg-1', 'sg-2'] }],
        BlockDeviceMappings: [
          { DeviceName: '/dev/sda1', Ebs: { VolumeSize: 8, DeleteOnTermination: true, VolumeType: 'gp3' } },
          { DeviceName: '/dev/sdb', Ebs: { Encrypted: true } },
        ],
        TagSpecifications: [
          {
            ResourceType: 'instance',
            Tags: [
              { Key: 'Name', Value: 'a & b <c>' },
              { Key: 'é', Value: '' },
            ],
          },
          { ResourceType: 'volume', Tags: [{ Key: 'x', Value: '1+1=2%' }] },
        ],
      } as const;
      await client().runInstances(input as never);
      expect(door.inputs.at(-1)).toMatchObject(input);
    });

    it('keeps the order of more than nine list entries', async () => {
      play(door, 'ec2', { describeVolumes: () => ({ Volumes: [] }) });
      const ids = Array.from({ length: 12 }, (_, index) => `vol-${index}`);
      await client().describeVolumes({ VolumeIds: ids });
      expect(door.inputs.at(-1)).toEqual({ VolumeIds: ids });
    });

    it('reads and writes times', async () => {
      const at = new Date('2026-11-22T12:30:00.250Z');
      const operations: Operations<EC2> = {
        describeVolumes: () => ({
          Volumes: [{ VolumeId: 'vol-1', CreateTime: at, Size: 8, Iops: 3000, Encrypted: true }],
          NextToken: 'more',
        }),
        describeSpotPriceHistory: (input) => ({
          SpotPriceHistory: [{ Timestamp: input.StartTime, SpotPrice: '0.1' }],
        }),
      };
      play(door, 'ec2', operations as never);
      const volumes = await client().describeVolumes({});
      expect(volumes).toMatchObject({
        Volumes: [{ VolumeId: 'vol-1', CreateTime: at, Size: 8, Iops: 3000, Encrypted: true }],
        NextToken: 'more',
      });
      const prices = await client().describeSpotPriceHistory({ StartTime: at });
      expect(prices.SpotPriceHistory).toEqual([{ Timestamp: at, SpotPrice: '0.1' }]);
    });

    it('answers empty lists as empty lists, nested ones too', async () => {
      play(door, 'ec2', {
        describeInstances: () => ({
          Reservations: [
            {
              ReservationId: 'r-1',
              Groups: [],
              Instances: [{ InstanceId: 'i-1', Tags: [], State: { Code: 16, Name: 'running' } }],
            },
          ],
        }),
        describeVpcs: () => ({ Vpcs: [] }),
      });
      const { $metadata: _, ...instances } = await client().describeInstances({});
      expect(instances).toEqual({
        Reservations: [
          {
            ReservationId: 'r-1',
            Groups: [],
            Instances: [{ InstanceId: 'i-1', Tags: [], State: { Code: 16, Name: 'running' } }],
          },
        ],
      });
      expect((await client().describeVpcs({})).Vpcs).toEqual([]);
    });

    it('answers operations without output, and gives a request id', async () => {
      play(door, 'ec2', { deleteVolume: () => ({}) });
      const answer = await client().deleteVolume({ VolumeId: 'vol-1' });
      expect(answer.$metadata.httpStatusCode).toBe(200);
      expect(answer.$metadata.requestId).toBe(door.contexts.at(-1)?.requestId);
    });

    it('gives errors EC2 codes and statuses', async () => {
      play(door, 'ec2', {
        attachVolume: () => {
          throw new AwsError('InvalidVolume.ZoneMismatch', "zone <us-east-1a> & 'b'");
        },
        describeVolumes: () => {
          throw new AwsError('RequestLimitExceeded', 'Request limit exceeded.', { status: 503 });
        },
      });
      const attach = client().attachVolume({ VolumeId: 'v', InstanceId: 'i', Device: '/dev/sdf' });
      await expect(attach).rejects.toMatchObject({
        name: 'InvalidVolume.ZoneMismatch',
        message: "zone <us-east-1a> & 'b'",
        $fault: 'client',
        $metadata: { httpStatusCode: 400 },
      });
      await expect(client({ maxAttempts: 1 }).describeVolumes({})).rejects.toMatchObject({
        name: 'RequestLimitExceeded',
        $metadata: { httpStatusCode: 503 },
      });
    });

    it('answers a dry run without doing anything', async () => {
      play(door, 'ec2', { terminateInstances: () => ({ TerminatingInstances: [] }) });
      const before = door.inputs.length;
      const terminate = client().terminateInstances({ InstanceIds: ['i-1'], DryRun: true });
      await expect(terminate).rejects.toMatchObject({
        name: 'DryRunOperation',
        message: 'Request would have succeeded, but DryRun flag is set.',
        $metadata: { httpStatusCode: 412 },
      });
      expect(door.inputs.length).toBe(before);
    });

    it('refuses a missing required parameter as EC2 does', async () => {
      play(door, 'ec2', { attachVolume: () => ({}) });
      const attach = client().attachVolume({ VolumeId: 'vol-1', Device: '/dev/sdf' } as never);
      await expect(attach).rejects.toMatchObject({
        name: 'MissingParameter',
        message: 'The request must contain the parameter InstanceId',
      });
    });

    it('says loudly which operation it does not play, at the first attempt', async () => {
      play(door, 'ec2', {});
      await expect(client().describeHosts({})).rejects.toMatchObject({
        name: 'NotImplementedByEmbeddedRegion',
        message: 'The embedded region does not play ec2.describeHosts.',
        $metadata: { httpStatusCode: 501, attempts: 1 },
      });
      expect(door.log).toContain('The embedded region does not play ec2.describeHosts.');
    });
  });
});
