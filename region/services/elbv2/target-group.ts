import type { TargetHealth } from '@aws-sdk/client-elastic-load-balancing-v2';
import { invalid } from './load-balancer.ts';

export type CheckProtocol = 'TCP' | 'HTTP' | 'HTTPS';

/** How a target group checks its targets; seconds. */
export interface HealthCheck {
  readonly protocol: CheckProtocol;
  /** A port, or that of the target. */
  readonly port: number | 'traffic-port';
  /** HTTP and HTTPS only. */
  readonly path: string | undefined;
  readonly matcher: string | undefined;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
}

export interface Target {
  readonly address: string;
  readonly port: number;
  readonly zone: string | undefined;
  /** Deregistered, while its connections end: registering it again calls that off. */
  draining: Draining | undefined;
  verdict: Verdict;
}

/** The wait for a deregistered target's end. */
export interface Draining {
  readonly cancel: () => void;
}

/** What the checks so far say. */
export interface Verdict {
  /** `initial` until there is a first verdict. */
  readonly state: 'initial' | 'healthy' | 'unhealthy';
  readonly reason: TargetHealth['Reason'];
  /** Checks in a row with the same result. */
  readonly streak: { readonly passed: boolean; readonly count: number };
}

/** Registered, and not checked yet. */
export const notCheckedYet: Verdict = {
  state: 'initial',
  reason: 'Elb.RegistrationInProgress',
  streak: { passed: false, count: 0 },
};

export interface TargetGroup {
  readonly arn: string;
  readonly name: string;
  readonly port: number;
  readonly vpcId: string;
  readonly attributes: Map<string, string>;
  /** By `address:port`. */
  readonly targets: Map<string, Target>;
  healthCheck: HealthCheck;
}

export interface HealthCheckInput {
  readonly HealthCheckProtocol?: string | undefined;
  readonly HealthCheckPort?: string | undefined;
  readonly HealthCheckPath?: string | undefined;
  readonly HealthCheckIntervalSeconds?: number | undefined;
  readonly HealthCheckTimeoutSeconds?: number | undefined;
  readonly HealthyThresholdCount?: number | undefined;
  readonly UnhealthyThresholdCount?: number | undefined;
  readonly Matcher?: { readonly HttpCode?: string | undefined } | undefined;
}

/** A health check with NLB's defaults and limits (facts §4.4), over the one before it. @throws AwsError ValidationError, InvalidConfigurationRequest */
export function healthCheckOf(input: HealthCheckInput, before?: HealthCheck): HealthCheck {
  const protocol = protocolOf(input.HealthCheckProtocol ?? before?.protocol ?? 'TCP');
  const http = protocol !== 'TCP';
  if (!http && (input.HealthCheckPath !== undefined || input.Matcher !== undefined))
    invalid(`Health check path and matcher cannot be specified with health check protocol '${protocol}'`);
  const kept = before?.protocol === protocol ? before : undefined;
  const check: HealthCheck = {
    protocol,
    port: portOf(input.HealthCheckPort) ?? before?.port ?? 'traffic-port',
    path: http ? (input.HealthCheckPath ?? kept?.path ?? '/') : undefined,
    matcher: http ? (input.Matcher?.HttpCode ?? kept?.matcher ?? '200-399') : undefined,
    intervalSeconds: within(
      'interval',
      input.HealthCheckIntervalSeconds ?? before?.intervalSeconds ?? 30,
      5,
      300,
    ),
    timeoutSeconds: within(
      'timeout',
      input.HealthCheckTimeoutSeconds ?? kept?.timeoutSeconds ?? (protocol === 'HTTP' ? 6 : 10),
      2,
      120,
    ),
    healthyThreshold: within(
      'healthy threshold count',
      input.HealthyThresholdCount ?? before?.healthyThreshold ?? 5,
      2,
      10,
    ),
    unhealthyThreshold: within(
      'unhealthy threshold count',
      input.UnhealthyThresholdCount ?? before?.unhealthyThreshold ?? 2,
      2,
      10,
    ),
  };
  if (check.timeoutSeconds > check.intervalSeconds)
    invalid(
      `Health check timeout '${check.timeoutSeconds}' must be smaller than or equal to the interval '${check.intervalSeconds}'`,
    );
  if (check.path !== undefined && !check.path.startsWith('/'))
    invalid(`Health check path '${check.path}' must begin with a '/' character`);
  if (check.matcher !== undefined) parseMatcher(check.matcher);
  return check;
}

function protocolOf(protocol: string): CheckProtocol {
  if (protocol === 'TCP' || protocol === 'HTTP' || protocol === 'HTTPS') return protocol;
  return invalid(`Health check protocol '${protocol}' must be one of: TCP, HTTP, HTTPS`);
}

function portOf(text: string | undefined): HealthCheck['port'] | undefined {
  if (text === undefined || text === 'traffic-port') return text;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535)
    invalid(`Health check port '${text}' must be 'traffic-port' or in the range 1-65535`);
  return port;
}

function within(what: string, value: number, lowest: number, highest: number): number {
  if (!Number.isInteger(value) || value < lowest || value > highest)
    invalid(`Health check ${what} must be between ${lowest} and ${highest}, and is '${value}'`);
  return value;
}

/** The status codes that pass: "200", "200,401" or "200-399". @throws AwsError ValidationError */
export function parseMatcher(matcher: string): (status: number) => boolean {
  const ranges = matcher.split(',').map((part) => {
    const match = /^(\d{3})(?:-(\d{3}))?$/.exec(part.trim());
    const [first, last] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
    if (match === null || first < 200 || last > 599 || first > last)
      invalid(`Health check matcher HTTP code '${matcher}' must be within '200-599'`);
    return { first, last };
  });
  return (status) => ranges.some(({ first, last }) => first <= status && status <= last);
}

/**
 * What one more check makes of a verdict; pure. A new target is healthy with its first passed check, as ELB says; after that the
 * thresholds count.
 */
export function judge(before: Verdict, check: HealthCheck, result: CheckResult): Verdict {
  const inRow = before.streak.passed === result.passed ? before.streak.count + 1 : 1;
  const streak = { passed: result.passed, count: inRow };
  if (result.passed) {
    const healthy = before.state !== 'unhealthy' || inRow >= check.healthyThreshold;
    return healthy ? { state: 'healthy', reason: undefined, streak } : { ...before, streak };
  }
  if (before.state === 'unhealthy' || inRow >= check.unhealthyThreshold)
    return { state: 'unhealthy', reason: result.reason, streak };
  const reason = before.state === 'initial' ? 'Elb.InitialHealthChecking' : before.reason;
  return { ...before, reason, streak };
}

export type CheckResult =
  | { readonly passed: true }
  | { readonly passed: false; readonly reason: NonNullable<TargetHealth['Reason']> };
