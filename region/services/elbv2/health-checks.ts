import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import type { Elb } from './load-balancer.ts';
import {
  type CheckResult,
  type HealthCheck,
  judge,
  parseMatcher,
  type Target,
  type TargetGroup,
} from './target-group.ts';

/** Ten seconds of ELB's clocks last `delays.targetHealthInterval`; its other seconds are scaled alike. @returns ms */
export function scaledSeconds({ kernel }: Elb, seconds: number): number {
  return (seconds * kernel.delays.targetHealthInterval) / 10;
}

/** Checks the targets of a group again and again, as long as the group is there. */
export function watchTargets(elb: Elb, group: TargetGroup): void {
  const round = async (): Promise<void> => {
    if (elb.targetGroups.get(group.arn) !== group) return;
    if (isInUse(elb, group))
      await Promise.all([...group.targets.values()].map((target) => checkOnce(elb, group, target)));
    again();
  };
  const again = (): void =>
    void elb.kernel.clock.after(scaledSeconds(elb, group.healthCheck.intervalSeconds), round);
  again();
}

/** Whether a listener sends to the group: only then are its targets checked. */
export function isInUse({ listeners }: Elb, group: TargetGroup): boolean {
  return [...listeners.values()].some((listener) => listener.targetGroupArn === group.arn);
}

async function checkOnce(elb: Elb, group: TargetGroup, target: Target): Promise<void> {
  const check = group.healthCheck;
  const timeout = Math.max(50, scaledSeconds(elb, check.timeoutSeconds));
  const port = check.port === 'traffic-port' ? target.port : check.port;
  const result =
    check.protocol === 'TCP'
      ? await checkTcp(target.address, port, timeout)
      : await checkHttp(target.address, port, check, timeout);
  target.verdict = judge(target.verdict, check, result);
}

const failed: CheckResult = { passed: false, reason: 'Target.FailedHealthChecks' };
const late: CheckResult = { passed: false, reason: 'Target.Timeout' };

/** Whether a connection opens within `timeout` ms. */
function checkTcp(host: string, port: number, timeout: number): Promise<CheckResult> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout });
    const end = (result: CheckResult): void => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => end({ passed: true }));
    socket.once('timeout', () => end(late));
    socket.once('error', () => end(failed));
  });
}

/** Whether a GET answers with a matching status within `timeout` ms. ELB does not verify the target's certificate (facts §4.4). */
function checkHttp(
  host: string,
  port: number,
  check: Pick<HealthCheck, 'protocol' | 'path' | 'matcher'>,
  timeout: number,
): Promise<CheckResult> {
  const matches = parseMatcher(check.matcher ?? '200-399');
  const options = {
    host,
    port,
    path: check.path ?? '/',
    timeout,
    headers: { 'user-agent': 'ELB-HealthChecker/2.0' },
  };
  return new Promise((resolve) => {
    const request =
      check.protocol === 'HTTPS'
        ? httpsRequest({ ...options, rejectUnauthorized: false })
        : httpRequest(options);
    request.once('response', (response) => {
      response.resume();
      resolve(
        matches(response.statusCode ?? 0)
          ? { passed: true }
          : { passed: false, reason: 'Target.ResponseCodeMismatch' },
      );
    });
    request.once('timeout', () => {
      resolve(late);
      request.destroy();
    });
    request.once('error', () => resolve(failed));
    request.end();
  });
}
