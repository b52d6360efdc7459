import type { Kernel } from '../../kernel/kernel.ts';
import { refuse } from '../common/request.ts';
import type { TargetGroup } from './target-group.ts';
import type { Traffic } from './traffic/traffic.ts';

export interface Placement {
  readonly subnetId: string;
  readonly zone: string;
}

export interface LoadBalancer {
  readonly arn: string;
  readonly name: string;
  readonly dnsName: string;
  readonly scheme: 'internal' | 'internet-facing';
  readonly vpcId: string;
  readonly createdAt: Date;
  readonly attributes: Map<string, string>;
  placements: readonly Placement[];
  /** Empty where none was given at creation: then none can be given later. */
  securityGroupIds: readonly string[];
  /** Addresses of its network interfaces, by subnet. */
  readonly addresses: Map<string, string>;
  /** Whether it may carry traffic: its sockets are open, or about to be. */
  provisioned: boolean;
  state: 'provisioning' | 'active';
}

export interface Listener {
  readonly arn: string;
  readonly loadBalancerArn: string;
  port: number;
  protocol: 'TCP';
  targetGroupArn: string;
}

/** What ELB knows: by ARN, in order of creation. */
export interface ElbState {
  readonly kernel: Kernel;
  readonly loadBalancers: Map<string, LoadBalancer>;
  readonly listeners: Map<string, Listener>;
  readonly targetGroups: Map<string, TargetGroup>;
  /** Tags of all resources, by ARN. */
  readonly tags: Map<string, Map<string, string>>;
}

/** ELB: what it knows, and what it does about it. */
export interface Elb extends ElbState {
  readonly traffic: Traffic;
  /** Aborted when the region stops. */
  readonly stopping: AbortSignal;
}

/** An ARN of ELB: `path` is what stands after the account. */
export function elbArn({ kernel }: Elb, path: string): string {
  return `arn:aws:elasticloadbalancing:${kernel.region}:${kernel.accountId}:${path}`;
}

/** 16 hex digits, as ELB's ARNs end. */
export function arnSuffix({ kernel }: Elb): string {
  return kernel.ids.uuid().replaceAll('-', '').slice(0, 16);
}

/** @throws AwsError ValidationError */
export function invalid(message: string): never {
  refuse('ValidationError', message);
}

/** @throws AwsError LoadBalancerNotFound */
export function loadBalancerOf({ loadBalancers }: Elb, arn: string | undefined): LoadBalancer {
  return (
    loadBalancers.get(arn ?? '') ?? refuse('LoadBalancerNotFound', 'One or more load balancers not found')
  );
}

/** @throws AwsError ListenerNotFound */
export function listenerOf({ listeners }: Elb, arn: string | undefined): Listener {
  return listeners.get(arn ?? '') ?? refuse('ListenerNotFound', 'One or more listeners not found');
}

/** @throws AwsError TargetGroupNotFound */
export function targetGroupOf({ targetGroups }: Elb, arn: string | undefined): TargetGroup {
  return targetGroups.get(arn ?? '') ?? refuse('TargetGroupNotFound', 'One or more target groups not found');
}

/** Names of load balancers and target groups: up to 32 letters, digits and hyphens, none at the ends. @throws AwsError ValidationError */
export function checkName(kind: 'load balancer' | 'target group', name: string | undefined): string {
  const what = kind === 'load balancer' ? 'Load balancer name' : 'Target group name';
  if (name === undefined || name === '') invalid(`${what} is required`);
  if (name.length > 32) invalid(`The ${kind} name '${name}' cannot be longer than '32' characters`);
  if (!/^[A-Za-z0-9-]+$/.test(name))
    invalid(
      `The ${kind} name '${name}' can only contain characters that are alphanumeric characters and hyphens(-)`,
    );
  if (name.startsWith('-') || name.endsWith('-'))
    invalid(`The ${kind} name '${name}' cannot begin or end with a hyphen(-)`);
  if (kind === 'load balancer' && name.startsWith('internal-'))
    invalid(`The load balancer name '${name}' cannot begin with 'internal-'`);
  return name;
}
