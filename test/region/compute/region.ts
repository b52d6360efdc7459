import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {
  CreateNetworkInterfaceResult,
  CreateSecurityGroupResult,
  CreateSubnetResult,
  CreateVpcResult,
  DescribeInstancesResult,
  DescribeNetworkInterfacesResult,
  DescribeVolumesResult,
  Instance,
  NetworkInterface,
  Volume,
} from '@aws-sdk/client-ec2';
import { createKernel } from '../../../region/kernel/create-kernel.ts';
import type { Delays } from '../../../region/kernel/delays.ts';
import { AwsError } from '../../../region/kernel/errors.ts';
import type { AwsEvent, Kernel, MachineSpec, Principal, Service } from '../../../region/kernel/kernel.ts';
import { createAutoscaling } from '../../../region/services/autoscaling/index.ts';
import { createEc2, type Ec2Service } from '../../../region/services/ec2/index.ts';
import { createElbv2 } from '../../../region/services/elbv2/index.ts';

const person: Principal = { kind: 'user', arn: 'arn:aws:iam::123456789012:user/administrator' };

/** AWS's delays, far shorter than the profile `fast`: these tests look at order, not at time. */
const quick: Partial<Delays> = {
  instancePending: 5,
  instanceBoot: 5,
  instanceShutdown: 20,
  volumeCreate: 5,
  volumeAttach: 5,
  volumeDetach: 5,
  networkInterfaceDetach: 5,
  autoScalingInterval: 10,
  targetHealthInterval: 40,
  loadBalancerProvision: 5,
};

/** What happened to one fake machine, in order. */
export interface FakeMachine {
  readonly spec: MachineSpec;
  readonly log: string[];
}

export interface ComputeRegion {
  readonly kernel: Kernel;
  readonly ec2: Ec2Service;
  readonly events: AwsEvent[];
  readonly machines: FakeMachine[];
  readonly heldZones: readonly string[];
  call<O>(service: 'ec2' | 'autoscaling' | 'elbv2', operation: string, input: object): Promise<O>;
  stop(): Promise<void>;
}

/** EC2, Auto Scaling and ELB with fake machines, and stand-ins for what they ask of Parameter Store, IAM and KMS. */
export async function computeRegion(delays: Partial<Delays> = {}): Promise<ComputeRegion> {
  const kernel = createKernel({
    stateDir: join(tmpdir(), 'unused-by-these-tests'),
    delays: { ...quick, ...delays },
  });
  const events: AwsEvent[] = [];
  const machines: FakeMachine[] = [];
  const heldZones: string[] = [];
  kernel.onEvent((event) => void events.push(event));
  kernel.machines = {
    launch: (spec) => {
      const log: string[] = ['boot'];
      machines.push({ spec, log });
      return {
        attachVolume: ({ volumeId, device }) => void log.push(`attach ${volumeId} ${device}`),
        detachVolume: (volumeId) => void log.push(`detach ${volumeId}`),
        terminate: async () => void log.push('terminate'),
        consoleOutput: () => log.join('\n'),
      };
    },
    holdZone: (zone) => {
      heldZones.push(zone);
      return () => void heldZones.splice(heldZones.indexOf(zone), 1);
    },
    deleteVolume: async () => {},
    stop: async () => {},
  };
  const ec2 = createEc2(kernel);
  for (const service of [ec2, createAutoscaling(kernel), createElbv2(kernel), ...standIns()])
    kernel.register(service);
  for (const service of kernel.services()) await service.start?.();
  return {
    kernel,
    ec2,
    events,
    machines,
    heldZones,
    call: (service, operation, input) => kernel.invoke(service, operation, input, person),
    stop: async () => {
      for (const service of kernel.services()) await service.stop?.();
      kernel.clock.stop();
    },
  };
}

function standIns(): Service[] {
  const absent = (code: string): never => {
    throw new AwsError(code, 'not there');
  };
  return [
    {
      id: 'ssm',
      operations: {
        getParameter: ({ Name }: { Name: string }) =>
          Name === '/images/node'
            ? { Parameter: { Value: 'ami-0123456789abcdef0' } }
            : absent('ParameterNotFound'),
      },
    },
    {
      id: 'iam',
      operations: {
        getInstanceProfile: ({ InstanceProfileName: name }: { InstanceProfileName: string }) =>
          name.startsWith('node')
            ? {
                InstanceProfile: {
                  Arn: `arn:aws:iam::123456789012:instance-profile/${name}`,
                  InstanceProfileId: 'AIPA0',
                  Roles: name === 'node-empty' ? [] : [{ Arn: `arn:aws:iam::123456789012:role/${name}` }],
                },
              }
            : absent('NoSuchEntity'),
      },
    },
    {
      id: 'kms',
      operations: {
        describeKey: ({ KeyId }: { KeyId: string }) =>
          KeyId === 'good-key' ? { KeyMetadata: { KeyState: 'Enabled' } } : absent('NotFoundException'),
      },
    },
  ];
}

export interface Network {
  readonly vpcId: string;
  readonly subnetA: string;
  readonly subnetB: string;
  readonly groupId: string;
}

/** A VPC 10.0.0.0/16 with subnets in two zones (10.0.0.0/24 in a, 10.0.1.0/24 in b) and a security group. */
export async function makeNetwork(region: ComputeRegion): Promise<Network> {
  const vpc = await region.call<CreateVpcResult>('ec2', 'createVpc', { CidrBlock: '10.0.0.0/16' });
  const vpcId = vpc.Vpc?.VpcId ?? '';
  const subnet = async (CidrBlock: string, AvailabilityZone: string): Promise<string> => {
    const input = { VpcId: vpcId, CidrBlock, AvailabilityZone };
    return (await region.call<CreateSubnetResult>('ec2', 'createSubnet', input)).Subnet?.SubnetId ?? '';
  };
  const subnetA = await subnet('10.0.0.0/24', 'us-east-1a');
  const subnetB = await subnet('10.0.1.0/24', 'us-east-1b');
  const group = await region.call<CreateSecurityGroupResult>('ec2', 'createSecurityGroup', {
    VpcId: vpcId,
    GroupName: 'nodes',
    Description: 'nodes',
  });
  return { vpcId, subnetA, subnetB, groupId: group.GroupId ?? '' };
}

/** A free interface at a fixed address. */
export async function makeInterface(
  region: ComputeRegion,
  SubnetId: string,
  PrivateIpAddress: string,
): Promise<string> {
  const input = { SubnetId, PrivateIpAddress };
  const made = await region.call<CreateNetworkInterfaceResult>('ec2', 'createNetworkInterface', input);
  return made.NetworkInterface?.NetworkInterfaceId ?? '';
}

export async function volume(region: ComputeRegion, volumeId: string): Promise<Volume> {
  const found = await region.call<DescribeVolumesResult>('ec2', 'describeVolumes', { VolumeIds: [volumeId] });
  return found.Volumes?.[0] ?? {};
}

export async function instance(region: ComputeRegion, instanceId: string): Promise<Instance> {
  const input = { InstanceIds: [instanceId] };
  const found = await region.call<DescribeInstancesResult>('ec2', 'describeInstances', input);
  return found.Reservations?.[0]?.Instances?.[0] ?? {};
}

export async function networkInterface(region: ComputeRegion, id: string): Promise<NetworkInterface> {
  const input = { NetworkInterfaceIds: [id] };
  const found = await region.call<DescribeNetworkInterfacesResult>('ec2', 'describeNetworkInterfaces', input);
  return found.NetworkInterfaces?.[0] ?? {};
}

/** The refusal of a call as `code: message`, or 'accepted'. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'accepted',
    (error: unknown) => (error instanceof AwsError ? `${error.code}: ${error.message}` : String(error)),
  );
}
