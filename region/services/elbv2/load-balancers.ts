import type { Subnet } from '@aws-sdk/client-ec2';
import type {
  CreateLoadBalancerInput,
  CreateLoadBalancerOutput,
  DeleteLoadBalancerInput,
  DescribeLoadBalancersInput,
  DescribeLoadBalancersOutput,
  ElasticLoadBalancingV2,
  LoadBalancer as LoadBalancerView,
  SetSecurityGroupsInput,
  SetSecurityGroupsOutput,
  SetSubnetsInput,
  SetSubnetsOutput,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { NotPlayedError } from '../../kernel/errors.ts';
import type { Operations } from '../../kernel/kernel.ts';
import { onlyPlayed, refuse } from '../common/request.ts';
import { takePage } from '../common/take-page.ts';
import { loadBalancerAttributes } from './attributes.ts';
import {
  arnSuffix,
  checkName,
  type Elb,
  elbArn,
  invalid,
  type LoadBalancer,
  loadBalancerOf,
} from './load-balancer.ts';
import {
  addInterfaces,
  checkSecurityGroups,
  findSubnets,
  removeInterfaces,
  setInterfaceGroups,
} from './surroundings.ts';
import { setTags } from './tags.ts';

async function createLoadBalancer(
  elb: Elb,
  input: CreateLoadBalancerInput,
): Promise<CreateLoadBalancerOutput> {
  onlyPlayed('elbv2.createLoadBalancer', input, [
    'Name',
    'Subnets',
    'SecurityGroups',
    'Scheme',
    'Tags',
    'Type',
    'IpAddressType',
  ]);
  const name = checkName('load balancer', input.Name);
  if (input.Type !== 'network')
    throw new NotPlayedError(`load balancers of type ${input.Type ?? 'application'}`);
  if ((input.IpAddressType ?? 'ipv4') !== 'ipv4')
    throw new NotPlayedError(`IpAddressType ${input.IpAddressType}`);
  const subnets = await findSubnets(elb, input.Subnets);
  const vpcId = subnets[0]?.VpcId ?? '';
  const securityGroupIds = input.SecurityGroups ?? [];
  await checkSecurityGroups(elb, vpcId, securityGroupIds);
  const scheme = input.Scheme ?? 'internet-facing';
  const existing = [...elb.loadBalancers.values()].find((one) => one.name === name);
  if (existing)
    return { LoadBalancers: [view(elb, sameOrRefuse(existing, { scheme, subnets, securityGroupIds }))] };
  const path = `loadbalancer/net/${name}/${arnSuffix(elb)}`;
  const balancer: LoadBalancer = {
    arn: elbArn(elb, path),
    name,
    dnsName: `${name}-${arnSuffix(elb)}.elb.${elb.kernel.region}.amazonaws.com`,
    scheme,
    vpcId,
    createdAt: elb.kernel.clock.now(),
    attributes: loadBalancerAttributes(),
    placements: placementsOf(subnets),
    securityGroupIds,
    addresses: new Map(),
    provisioned: false,
    state: 'provisioning',
  };
  elb.loadBalancers.set(balancer.arn, balancer);
  setTags(elb, balancer.arn, input.Tags);
  await addInterfaces(elb, balancer, balancer.placements);
  elb.kernel.clock.after(elb.kernel.delays.loadBalancerProvision, () => {
    balancer.provisioned = true;
    void elb.traffic.reconcile().then(() => {
      balancer.state = 'active';
    });
  });
  return { LoadBalancers: [view(elb, balancer)] };
}

/** Making a load balancer again with the same settings answers the one that is there. @throws AwsError DuplicateLoadBalancerName */
function sameOrRefuse(
  existing: LoadBalancer,
  wanted: { scheme: string; subnets: readonly Subnet[]; securityGroupIds: readonly string[] },
): LoadBalancer {
  const sorted = (ids: readonly (string | undefined)[]): string => ids.toSorted().join();
  const same =
    existing.scheme === wanted.scheme &&
    sorted(existing.placements.map((one) => one.subnetId)) ===
      sorted(wanted.subnets.map((one) => one.SubnetId)) &&
    sorted(existing.securityGroupIds) === sorted(wanted.securityGroupIds);
  if (!same)
    refuse(
      'DuplicateLoadBalancerName',
      `A load balancer with the same name '${existing.name}' exists, but with different settings`,
    );
  return existing;
}

function placementsOf(subnets: readonly Subnet[]): LoadBalancer['placements'] {
  return subnets.map(({ SubnetId: subnetId = '', AvailabilityZone: zone = '' }) => ({ subnetId, zone }));
}

function view({ traffic }: Elb, balancer: LoadBalancer): LoadBalancerView {
  const problem = traffic.problemOf(balancer);
  return {
    LoadBalancerArn: balancer.arn,
    LoadBalancerName: balancer.name,
    DNSName: balancer.dnsName,
    CanonicalHostedZoneId: 'Z26RNL4JYFTOTI',
    CreatedTime: balancer.createdAt,
    Scheme: balancer.scheme,
    VpcId: balancer.vpcId,
    State: problem === undefined ? { Code: balancer.state } : { Code: 'failed', Reason: problem },
    Type: 'network',
    IpAddressType: 'ipv4',
    AvailabilityZones: balancer.placements.map(({ subnetId, zone }) => ({
      SubnetId: subnetId,
      ZoneName: zone,
      LoadBalancerAddresses: [],
    })),
    SecurityGroups: [...balancer.securityGroupIds],
  };
}

function describeLoadBalancers(elb: Elb, input: DescribeLoadBalancersInput): DescribeLoadBalancersOutput {
  onlyPlayed('elbv2.describeLoadBalancers', input, ['LoadBalancerArns', 'Names', 'Marker', 'PageSize']);
  const { LoadBalancerArns: arns = [], Names: names = [] } = input;
  if (arns.length > 0 && names.length > 0)
    invalid('Load balancer names and load balancer ARNs cannot be specified at the same time');
  const all = [...elb.loadBalancers.values()];
  const unknown = [
    ...arns.filter((arn) => !elb.loadBalancers.has(arn)),
    ...names.filter((name) => !all.some((one) => one.name === name)),
  ];
  if (unknown.length > 0)
    refuse('LoadBalancerNotFound', `Load balancers '[${unknown.join(', ')}]' not found`);
  const wanted = all.filter(
    (one) => arns.length + names.length === 0 || arns.includes(one.arn) || names.includes(one.name),
  );
  const page = takePage(wanted, input.Marker, input.PageSize, { smallest: 1, largest: 400 });
  return { LoadBalancers: page.items.map((one) => view(elb, one)), NextMarker: page.nextToken };
}

/**
 * DeleteLoadBalancer takes the listeners along; one that is not there is no error. Its interfaces stay for a while, and with them the
 * security groups and subnets that they have.
 */
async function deleteLoadBalancer(elb: Elb, input: DeleteLoadBalancerInput): Promise<Record<string, never>> {
  onlyPlayed('elbv2.deleteLoadBalancer', input, ['LoadBalancerArn']);
  const balancer = elb.loadBalancers.get(input.LoadBalancerArn ?? '');
  if (balancer === undefined) return {};
  if (balancer.attributes.get('deletion_protection.enabled') === 'true')
    refuse(
      'OperationNotPermitted',
      `Load balancer '${balancer.arn}' cannot be deleted because deletion protection is enabled`,
    );
  for (const listener of elb.listeners.values())
    if (listener.loadBalancerArn === balancer.arn) {
      elb.listeners.delete(listener.arn);
      elb.tags.delete(listener.arn);
    }
  elb.loadBalancers.delete(balancer.arn);
  elb.tags.delete(balancer.arn);
  await elb.traffic.reconcile();
  const { clock, delays, log } = elb.kernel;
  clock.after(delays.loadBalancerProvision, () => {
    removeInterfaces(elb, balancer, balancer.placements).catch((error: unknown) =>
      log(`interfaces of ${balancer.arn}: ${String(error)}`),
    );
  });
  return {};
}

async function setSecurityGroups(elb: Elb, input: SetSecurityGroupsInput): Promise<SetSecurityGroupsOutput> {
  onlyPlayed('elbv2.setSecurityGroups', input, ['LoadBalancerArn', 'SecurityGroups']);
  const balancer = loadBalancerOf(elb, input.LoadBalancerArn);
  const wanted = input.SecurityGroups ?? [];
  if (balancer.securityGroupIds.length === 0)
    refuse(
      'InvalidConfigurationRequest',
      'You cannot associate security groups with a Network Load Balancer that was created without security groups',
    );
  if (wanted.length === 0)
    refuse(
      'InvalidConfigurationRequest',
      'You cannot remove all security groups from a Network Load Balancer',
    );
  await checkSecurityGroups(elb, balancer.vpcId, wanted);
  balancer.securityGroupIds = wanted;
  await setInterfaceGroups(elb, balancer);
  return { SecurityGroupIds: [...wanted] };
}

/** SetSubnets. A Network Load Balancer may gain subnets and give up others. */
async function setSubnets(elb: Elb, input: SetSubnetsInput): Promise<SetSubnetsOutput> {
  onlyPlayed('elbv2.setSubnets', input, ['LoadBalancerArn', 'Subnets']);
  const balancer = loadBalancerOf(elb, input.LoadBalancerArn);
  const wanted = placementsOf(await findSubnets(elb, input.Subnets));
  const before = balancer.placements;
  const has = (list: LoadBalancer['placements'], subnetId: string): boolean =>
    list.some((one) => one.subnetId === subnetId);
  balancer.placements = wanted;
  // Nothing listens any more at an address that is given back.
  await elb.traffic.reconcile();
  await removeInterfaces(
    elb,
    balancer,
    before.filter((one) => !has(wanted, one.subnetId)),
  );
  await addInterfaces(
    elb,
    balancer,
    wanted.filter((one) => !has(before, one.subnetId)),
  );
  await elb.traffic.reconcile();
  return { AvailabilityZones: view(elb, balancer).AvailabilityZones };
}

/** Network Load Balancers. */
export function loadBalancerOperations(elb: Elb): Operations<ElasticLoadBalancingV2> {
  return {
    createLoadBalancer: (input) => createLoadBalancer(elb, input),
    describeLoadBalancers: (input) => describeLoadBalancers(elb, input),
    deleteLoadBalancer: (input) => deleteLoadBalancer(elb, input),
    setSecurityGroups: (input) => setSecurityGroups(elb, input),
    setSubnets: (input) => setSubnets(elb, input),
  };
}
