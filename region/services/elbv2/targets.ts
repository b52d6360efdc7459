import type {
  DeregisterTargetsInput,
  DescribeTargetHealthInput,
  DescribeTargetHealthOutput,
  ElasticLoadBalancingV2,
  RegisterTargetsInput,
  TargetDescription,
  TargetHealth,
  TargetHealthDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Operations } from '../../kernel/kernel.ts';
import { onlyPlayed, refuse } from '../common/request.ts';
import { isInEnabledZone, isInUse, scaledSeconds } from './health-checks.ts';
import { type Elb, invalid, targetGroupOf } from './load-balancer.ts';
import { findZones } from './surroundings.ts';
import { notCheckedYet, type Target, type TargetGroup } from './target-group.ts';

function keyOf(group: TargetGroup, { Id, Port }: TargetDescription): string {
  if (Id === undefined) invalid('A target ID must be specified');
  return `${Id}:${Port ?? group.port}`;
}

async function register(elb: Elb, input: RegisterTargetsInput): Promise<Record<string, never>> {
  onlyPlayed('elbv2.registerTargets', input, ['TargetGroupArn', 'Targets']);
  const group = targetGroupOf(elb, input.TargetGroupArn);
  const targets = input.Targets ?? [];
  if (targets.length === 0) invalid('At least one target must be specified');
  const zones = await findZones(
    elb,
    group.vpcId,
    targets.map((target) => target.Id ?? ''),
  );
  for (const target of targets) {
    const key = keyOf(group, target);
    const present = group.targets.get(key);
    if (present?.draining) {
      present.draining.cancel();
      present.draining = undefined;
      present.verdict = notCheckedYet;
    }
    if (present) continue;
    const address = target.Id ?? '';
    group.targets.set(key, {
      address,
      port: target.Port ?? group.port,
      zone: zones.get(address) ?? target.AvailabilityZone,
      draining: undefined,
      verdict: notCheckedYet,
    });
  }
  return {};
}

/**
 * Deregistered targets take no new connections, drain for the group's delay, then they are gone; what is left of their connections is
 * ended where the group says so, else it lives on until one side ends it. Targets that are not registered are refused.
 */
function deregister(elb: Elb, input: DeregisterTargetsInput): Record<string, never> {
  onlyPlayed('elbv2.deregisterTargets', input, ['TargetGroupArn', 'Targets']);
  const group = targetGroupOf(elb, input.TargetGroupArn);
  const keys = (input.Targets ?? []).map((target) => keyOf(group, target));
  const unknown = keys.filter((key) => !group.targets.has(key));
  if (unknown.length > 0)
    refuse('InvalidTarget', `The following targets are not registered: '${unknown.join("', '")}'`);
  const delay = scaledSeconds(elb, Number(group.attributes.get('deregistration_delay.timeout_seconds')));
  for (const key of keys) {
    const target = group.targets.get(key);
    if (target === undefined || target.draining) continue;
    const cancel = elb.kernel.clock.after(isInUse(elb, group) ? delay : 0, () => {
      group.targets.delete(key);
      if (group.attributes.get('deregistration_delay.connection_termination.enabled') === 'true')
        elb.traffic.endConnections(target);
    });
    target.draining = { cancel };
  }
  return {};
}

const descriptions: Readonly<Partial<Record<NonNullable<TargetHealth['Reason']>, string>>> = {
  'Elb.RegistrationInProgress': 'Target registration is in progress',
  'Elb.InitialHealthChecking': 'Initial health checks in progress',
  'Target.FailedHealthChecks': 'Health checks failed',
  'Target.Timeout': 'Request timed out',
  'Target.ResponseCodeMismatch': 'Health checks failed with an unexpected code',
  'Target.NotInUse': 'Target group is not configured to receive traffic from the load balancer',
  'Target.NotRegistered': 'Target is not registered to the target group',
  'Target.DeregistrationInProgress': 'Target deregistration is in progress',
};

function healthOf(elb: Elb, group: TargetGroup, target: Target | undefined): TargetHealth {
  const say = (State: NonNullable<TargetHealth['State']>, Reason?: TargetHealth['Reason']): TargetHealth => ({
    State,
    ...(Reason === undefined ? {} : { Reason, Description: descriptions[Reason] }),
  });
  if (target === undefined) return say('unused', 'Target.NotRegistered');
  if (target.draining) return say('draining', 'Target.DeregistrationInProgress');
  if (!isInUse(elb, group)) return say('unused', 'Target.NotInUse');
  if (!isInEnabledZone(elb, group, target))
    return {
      ...say('unused', 'Target.NotInUse'),
      Description: 'Target is in an Availability Zone that is not enabled for the load balancer',
    };
  return say(target.verdict.state, target.verdict.reason);
}

function describeHealth(elb: Elb, input: DescribeTargetHealthInput): DescribeTargetHealthOutput {
  onlyPlayed('elbv2.describeTargetHealth', input, ['TargetGroupArn', 'Targets']);
  const group = targetGroupOf(elb, input.TargetGroupArn);
  const registered = [...group.targets.values()].map(
    ({ address: Id, port: Port, zone: AvailabilityZone }): TargetDescription => ({
      Id,
      Port,
      AvailabilityZone,
    }),
  );
  const wanted = input.Targets?.length ? input.Targets : registered;
  const view = (target: TargetDescription): TargetHealthDescription => ({
    Target: { ...target, Port: target.Port ?? group.port },
    HealthCheckPort: String(
      group.healthCheck.port === 'traffic-port' ? (target.Port ?? group.port) : group.healthCheck.port,
    ),
    TargetHealth: healthOf(elb, group, group.targets.get(keyOf(group, target))),
  });
  return { TargetHealthDescriptions: wanted.map(view) };
}

/** Targets and their health. */
export function targetOperations(elb: Elb): Operations<ElasticLoadBalancingV2> {
  return {
    registerTargets: (input) => register(elb, input),
    deregisterTargets: (input) => deregister(elb, input),
    describeTargetHealth: (input) => describeHealth(elb, input),
  };
}
