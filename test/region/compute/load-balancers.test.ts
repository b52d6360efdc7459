import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import type {
  CreateLoadBalancerOutput,
  CreateTargetGroupOutput,
  DescribeTargetHealthOutput,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { type ComputeRegion, computeRegion, refusal } from './region.ts';

let region: ComputeRegion;
let vpcId: string;
let subnetId: string;
let groupId: string;
const servers: Server[] = [];

beforeEach(async () => {
  region = await computeRegion();
  const vpc = await region.call<{ Vpc?: { VpcId?: string } }>('ec2', 'createVpc', {
    CidrBlock: '127.99.0.0/16',
  });
  vpcId = vpc.Vpc?.VpcId ?? '';
  const input = { VpcId: vpcId, CidrBlock: '127.99.0.0/24', AvailabilityZone: 'us-east-1a' };
  const subnet = await region.call<{ Subnet?: { SubnetId?: string } }>('ec2', 'createSubnet', input);
  subnetId = subnet.Subnet?.SubnetId ?? '';
  const wanted = { VpcId: vpcId, GroupName: 'lb', Description: 'load balancer' };
  groupId = (await region.call<{ GroupId?: string }>('ec2', 'createSecurityGroup', wanted)).GroupId ?? '';
});

afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
  await region.stop();
});

const call = <O>(operation: string, input: object): Promise<O> => region.call<O>('elbv2', operation, input);

async function makeBalancer(more: object = {}): Promise<string> {
  const made = await call<CreateLoadBalancerOutput>('createLoadBalancer', {
    Name: 'trivet-demo',
    Type: 'network',
    Scheme: 'internal',
    Subnets: [subnetId],
    SecurityGroups: [groupId],
    ...more,
  });
  return made.LoadBalancers?.[0]?.LoadBalancerArn ?? '';
}

async function makeGroup(Port: number, more: object = {}): Promise<string> {
  const made = await call<CreateTargetGroupOutput>('createTargetGroup', {
    Name: 'trivet-demo-api',
    Protocol: 'TCP',
    Port,
    VpcId: vpcId,
    TargetType: 'ip',
    HealthCheckIntervalSeconds: 10,
    HealthCheckTimeoutSeconds: 5,
    HealthyThresholdCount: 2,
    UnhealthyThresholdCount: 2,
    ...more,
  });
  return made.TargetGroups?.[0]?.TargetGroupArn ?? '';
}

async function listen(LoadBalancerArn: string, TargetGroupArn: string, Port = 6443): Promise<void> {
  const DefaultActions = [{ Type: 'forward', TargetGroupArn }];
  await call('createListener', { LoadBalancerArn, Protocol: 'TCP', Port, DefaultActions });
}

/** State and reason of the only target. */
async function health(TargetGroupArn: string): Promise<(string | undefined)[]> {
  const answer = await call<DescribeTargetHealthOutput>('describeTargetHealth', { TargetGroupArn });
  const one = answer.TargetHealthDescriptions?.[0]?.TargetHealth;
  return one === undefined ? [] : [one.State, one.Reason];
}

async function serve(server: Server, port = 0): Promise<number> {
  await new Promise<void>((resolve) => server.listen(port, '127.99.0.10', resolve));
  servers.push(server);
  return (server.address() as AddressInfo).port;
}

test('a target is unused without a listener, healthy while it listens, unhealthy when it stops, and drains', async () => {
  const server = createServer((socket) => socket.destroy());
  const port = await serve(server);
  const balancer = await makeBalancer();
  const group = await makeGroup(port);
  const Targets = [{ Id: '127.99.0.10' }];
  await call('registerTargets', { TargetGroupArn: group, Targets });
  expect(await health(group)).toEqual(['unused', 'Target.NotInUse']);
  await listen(balancer, group);
  expect((await health(group))[0]).toBe('initial');
  await eventually(async () => (await health(group))[0] === 'healthy');
  await new Promise((resolve) => server.close(resolve));
  servers.splice(0);
  await eventually(async () => (await health(group))[0] === 'unhealthy');
  expect((await health(group))[1]).toBe('Target.FailedHealthChecks');
  const Attributes = [{ Key: 'deregistration_delay.timeout_seconds', Value: '20' }];
  await call('modifyTargetGroupAttributes', { TargetGroupArn: group, Attributes });
  await call('deregisterTargets', { TargetGroupArn: group, Targets });
  expect(await health(group)).toEqual(['draining', 'Target.DeregistrationInProgress']);
  await eventually(async () => (await health(group)).length === 0);
});

test('an HTTP health check passes only with a matching status', async () => {
  let status = 500;
  const port = await serve(createHttpServer((_, response) => response.writeHead(status).end()));
  const balancer = await makeBalancer();
  const group = await makeGroup(port, {
    HealthCheckProtocol: 'HTTP',
    HealthCheckPath: '/readyz',
    Matcher: { HttpCode: '200' },
  });
  await call('registerTargets', { TargetGroupArn: group, Targets: [{ Id: '127.99.0.10' }] });
  await listen(balancer, group);
  await eventually(async () => (await health(group))[1] === 'Target.ResponseCodeMismatch');
  status = 200;
  await eventually(async () => (await health(group))[0] === 'healthy');
});

test('making the same again answers what is there, making it otherwise is refused', async () => {
  const balancer = await makeBalancer();
  expect(await makeBalancer()).toBe(balancer);
  expect(await refusal(makeBalancer({ Scheme: 'internet-facing' }))).toBe(
    "DuplicateLoadBalancerName: A load balancer with the same name 'trivet-demo' exists, but with different settings",
  );
  const group = await makeGroup(6443);
  expect(await makeGroup(6443)).toBe(group);
  expect(await refusal(makeGroup(6444))).toBe(
    "DuplicateTargetGroupName: A target group with the same name 'trivet-demo-api' exists, but with different settings",
  );
});

test('a load balancer is provisioning, then active, and holds an interface in each subnet until a while after it is deleted', async () => {
  const LoadBalancerArn = await makeBalancer();
  const state = async (): Promise<string | undefined> => {
    const answer = await call<CreateLoadBalancerOutput>('describeLoadBalancers', { Names: ['trivet-demo'] });
    return answer.LoadBalancers?.[0]?.State?.Code;
  };
  expect(await state()).toBe('provisioning');
  await eventually(async () => (await state()) === 'active');
  const remove = (): Promise<string> => refusal(region.call('ec2', 'deleteSubnet', { SubnetId: subnetId }));
  expect(await remove()).toMatch(/^DependencyViolation/);
  await call('deleteLoadBalancer', { LoadBalancerArn });
  expect(await remove()).toMatch(/^DependencyViolation/);
  await eventually(async () => (await remove()) === 'accepted');
  expect(await refusal(state())).toBe("LoadBalancerNotFound: Load balancers '[trivet-demo]' not found");
});

test('tags and attributes are kept, and unknown attributes are refused', async () => {
  const LoadBalancerArn = await makeBalancer({ Tags: [{ Key: 'trivet:cluster', Value: 'demo' }] });
  await call('addTags', { ResourceArns: [LoadBalancerArn], Tags: [{ Key: 'Name', Value: 'x' }] });
  expect(await call('describeTags', { ResourceArns: [LoadBalancerArn] })).toEqual({
    TagDescriptions: [
      {
        ResourceArn: LoadBalancerArn,
        Tags: [
          { Key: 'trivet:cluster', Value: 'demo' },
          { Key: 'Name', Value: 'x' },
        ],
      },
    ],
  });
  const set = (Key: string, Value: string): Promise<unknown> =>
    call('modifyLoadBalancerAttributes', { LoadBalancerArn, Attributes: [{ Key, Value }] });
  expect(await refusal(set('idle_timeout.timeout_seconds', '60'))).toBe(
    "InvalidConfigurationRequest: Load balancer attribute key 'idle_timeout.timeout_seconds' is not recognized",
  );
  await set('deletion_protection.enabled', 'true');
  expect(await refusal(call('deleteLoadBalancer', { LoadBalancerArn }))).toBe(
    `OperationNotPermitted: Load balancer '${LoadBalancerArn}' cannot be deleted because deletion protection is enabled`,
  );
});

test('names, health-check limits, foreign addresses and groups in use are refused', async () => {
  const balancer = await makeBalancer();
  const group = await makeGroup(6443);
  await listen(balancer, group);
  const refusals: [Promise<unknown>, string][] = [
    [
      makeBalancer({ Name: 'x'.repeat(33) }),
      `ValidationError: The load balancer name '${'x'.repeat(33)}' cannot be longer than '32' characters`,
    ],
    [
      makeBalancer({ Name: '-x' }),
      "ValidationError: The load balancer name '-x' cannot begin or end with a hyphen(-)",
    ],
    [makeBalancer({ Name: 'y', Subnets: [] }), 'ValidationError: At least one subnet must be specified'],
    [
      makeBalancer({ Name: 'y', SecurityGroups: ['sg-0'] }),
      'InvalidSecurityGroup: One or more security groups are invalid: sg-0',
    ],
    [
      makeBalancer({ Name: 'y', Type: 'application' }),
      'NotImplementedByEmbeddedRegion: The embedded region does not play load balancers of type application.',
    ],
    [
      makeGroup(6443, { Name: 'y', HealthCheckIntervalSeconds: 4 }),
      "ValidationError: Health check interval must be between 5 and 300, and is '4'",
    ],
    [
      makeGroup(6443, { Name: 'y', HealthCheckTimeoutSeconds: 11 }),
      "ValidationError: Health check timeout '11' must be smaller than or equal to the interval '10'",
    ],
    [
      makeGroup(6443, { Name: 'y', HealthCheckPath: '/' }),
      "ValidationError: Health check path and matcher cannot be specified with health check protocol 'TCP'",
    ],
    [
      call('registerTargets', { TargetGroupArn: group, Targets: [{ Id: '10.9.9.9' }] }),
      `ValidationError: The IP address '10.9.9.9' is not within the CIDR of the VPC '${vpcId}' of the target group`,
    ],
    [
      call('registerTargets', { TargetGroupArn: 'x', Targets: [{ Id: '127.99.0.10' }] }),
      'TargetGroupNotFound: One or more target groups not found',
    ],
    [
      call('deleteTargetGroup', { TargetGroupArn: group }),
      `ResourceInUse: Target group '${group}' is currently in use by a listener or a rule`,
    ],
    [
      call('describeTargetGroups', { Names: ['gone'] }),
      'TargetGroupNotFound: One or more target groups not found: gone',
    ],
  ];
  for (const [answer, expected] of refusals) expect(await refusal(answer)).toBe(expected);
});
