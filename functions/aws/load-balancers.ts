import {
  AddTagsCommand,
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  DescribeListenersCommand,
  DescribeLoadBalancerAttributesCommand,
  DescribeLoadBalancersCommand,
  DescribeTagsCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  ModifyLoadBalancerAttributesCommand,
  ModifyTargetGroupAttributesCommand,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { assertOwn, missingTags, type Owner, readTags, type Tags, writeTags } from '../clusters/ownership.ts';
import type { Config } from '../runtime/config.ts';
import { calling, callingUnless } from './classify.ts';
import { abortedBy, clientSettings } from './client-settings.ts';

type Attributes = Readonly<Record<string, string>>;

export interface LoadBalancerFact {
  readonly arn: string;
  readonly dnsName: string;
  readonly scheme: string;
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
  readonly attributes: Attributes;
  /** ARNs of the target groups that its listeners forward to, by port. */
  readonly listeners: Readonly<Record<number, string>>;
  readonly tags: Tags;
}

export interface TargetGroupFact {
  readonly arn: string;
  readonly attributes: Attributes;
  /** Addresses that are registered and not draining. */
  readonly addresses: readonly string[];
  readonly tags: Tags;
}

/** Network load balancers with targets by address. Creating one of a name that exists with the same settings gives the existing one. */
export interface LoadBalancers {
  find(name: string, signal?: AbortSignal): Promise<LoadBalancerFact | undefined>;
  findTargetGroup(name: string, signal?: AbortSignal): Promise<TargetGroupFact | undefined>;
  create(
    request: {
      readonly name: string;
      readonly scheme: 'internal' | 'internet-facing';
      readonly subnetIds: readonly string[];
      readonly securityGroupIds: readonly string[];
      readonly tags: Tags;
    },
    signal?: AbortSignal,
  ): Promise<LoadBalancerFact>;
  /** TCP to addresses, judged by HTTPS on the same port. */
  createTargetGroup(
    request: {
      readonly name: string;
      readonly vpcId: string;
      readonly port: number;
      readonly healthPath: string;
      readonly tags: Tags;
    },
    signal?: AbortSignal,
  ): Promise<TargetGroupFact>;
  createListener(
    loadBalancer: LoadBalancerFact,
    request: { readonly port: number; readonly targetGroupArn: string; readonly tags: Tags },
    owner: Owner,
    signal?: AbortSignal,
  ): Promise<void>;
  setAttributes(
    loadBalancer: LoadBalancerFact,
    attributes: Attributes,
    owner: Owner,
    signal?: AbortSignal,
  ): Promise<void>;
  setTargetGroupAttributes(
    targetGroup: TargetGroupFact,
    attributes: Attributes,
    owner: Owner,
    signal?: AbortSignal,
  ): Promise<void>;
  register(
    targetGroup: TargetGroupFact,
    addresses: readonly string[],
    owner: Owner,
    signal?: AbortSignal,
  ): Promise<void>;
  tag(
    resource: { readonly arn: string; readonly tags: Tags },
    wanted: Tags,
    owner: Owner,
    signal?: AbortSignal,
  ): Promise<void>;
}

/** Seconds between two health checks, for one that hangs, and how many in a row decide (reference aws-etcd-kubeadm-facts §4.4). */
const health = {
  HealthCheckIntervalSeconds: 10,
  HealthCheckTimeoutSeconds: 5,
  HealthyThresholdCount: 2,
  UnhealthyThresholdCount: 2,
} as const;

export function makeLoadBalancers(config: Config): LoadBalancers {
  const client = new ElasticLoadBalancingV2Client(clientSettings(config));
  return {
    ...readingBalancers(client),
    ...readingTargetGroups(client),
    ...buildingBalancers(client),
    ...buildingTargetGroups(client),
  };
}

function readingBalancers(client: ElasticLoadBalancingV2Client): Pick<LoadBalancers, 'find'> {
  return {
    async find(name, signal) {
      const missing = ['LoadBalancerNotFound', 'LoadBalancerNotFoundException'];
      const call = client.send(new DescribeLoadBalancersCommand({ Names: [name] }), abortedBy(signal));
      const found = await callingUnless('elbv2:DescribeLoadBalancers', missing, call);
      const one = found?.LoadBalancers?.[0];
      if (!one?.LoadBalancerArn) return undefined;
      const LoadBalancerArn = one.LoadBalancerArn;
      const attributes = await calling(
        'elbv2:DescribeLoadBalancerAttributes',
        client.send(new DescribeLoadBalancerAttributesCommand({ LoadBalancerArn }), abortedBy(signal)),
      );
      const listeners = await calling(
        'elbv2:DescribeListeners',
        client.send(new DescribeListenersCommand({ LoadBalancerArn }), abortedBy(signal)),
      );
      return {
        arn: LoadBalancerArn,
        dnsName: one.DNSName ?? '',
        scheme: one.Scheme ?? '',
        subnetIds: (one.AvailabilityZones ?? []).map(({ SubnetId = '' }) => SubnetId).sort(),
        securityGroupIds: one.SecurityGroups ?? [],
        attributes: readTags(attributes.Attributes),
        listeners: Object.fromEntries(
          (listeners.Listeners ?? []).map(({ Port = 0, DefaultActions }) => [
            Port,
            DefaultActions?.[0]?.TargetGroupArn ??
              DefaultActions?.[0]?.ForwardConfig?.TargetGroups?.[0]?.TargetGroupArn ??
              '',
          ]),
        ),
        tags: await tagsOfArn(client, LoadBalancerArn, signal),
      };
    },
  };
}

function readingTargetGroups(client: ElasticLoadBalancingV2Client): Pick<LoadBalancers, 'findTargetGroup'> {
  return {
    async findTargetGroup(name, signal) {
      const missing = ['TargetGroupNotFound', 'TargetGroupNotFoundException'];
      const call = client.send(new DescribeTargetGroupsCommand({ Names: [name] }), abortedBy(signal));
      const found = await callingUnless('elbv2:DescribeTargetGroups', missing, call);
      const TargetGroupArn = found?.TargetGroups?.[0]?.TargetGroupArn;
      if (!TargetGroupArn) return undefined;
      const attributes = await calling(
        'elbv2:DescribeTargetGroupAttributes',
        client.send(new DescribeTargetGroupAttributesCommand({ TargetGroupArn }), abortedBy(signal)),
      );
      const targets = await calling(
        'elbv2:DescribeTargetHealth',
        client.send(new DescribeTargetHealthCommand({ TargetGroupArn }), abortedBy(signal)),
      );
      const present = (targets.TargetHealthDescriptions ?? []).filter(
        ({ TargetHealth }) => TargetHealth?.State !== 'draining',
      );
      return {
        arn: TargetGroupArn,
        attributes: readTags(attributes.Attributes),
        addresses: present.map(({ Target }) => Target?.Id ?? '').sort(),
        tags: await tagsOfArn(client, TargetGroupArn, signal),
      };
    },
  };
}

function buildingBalancers(
  client: ElasticLoadBalancingV2Client,
): Pick<LoadBalancers, 'create' | 'createListener' | 'setAttributes' | 'tag'> {
  return {
    async create({ name, scheme, subnetIds, securityGroupIds, tags }, signal) {
      const command = new CreateLoadBalancerCommand({
        Name: name,
        Type: 'network',
        Scheme: scheme,
        IpAddressType: 'ipv4',
        Subnets: [...subnetIds],
        SecurityGroups: [...securityGroupIds],
        Tags: writeTags(tags),
      });
      const made = await calling('elbv2:CreateLoadBalancer', client.send(command, abortedBy(signal)));
      return {
        arn: made.LoadBalancers?.[0]?.LoadBalancerArn ?? '',
        dnsName: made.LoadBalancers?.[0]?.DNSName ?? '',
        scheme,
        subnetIds,
        securityGroupIds,
        attributes: {},
        listeners: {},
        tags,
      };
    },
    async createListener(loadBalancer, { port, targetGroupArn, tags }, owner, signal) {
      assertOwn(loadBalancer.arn, loadBalancer.tags, owner);
      const command = new CreateListenerCommand({
        LoadBalancerArn: loadBalancer.arn,
        Protocol: 'TCP',
        Port: port,
        DefaultActions: [{ Type: 'forward', TargetGroupArn: targetGroupArn }],
        Tags: writeTags(tags),
      });
      const already = ['DuplicateListener', 'DuplicateListenerException'];
      await callingUnless('elbv2:CreateListener', already, client.send(command, abortedBy(signal)));
    },
    async setAttributes(loadBalancer, attributes, owner, signal) {
      assertOwn(loadBalancer.arn, loadBalancer.tags, owner);
      const command = new ModifyLoadBalancerAttributesCommand({
        LoadBalancerArn: loadBalancer.arn,
        Attributes: writeTags(attributes),
      });
      await calling('elbv2:ModifyLoadBalancerAttributes', client.send(command, abortedBy(signal)));
    },
    async tag({ arn, tags }, wanted, owner, signal) {
      assertOwn(arn, tags, owner);
      const command = new AddTagsCommand({ ResourceArns: [arn], Tags: writeTags(missingTags(tags, wanted)) });
      await calling('elbv2:AddTags', client.send(command, abortedBy(signal)));
    },
  };
}

function buildingTargetGroups(
  client: ElasticLoadBalancingV2Client,
): Pick<LoadBalancers, 'createTargetGroup' | 'setTargetGroupAttributes' | 'register'> {
  return {
    async createTargetGroup({ name, vpcId, port, healthPath, tags }, signal) {
      const command = new CreateTargetGroupCommand({
        Name: name,
        Protocol: 'TCP',
        Port: port,
        VpcId: vpcId,
        TargetType: 'ip',
        HealthCheckProtocol: 'HTTPS',
        HealthCheckPath: healthPath,
        HealthCheckPort: String(port),
        Matcher: { HttpCode: '200' },
        ...health,
        Tags: writeTags(tags),
      });
      const made = await calling('elbv2:CreateTargetGroup', client.send(command, abortedBy(signal)));
      return { arn: made.TargetGroups?.[0]?.TargetGroupArn ?? '', attributes: {}, addresses: [], tags };
    },
    async setTargetGroupAttributes(targetGroup, attributes, owner, signal) {
      assertOwn(targetGroup.arn, targetGroup.tags, owner);
      const command = new ModifyTargetGroupAttributesCommand({
        TargetGroupArn: targetGroup.arn,
        Attributes: writeTags(attributes),
      });
      await calling('elbv2:ModifyTargetGroupAttributes', client.send(command, abortedBy(signal)));
    },
    async register(targetGroup, addresses, owner, signal) {
      assertOwn(targetGroup.arn, targetGroup.tags, owner);
      const Targets = addresses.map((Id) => ({ Id }));
      const command = new RegisterTargetsCommand({ TargetGroupArn: targetGroup.arn, Targets });
      await calling('elbv2:RegisterTargets', client.send(command, abortedBy(signal)));
    },
  };
}

async function tagsOfArn(
  client: ElasticLoadBalancingV2Client,
  arn: string,
  signal?: AbortSignal,
): Promise<Tags> {
  const call = client.send(new DescribeTagsCommand({ ResourceArns: [arn] }), abortedBy(signal));
  return readTags((await calling('elbv2:DescribeTags', call)).TagDescriptions?.[0]?.Tags);
}
