import type {
  CreateTargetGroupInput,
  CreateTargetGroupOutput,
  DeleteTargetGroupInput,
  DescribeTargetGroupsInput,
  DescribeTargetGroupsOutput,
  ElasticLoadBalancingV2,
  ModifyTargetGroupInput,
  ModifyTargetGroupOutput,
  TargetGroup as TargetGroupView,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { NotPlayedError } from '../../kernel/errors.ts';
import type { Operations } from '../../kernel/kernel.ts';
import { fingerprint, onlyPlayed, refuse } from '../common/request.ts';
import { takePage } from '../common/take-page.ts';
import { targetGroupAttributes } from './attributes.ts';
import { isInUse, watchTargets } from './health-checks.ts';
import { arnSuffix, checkName, type Elb, elbArn, invalid, targetGroupOf } from './load-balancer.ts';
import { checkVpc } from './surroundings.ts';
import { setTags } from './tags.ts';
import { healthCheckOf, type TargetGroup } from './target-group.ts';

const healthCheckMembers = [
  'HealthCheckProtocol',
  'HealthCheckPort',
  'HealthCheckEnabled',
  'HealthCheckPath',
  'HealthCheckIntervalSeconds',
  'HealthCheckTimeoutSeconds',
  'HealthyThresholdCount',
  'UnhealthyThresholdCount',
  'Matcher',
] as const;

async function createTargetGroup(elb: Elb, input: CreateTargetGroupInput): Promise<CreateTargetGroupOutput> {
  onlyPlayed('elbv2.createTargetGroup', input, [
    'Name',
    'Protocol',
    'Port',
    'VpcId',
    'TargetType',
    'IpAddressType',
    'Tags',
    ...healthCheckMembers,
  ]);
  const name = checkName('target group', input.Name);
  if (input.TargetType !== 'ip')
    throw new NotPlayedError(`target groups of type ${input.TargetType ?? 'instance'}`);
  if (input.Protocol !== 'TCP') throw new NotPlayedError(`target groups of protocol ${input.Protocol}`);
  const { Port: port, VpcId: vpcId } = input;
  if (port === undefined || !Number.isInteger(port) || port < 1 || port > 65_535)
    invalid(`Target group port '${port}' must be in the range 1-65535`);
  if (vpcId === undefined) invalid('A VPC ID must be specified');
  await checkVpc(elb, vpcId);
  if (input.HealthCheckEnabled === false)
    invalid('Health checks must be enabled for target groups of type ip');
  const healthCheck = healthCheckOf(input);
  const existing = [...elb.targetGroups.values()].find((one) => one.name === name);
  if (existing) {
    const same =
      existing.port === port &&
      existing.vpcId === vpcId &&
      fingerprint(existing.healthCheck) === fingerprint(healthCheck);
    if (!same)
      refuse(
        'DuplicateTargetGroupName',
        `A target group with the same name '${name}' exists, but with different settings`,
      );
    return { TargetGroups: [view(elb, existing)] };
  }
  const group: TargetGroup = {
    arn: elbArn(elb, `targetgroup/${name}/${arnSuffix(elb)}`),
    name,
    port,
    vpcId,
    attributes: targetGroupAttributes(),
    targets: new Map(),
    healthCheck,
  };
  elb.targetGroups.set(group.arn, group);
  setTags(elb, group.arn, input.Tags);
  watchTargets(elb, group);
  return { TargetGroups: [view(elb, group)] };
}

function view(elb: Elb, group: TargetGroup): TargetGroupView {
  const { healthCheck } = group;
  const balancers = [...elb.listeners.values()]
    .filter((listener) => listener.targetGroupArn === group.arn)
    .map((listener) => listener.loadBalancerArn);
  return {
    TargetGroupArn: group.arn,
    TargetGroupName: group.name,
    Protocol: 'TCP',
    Port: group.port,
    VpcId: group.vpcId,
    TargetType: 'ip',
    IpAddressType: 'ipv4',
    HealthCheckEnabled: true,
    HealthCheckProtocol: healthCheck.protocol,
    HealthCheckPort: String(healthCheck.port),
    HealthCheckPath: healthCheck.path,
    Matcher: healthCheck.matcher === undefined ? undefined : { HttpCode: healthCheck.matcher },
    HealthCheckIntervalSeconds: healthCheck.intervalSeconds,
    HealthCheckTimeoutSeconds: healthCheck.timeoutSeconds,
    HealthyThresholdCount: healthCheck.healthyThreshold,
    UnhealthyThresholdCount: healthCheck.unhealthyThreshold,
    LoadBalancerArns: [...new Set(balancers)],
  };
}

function modifyTargetGroup(elb: Elb, input: ModifyTargetGroupInput): ModifyTargetGroupOutput {
  onlyPlayed('elbv2.modifyTargetGroup', input, ['TargetGroupArn', ...healthCheckMembers]);
  const group = targetGroupOf(elb, input.TargetGroupArn);
  if (input.HealthCheckEnabled === false)
    invalid('Health checks must be enabled for target groups of type ip');
  group.healthCheck = healthCheckOf(input, group.healthCheck);
  return { TargetGroups: [view(elb, group)] };
}

function describeTargetGroups(elb: Elb, input: DescribeTargetGroupsInput): DescribeTargetGroupsOutput {
  onlyPlayed('elbv2.describeTargetGroups', input, [
    'LoadBalancerArn',
    'TargetGroupArns',
    'Names',
    'Marker',
    'PageSize',
  ]);
  const { TargetGroupArns: arns = [], Names: names = [], LoadBalancerArn: balancerArn } = input;
  const all = [...elb.targetGroups.values()];
  const unknown = [
    ...arns.filter((arn) => !elb.targetGroups.has(arn)),
    ...names.filter((name) => !all.some((one) => one.name === name)),
  ];
  if (unknown.length > 0)
    refuse('TargetGroupNotFound', `One or more target groups not found: ${unknown.join(', ')}`);
  if (balancerArn !== undefined && !elb.loadBalancers.has(balancerArn))
    refuse('LoadBalancerNotFound', `Load balancers '[${balancerArn}]' not found`);
  const wanted = all
    .filter((one) => arns.length + names.length === 0 || arns.includes(one.arn) || names.includes(one.name))
    .map((one) => view(elb, one))
    .filter((one) => balancerArn === undefined || one.LoadBalancerArns?.includes(balancerArn));
  const page = takePage(wanted, input.Marker, input.PageSize, { smallest: 1, largest: 400 });
  return { TargetGroups: [...page.items], NextMarker: page.nextToken };
}

/** DeleteTargetGroup; one that is not there is no error. @throws AwsError ResourceInUse while a listener sends to it */
function deleteTargetGroup(elb: Elb, input: DeleteTargetGroupInput): Record<string, never> {
  onlyPlayed('elbv2.deleteTargetGroup', input, ['TargetGroupArn']);
  const group = elb.targetGroups.get(input.TargetGroupArn ?? '');
  if (group === undefined) return {};
  if (isInUse(elb, group))
    refuse('ResourceInUse', `Target group '${group.arn}' is currently in use by a listener or a rule`);
  elb.targetGroups.delete(group.arn);
  elb.tags.delete(group.arn);
  return {};
}

/** Target groups of type `ip`. */
export function targetGroupOperations(elb: Elb): Operations<ElasticLoadBalancingV2> {
  return {
    createTargetGroup: (input) => createTargetGroup(elb, input),
    modifyTargetGroup: (input) => modifyTargetGroup(elb, input),
    describeTargetGroups: (input) => describeTargetGroups(elb, input),
    deleteTargetGroup: (input) => deleteTargetGroup(elb, input),
  };
}
