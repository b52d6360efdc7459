import type {
  Action,
  CreateListenerInput,
  CreateListenerOutput,
  DeleteListenerInput,
  DescribeListenersInput,
  DescribeListenersOutput,
  ElasticLoadBalancingV2,
  Listener as ListenerView,
  ModifyListenerInput,
  ModifyListenerOutput,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { NotPlayedError } from '../../kernel/errors.ts';
import type { Operations } from '../../kernel/kernel.ts';
import { onlyPlayed, refuse } from '../common/request.ts';
import { takePage } from '../common/take-page.ts';
import {
  arnSuffix,
  type Elb,
  invalid,
  type Listener,
  type LoadBalancer,
  listenerOf,
  loadBalancerOf,
  targetGroupOf,
} from './load-balancer.ts';
import { setTags } from './tags.ts';

/** The target group that a listener forwards to. @throws AwsError TargetGroupNotFound, TargetGroupAssociationLimit, ValidationError */
function forwardedTo(elb: Elb, balancer: LoadBalancer, actions: readonly Action[] | undefined): string {
  const [action, ...more] = actions ?? [];
  if (action === undefined || more.length > 0) invalid('Exactly one default action is required');
  if (action.Type !== 'forward')
    invalid(`Action type '${action.Type}' is not supported by a Network Load Balancer`);
  const groups = action.ForwardConfig?.TargetGroups ?? [];
  if (groups.length > 1) throw new NotPlayedError('weighted target groups');
  const group = targetGroupOf(elb, action.TargetGroupArn ?? groups[0]?.TargetGroupArn);
  if (group.vpcId !== balancer.vpcId)
    refuse(
      'InvalidConfigurationRequest',
      `Target group '${group.arn}' and load balancer '${balancer.arn}' must be in the same VPC`,
    );
  const elsewhere = [...elb.listeners.values()].some(
    (other) => other.targetGroupArn === group.arn && other.loadBalancerArn !== balancer.arn,
  );
  if (elsewhere)
    refuse(
      'TargetGroupAssociationLimit',
      `The following target groups cannot be associated with more than one load balancer: ${group.arn}`,
    );
  return group.arn;
}

function checkPort(port: number | undefined): number {
  if (port === undefined || !Number.isInteger(port) || port < 1 || port > 65_535)
    invalid(`Listener port '${port}' must be in the range 1-65535`);
  return port;
}

function checkProtocol(protocol: string | undefined): 'TCP' {
  if (protocol === undefined) invalid('A listener protocol must be specified');
  if (protocol !== 'TCP') throw new NotPlayedError(`listeners of protocol ${protocol}`);
  return protocol;
}

async function createListener(elb: Elb, input: CreateListenerInput): Promise<CreateListenerOutput> {
  onlyPlayed('elbv2.createListener', input, [
    'LoadBalancerArn',
    'Protocol',
    'Port',
    'DefaultActions',
    'Tags',
  ]);
  const balancer = loadBalancerOf(elb, input.LoadBalancerArn);
  const protocol = checkProtocol(input.Protocol);
  const port = checkPort(input.Port);
  const targetGroupArn = forwardedTo(elb, balancer, input.DefaultActions);
  const existing = [...elb.listeners.values()].find(
    (one) => one.loadBalancerArn === balancer.arn && one.port === port,
  );
  if (existing && existing.targetGroupArn !== targetGroupArn)
    refuse(
      'DuplicateListener',
      `A listener already exists on this port for this load balancer '${balancer.arn}'`,
    );
  if (existing) return { Listeners: [view(existing)] };
  const listener: Listener = {
    arn: `${balancer.arn.replace(':loadbalancer/', ':listener/')}/${arnSuffix(elb)}`,
    loadBalancerArn: balancer.arn,
    port,
    protocol,
    targetGroupArn,
  };
  elb.listeners.set(listener.arn, listener);
  setTags(elb, listener.arn, input.Tags);
  await elb.traffic.reconcile();
  return { Listeners: [view(listener)] };
}

function view(listener: Listener): ListenerView {
  const { targetGroupArn: TargetGroupArn } = listener;
  return {
    ListenerArn: listener.arn,
    LoadBalancerArn: listener.loadBalancerArn,
    Port: listener.port,
    Protocol: listener.protocol,
    DefaultActions: [
      { Type: 'forward', TargetGroupArn, ForwardConfig: { TargetGroups: [{ TargetGroupArn, Weight: 1 }] } },
    ],
  };
}

async function modifyListener(elb: Elb, input: ModifyListenerInput): Promise<ModifyListenerOutput> {
  onlyPlayed('elbv2.modifyListener', input, ['ListenerArn', 'Port', 'Protocol', 'DefaultActions']);
  const listener = listenerOf(elb, input.ListenerArn);
  const balancer = loadBalancerOf(elb, listener.loadBalancerArn);
  if (input.Protocol !== undefined) checkProtocol(input.Protocol);
  const port = input.Port === undefined ? listener.port : checkPort(input.Port);
  const taken = [...elb.listeners.values()].some(
    (other) => other !== listener && other.loadBalancerArn === balancer.arn && other.port === port,
  );
  if (taken)
    refuse(
      'DuplicateListener',
      `A listener already exists on this port for this load balancer '${balancer.arn}'`,
    );
  if (input.DefaultActions) listener.targetGroupArn = forwardedTo(elb, balancer, input.DefaultActions);
  listener.port = port;
  await elb.traffic.reconcile();
  return { Listeners: [view(listener)] };
}

async function deleteListener(elb: Elb, input: DeleteListenerInput): Promise<Record<string, never>> {
  onlyPlayed('elbv2.deleteListener', input, ['ListenerArn']);
  const { arn } = listenerOf(elb, input.ListenerArn);
  elb.listeners.delete(arn);
  elb.tags.delete(arn);
  await elb.traffic.reconcile();
  return {};
}

function describeListeners(elb: Elb, input: DescribeListenersInput): DescribeListenersOutput {
  onlyPlayed('elbv2.describeListeners', input, ['LoadBalancerArn', 'ListenerArns', 'Marker', 'PageSize']);
  const { ListenerArns: arns = [], LoadBalancerArn: balancerArn } = input;
  if (arns.length === 0 && balancerArn === undefined)
    invalid('Either listener ARNs or a load balancer ARN must be specified');
  const wanted =
    arns.length > 0
      ? arns.map((arn) => listenerOf(elb, arn))
      : [...elb.listeners.values()].filter(
          (one) => one.loadBalancerArn === loadBalancerOf(elb, balancerArn).arn,
        );
  if (balancerArn !== undefined) loadBalancerOf(elb, balancerArn);
  const page = takePage(wanted, input.Marker, input.PageSize, { smallest: 1, largest: 400 });
  return { Listeners: page.items.map(view), NextMarker: page.nextToken };
}

/** TCP listeners. */
export function listenerOperations(elb: Elb): Operations<ElasticLoadBalancingV2> {
  return {
    createListener: (input) => createListener(elb, input),
    modifyListener: (input) => modifyListener(elb, input),
    deleteListener: (input) => deleteListener(elb, input),
    describeListeners: (input) => describeListeners(elb, input),
  };
}
