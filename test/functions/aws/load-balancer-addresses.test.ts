import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EC2 } from '@aws-sdk/client-ec2';
import { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import {
  interfaceDescription,
  makeLoadBalancerAddresses,
} from '../../../functions/aws/load-balancer-addresses.ts';
import { type Region, startRegion } from '../../../region/region.ts';
import { eventually } from '../../support/eventually.ts';
import { testConfig } from '../../support/fake-task-context.ts';

let region: Region;
let stateDir: string;

beforeAll(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'trivet-addresses-'));
  region = await startRegion({ stateDir, delays: 'fast', etcdPath: 'none', vpcCidr: '127.96.0.0/16' });
  const { endpoint, credentials } = region.clientConfig();
  vi.stubEnv('AWS_ENDPOINT_URL', endpoint);
  vi.stubEnv('AWS_ACCESS_KEY_ID', credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey);
});

afterAll(async () => {
  await region?.stop();
  rmSync(stateDir, { recursive: true, force: true });
  vi.unstubAllEnvs();
});

test('interfaces of a load balancer are described by the end of its ARN', () => {
  const arn =
    'arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/net/trivet-demo/0123456789abcdef';
  expect(interfaceDescription(arn)).toBe('ELB net/trivet-demo/0123456789abcdef');
});

test('a load balancer has one address in each zone, found by its ARN and by what Elastic Load Balancing alone can make', async () => {
  const ec2 = new EC2(region.clientConfig());
  const elb = new ElasticLoadBalancingV2(region.clientConfig());
  const { Vpc } = await ec2.createVpc({ CidrBlock: '127.96.0.0/16' });
  const subnet = async (letter: string, third: number) => {
    const place = { CidrBlock: `127.96.${third}.0/24`, AvailabilityZone: `us-east-1${letter}` };
    return (await ec2.createSubnet({ VpcId: Vpc?.VpcId, ...place })).Subnet?.SubnetId ?? '';
  };
  const Subnets = [await subnet('b', 1), await subnet('a', 0)];
  const make = async (Name: string) =>
    (await elb.createLoadBalancer({ Name, Type: 'network', Scheme: 'internal', Subnets })).LoadBalancers?.[0]
      ?.LoadBalancerArn ?? '';
  const [arn, other] = [await make('trivet-demo'), await make('trivet-other')];
  await ec2.createNetworkInterface({ SubnetId: Subnets[0], Description: interfaceDescription(arn) });
  const addresses = makeLoadBalancerAddresses(testConfig);
  expect(await addresses.find(arn)).toEqual([
    { zone: 'us-east-1a', address: expect.stringMatching(/^127\.96\.0\.\d+$/) },
    { zone: 'us-east-1b', address: expect.stringMatching(/^127\.96\.1\.\d+$/) },
  ]);
  expect(await addresses.find(other)).not.toEqual(await addresses.find(arn));
  await elb.deleteLoadBalancer({ LoadBalancerArn: arn });
  await eventually(async () => (await addresses.find(arn)).length === 0);
});
