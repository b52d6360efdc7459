import type { Kernel } from '../../kernel/kernel.ts';
import { createFaults, type OrderedFaults } from './faults.ts';
import type { FlowLog } from './flow-logs.ts';
import type { Instance } from './instances/instance.ts';
import type { InternetGateway } from './internet-gateways.ts';
import type { LaunchTemplate } from './launch-templates/launch-template.ts';
import type { Allocation, NatGateway } from './nat-gateways.ts';
import type { NetworkInterface } from './network-interfaces/network-interface.ts';
import { found, type ResourceKind } from './request.ts';
import type { RouteTable } from './route-tables.ts';
import type { SecurityGroup } from './security-groups/security-group.ts';
import type { Subnet } from './subnets.ts';
import { createTags, resourceType, type Tags } from './tags.ts';
import type { Volume } from './volumes/volume.ts';
import type { VpcEndpoint } from './vpc-endpoints.ts';
import type { Vpc } from './vpcs.ts';

/** Everything that EC2 knows: one table per kind of resource, by id, in order of creation. */
export interface Ec2 {
  readonly kernel: Kernel;
  readonly faults: OrderedFaults;
  readonly tags: Tags;
  readonly vpcs: Map<string, Vpc>;
  readonly subnets: Map<string, Subnet>;
  readonly internetGateways: Map<string, InternetGateway>;
  readonly routeTables: Map<string, RouteTable>;
  readonly securityGroups: Map<string, SecurityGroup>;
  readonly vpcEndpoints: Map<string, VpcEndpoint>;
  readonly allocations: Map<string, Allocation>;
  readonly natGateways: Map<string, NatGateway>;
  readonly flowLogs: Map<string, FlowLog>;
  readonly networkInterfaces: Map<string, NetworkInterface>;
  readonly volumes: Map<string, Volume>;
  readonly launchTemplates: Map<string, LaunchTemplate>;
  readonly instances: Map<string, Instance>;
  /** The ARN of a resource of EC2. */
  arn(type: string, id: string): string;
  /** @throws AwsError the kind's NotFound for an id that is not there. */
  requireResource(id: string): void;
}

/** An account without a default VPC: whoever wants one makes one. */
export function createEc2Store(kernel: Kernel): Ec2 {
  const ec2: Ec2 = {
    kernel,
    faults: createFaults(() => kernel.clock.now()),
    tags: createTags(),
    vpcs: new Map(),
    subnets: new Map(),
    internetGateways: new Map(),
    routeTables: new Map(),
    securityGroups: new Map(),
    vpcEndpoints: new Map(),
    allocations: new Map(),
    natGateways: new Map(),
    flowLogs: new Map(),
    networkInterfaces: new Map(),
    volumes: new Map(),
    launchTemplates: new Map(),
    instances: new Map(),
    arn: (type, id) => `arn:aws:ec2:${kernel.region}:${kernel.accountId}:${type}/${id}`,
    requireResource: (id) => {
      const [kind, table] = tableOf(ec2, id);
      found(kind, table, id);
    },
  };
  return ec2;
}

function tableOf(ec2: Ec2, id: string): [ResourceKind, ReadonlyMap<string, unknown>] {
  switch (resourceType(id)) {
    case 'vpc':
      return ['vpc', ec2.vpcs];
    case 'subnet':
      return ['subnet', ec2.subnets];
    case 'internet-gateway':
      return ['internetGateway', ec2.internetGateways];
    case 'route-table':
      return ['routeTable', ec2.routeTables];
    case 'security-group':
      return ['securityGroup', ec2.securityGroups];
    case 'security-group-rule':
      return ['securityGroupRule', rulesById(ec2)];
    case 'network-interface':
      return ['networkInterface', ec2.networkInterfaces];
    case 'volume':
      return ['volume', ec2.volumes];
    case 'launch-template':
      return ['launchTemplate', ec2.launchTemplates];
    case 'vpc-endpoint':
      return ['vpcEndpoint', ec2.vpcEndpoints];
    case 'elastic-ip':
      return ['allocation', ec2.allocations];
    case 'natgateway':
      return ['natGateway', ec2.natGateways];
    case 'vpc-flow-log':
      return ['flowLog', ec2.flowLogs];
    default:
      return ['instance', ec2.instances];
  }
}

function rulesById(ec2: Ec2): ReadonlyMap<string, unknown> {
  const rules = [...ec2.securityGroups.values()].flatMap((group) => [...group.rules.values()]);
  return new Map(rules.map((rule) => [rule.ruleId, rule]));
}
