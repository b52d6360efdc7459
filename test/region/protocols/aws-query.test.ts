import { AutoScaling } from '@aws-sdk/client-auto-scaling';
import { CloudFormation } from '@aws-sdk/client-cloudformation';
import { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import { IAM } from '@aws-sdk/client-iam';
import { STS } from '@aws-sdk/client-sts';
import { describe, expect, it } from 'vitest';
import { AwsError } from '../../../region/kernel/errors.ts';
import { play, throughBothDoors } from './doors.ts';

describe('awsQuery', () => {
  throughBothDoors((door) => {
    it('reads lists, empty lists, nested structures and numbers', async () => {
      play(door, 'autoscaling', { createAutoScalingGroup: () => ({}) });
      const input = {
        AutoScalingGroupName: 'trivet-demo-slot-a',
        MinSize: 0,
        MaxSize: 1,
        AvailabilityZones: ['us-east-1a'],
        TargetGroupARNs: [],
        LaunchTemplate: { LaunchTemplateId: 'lt-1', Version: '3' },
        LifecycleHookSpecificationList: [
          { LifecycleHookName: 'trivet-launch', LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING' },
        ],
        Tags: [{ Key: 'trivet:cluster', Value: 'demo', PropagateAtLaunch: true }],
      };
      await new AutoScaling(door.config).createAutoScalingGroup(input);
      expect(door.inputs.at(-1)).toEqual(input);
    });

    it('writes lists, times, booleans and empty lists', async () => {
      const at = new Date('2026-11-22T12:00:00.000Z');
      const group = {
        AutoScalingGroupName: 'g',
        MinSize: 0,
        MaxSize: 1,
        DesiredCapacity: 1,
        DefaultCooldown: 300,
        AvailabilityZones: ['us-east-1a'],
        HealthCheckType: 'EC2',
        CreatedTime: at,
        NewInstancesProtectedFromScaleIn: false,
        Instances: [],
        Tags: [{ Key: 'k', Value: '<v> & "w"' }],
      };
      play(door, 'autoscaling', { describeAutoScalingGroups: () => ({ AutoScalingGroups: [group] }) });
      const answer = await new AutoScaling(door.config).describeAutoScalingGroups({});
      expect(answer.AutoScalingGroups).toEqual([group]);
    });

    it('reads and writes string maps', async () => {
      play(door, 'iam', {
        getContextKeysForCustomPolicy: () => ({ ContextKeyNames: ['aws:userid'] }),
        getAccountSummary: () => ({ SummaryMap: { Users: 3, Groups: 0 } }),
        createRole: () => ({
          Role: {
            Path: '/trivet/demo/',
            RoleName: 'r',
            RoleId: 'AROA1',
            Arn: 'arn:aws:iam::123456789012:role/trivet/demo/r',
            CreateDate: new Date(0),
            AssumeRolePolicyDocument: '%7B%7D',
          },
        }),
      });
      const iam = new IAM(door.config);
      expect((await iam.getAccountSummary({})).SummaryMap).toEqual({ Users: 3, Groups: 0 });
      const policies = { PolicyInputList: ['{"Statement":[]}'] };
      expect((await iam.getContextKeysForCustomPolicy(policies)).ContextKeyNames).toEqual(['aws:userid']);
      expect(door.inputs.at(-1)).toEqual(policies);
      const role = await iam.createRole({ RoleName: 'r', AssumeRolePolicyDocument: '{"a":"+ &"}' });
      expect(door.inputs.at(-1)).toEqual({ RoleName: 'r', AssumeRolePolicyDocument: '{"a":"+ &"}' });
      expect(role.Role?.CreateDate).toEqual(new Date(0));
    });

    it('reads target groups, matchers and attributes of a load balancer', async () => {
      play(door, 'elbv2', {
        registerTargets: () => ({}),
        describeTargetHealth: () => ({
          TargetHealthDescriptions: [
            { Target: { Id: '10.0.0.1', Port: 6443 }, TargetHealth: { State: 'healthy' } },
          ],
        }),
      });
      const elb = new ElasticLoadBalancingV2(door.config);
      const targets = { TargetGroupArn: 'arn', Targets: [{ Id: '10.0.0.1', Port: 6443 }] };
      await elb.registerTargets(targets);
      expect(door.inputs.at(-1)).toEqual(targets);
      expect((await elb.describeTargetHealth({ TargetGroupArn: 'arn' })).TargetHealthDescriptions).toEqual([
        { Target: { Id: '10.0.0.1', Port: 6443 }, TargetHealth: { State: 'healthy' } },
      ]);
    });

    it('carries a template body unchanged', async () => {
      play(door, 'cloudformation', { createStack: () => ({ StackId: 'arn:stack' }) });
      const input = {
        StackName: 's',
        TemplateBody: '{\n "a": "${B}+%20&=é"\n}',
        Parameters: [{ ParameterKey: 'VpcCidr', ParameterValue: '127.80.0.0/16' }],
        Capabilities: ['CAPABILITY_NAMED_IAM' as const],
      };
      expect((await new CloudFormation(door.config).createStack(input)).StackId).toBe('arn:stack');
      expect(door.inputs.at(-1)).toEqual(input);
    });

    it('tells who is asking: the holder of the access key', async () => {
      const session = door.kernel.credentials.issue({
        kind: 'role',
        arn: 'arn:aws:iam::123456789012:role/trivet-sweep',
        sessionName: 'one',
      });
      play(door, 'sts', { getCallerIdentity: (_input, { principal }) => ({ Arn: principal.arn }) });
      const asRole = new STS({ ...door.config, credentials: session });
      expect((await asRole.getCallerIdentity({})).Arn).toBe('arn:aws:iam::123456789012:role/trivet-sweep');
      const asPerson = await new STS(door.config).getCallerIdentity({});
      expect(asPerson.Arn).toBe('arn:aws:iam::123456789012:user/administrator');
    });

    it('gives modelled errors their class in the SDK, by shape name or by query code', async () => {
      play(door, 'autoscaling', {
        createAutoScalingGroup: () => {
          throw new AwsError('AlreadyExists', 'AutoScalingGroup by this name already exists');
        },
        deleteAutoScalingGroup: () => {
          throw new AwsError('ResourceInUseFault', 'busy');
        },
        completeLifecycleAction: () => {
          throw new AwsError('ValidationError', 'No active Lifecycle Action found');
        },
      });
      const client = new AutoScaling(door.config);
      const group = { AutoScalingGroupName: 'g', MinSize: 0, MaxSize: 1 };
      await expect(client.createAutoScalingGroup(group)).rejects.toMatchObject({
        name: 'AlreadyExistsFault',
        Code: 'AlreadyExists',
        message: 'AutoScalingGroup by this name already exists',
        $metadata: { httpStatusCode: 400 },
      });
      await expect(client.deleteAutoScalingGroup({ AutoScalingGroupName: 'g' })).rejects.toMatchObject({
        name: 'ResourceInUseFault',
        Code: 'ResourceInUse',
      });
      const complete = client.completeLifecycleAction({
        AutoScalingGroupName: 'g',
        LifecycleHookName: 'h',
        LifecycleActionResult: 'CONTINUE',
      });
      await expect(complete).rejects.toMatchObject({
        name: 'ValidationError',
        message: 'No active Lifecycle Action found',
      });
    });

    it('names every missing required member, nested ones too', async () => {
      play(door, 'elbv2', { registerTargets: () => ({}) });
      const register = new ElasticLoadBalancingV2(door.config).registerTargets({
        Targets: [{ Port: 1 }],
      } as never);
      await expect(register).rejects.toMatchObject({
        name: 'ValidationError',
        message:
          "2 validation errors detected: Value null at 'targetGroupArn' failed to satisfy constraint: Member must not be null; Value null at 'targets.1.member.id' failed to satisfy constraint: Member must not be null",
      });
    });

    it('says which service is not registered', async () => {
      const client = new CloudFormation({ ...door.config });
      play(door, 'cloudformation', {});
      await expect(client.listStacks({})).rejects.toMatchObject({
        name: 'NotImplementedByEmbeddedRegion',
        message: 'The embedded region does not play cloudformation.listStacks.',
        $metadata: { httpStatusCode: 501, attempts: 1 },
      });
    });
  });
});
