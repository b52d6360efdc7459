import type {
  DescribeLoadBalancerAttributesInput,
  DescribeTargetGroupAttributesInput,
  ElasticLoadBalancingV2,
  ModifyLoadBalancerAttributesInput,
  ModifyTargetGroupAttributesInput,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { NotPlayedError } from '../../kernel/errors.ts';
import type { Operations } from '../../kernel/kernel.ts';
import { onlyPlayed, refuse } from '../common/request.ts';
import { type Elb, loadBalancerOf, targetGroupOf } from './load-balancer.ts';

/** The attributes of a new Network Load Balancer. */
export function loadBalancerAttributes(): Map<string, string> {
  return new Map([
    ['access_logs.s3.enabled', 'false'],
    ['access_logs.s3.bucket', ''],
    ['access_logs.s3.prefix', ''],
    ['deletion_protection.enabled', 'false'],
    ['dns_record.client_routing_policy', 'any_availability_zone'],
    ['load_balancing.cross_zone.enabled', 'false'],
    ['ipv6.deny_all_igw_traffic', 'false'],
    ['zonal_shift.config.enabled', 'false'],
  ]);
}

/** The attributes of a new target group of type `ip` and protocol TCP (facts §4.4). */
export function targetGroupAttributes(): Map<string, string> {
  return new Map([
    ['deregistration_delay.timeout_seconds', '300'],
    ['deregistration_delay.connection_termination.enabled', 'false'],
    ['load_balancing.cross_zone.enabled', 'use_load_balancer_configuration'],
    ['preserve_client_ip.enabled', 'false'],
    ['proxy_protocol_v2.enabled', 'false'],
    ['stickiness.enabled', 'false'],
    ['stickiness.type', 'source_ip'],
    ['target_group_health.dns_failover.minimum_healthy_targets.count', '1'],
    ['target_group_health.dns_failover.minimum_healthy_targets.percentage', 'off'],
    ['target_group_health.unhealthy_state_routing.minimum_healthy_targets.count', '1'],
    ['target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage', 'off'],
    ['target_health_state.unhealthy.connection_termination.enabled', 'true'],
    ['target_health_state.unhealthy.draining_interval_seconds', '0'],
  ]);
}

/** Attributes that the data path does not honour: none may be anything but this. */
const onlyValue: Readonly<Record<string, string>> = {
  'dns_record.client_routing_policy': 'any_availability_zone',
  'zonal_shift.config.enabled': 'false',
  'preserve_client_ip.enabled': 'false',
  'proxy_protocol_v2.enabled': 'false',
  'stickiness.enabled': 'false',
  'target_health_state.unhealthy.draining_interval_seconds': '0',
};

/** The values of a target group's attributes that are no mere booleans. */
const patterns: readonly (readonly [attribute: RegExp, value: RegExp, said: string])[] = [
  [
    /^deregistration_delay\.timeout_seconds$/,
    /^([0-9]{1,3}|[12]\d{3}|3[0-5]\d\d|3600)$/,
    'in the range 0-3600',
  ],
  [
    /^load_balancing\.cross_zone\.enabled$/,
    /^(true|false|use_load_balancer_configuration)$/,
    "'true', 'false' or 'use_load_balancer_configuration'",
  ],
  [/\.unhealthy_state_routing\.minimum_healthy_targets\.count$/, /^[1-9]\d*$/, 'a number from 1 on'],
  [/\.dns_failover\.minimum_healthy_targets\.count$/, /^([1-9]\d*|off)$/, "a number from 1 on, or 'off'"],
  [/\.minimum_healthy_targets\.percentage$/, /^([1-9]\d?|100|off)$/, "in the range 1-100, or 'off'"],
];

interface Pair {
  Key?: string | undefined;
  Value?: string | undefined;
}

const pairs = (attributes: ReadonlyMap<string, string>): Pair[] =>
  [...attributes].map(([Key, Value]) => ({ Key, Value }));

/** All or none are changed. @throws AwsError InvalidConfigurationRequest for a key or value that ELB does not know */
function change(
  kind: 'Load balancer' | 'Target group',
  attributes: Map<string, string>,
  wanted: readonly Pair[],
): { Attributes: Pair[] } {
  for (const { Key = '', Value = '' } of wanted) {
    const before = attributes.get(Key);
    if (before === undefined)
      refuse('InvalidConfigurationRequest', `${kind} attribute key '${Key}' is not recognized`);
    const pattern = kind === 'Target group' ? patterns.find(([attribute]) => attribute.test(Key)) : undefined;
    const boolean = pattern === undefined && (before === 'true' || before === 'false');
    if (boolean && Value !== 'true' && Value !== 'false')
      refuse(
        'InvalidConfigurationRequest',
        `${kind} attribute '${Key}' must be 'true' or 'false', and is '${Value}'`,
      );
    if (pattern !== undefined && !pattern[1].test(Value))
      refuse(
        'InvalidConfigurationRequest',
        `${kind} attribute '${Key}' must be ${pattern[2]}, and is '${Value}'`,
      );
    if ((onlyValue[Key] ?? Value) !== Value) throw new NotPlayedError(`${Key} = ${Value}`);
  }
  for (const { Key = '', Value = '' } of wanted) attributes.set(Key, Value);
  return { Attributes: pairs(attributes) };
}

function modifyLoadBalancer(elb: Elb, input: ModifyLoadBalancerAttributesInput): { Attributes: Pair[] } {
  onlyPlayed('elbv2.modifyLoadBalancerAttributes', input, ['LoadBalancerArn', 'Attributes']);
  return change(
    'Load balancer',
    loadBalancerOf(elb, input.LoadBalancerArn).attributes,
    input.Attributes ?? [],
  );
}

function modifyTargetGroup(elb: Elb, input: ModifyTargetGroupAttributesInput): { Attributes: Pair[] } {
  onlyPlayed('elbv2.modifyTargetGroupAttributes', input, ['TargetGroupArn', 'Attributes']);
  return change('Target group', targetGroupOf(elb, input.TargetGroupArn).attributes, input.Attributes ?? []);
}

/** Attributes of load balancers and target groups. */
export function attributeOperations(elb: Elb): Operations<ElasticLoadBalancingV2> {
  return {
    modifyLoadBalancerAttributes: (input) => modifyLoadBalancer(elb, input),
    describeLoadBalancerAttributes: (input: DescribeLoadBalancerAttributesInput) => ({
      Attributes: pairs(loadBalancerOf(elb, input.LoadBalancerArn).attributes),
    }),
    modifyTargetGroupAttributes: (input) => modifyTargetGroup(elb, input),
    describeTargetGroupAttributes: (input: DescribeTargetGroupAttributesInput) => ({
      Attributes: pairs(targetGroupOf(elb, input.TargetGroupArn).attributes),
    }),
  };
}
