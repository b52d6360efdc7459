import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { type CheckResult, type HealthCheck, parseMatcher } from './target-group.ts';

export interface Probe {
  readonly host: string;
  readonly port: number;
  /** For the whole of it, ms. */
  readonly timeout: number;
  /** Gives the probe up. */
  readonly signal: AbortSignal;
}

/** One check of a target, over a connection of its own: one that was kept would answer for a target that takes no new ones. Never rejects. */
export function probe(check: HealthCheck, target: Probe): Promise<CheckResult> {
  return check.protocol === 'TCP' ? probeTcp(target) : probeHttp(check, target);
}

const failed: CheckResult = { passed: false, reason: 'Target.FailedHealthChecks' };
const late: CheckResult = { passed: false, reason: 'Target.Timeout' };

/** Whether a connection opens in time. */
function probeTcp({ host, port, timeout, signal }: Probe): Promise<CheckResult> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal });
    const end = (result: CheckResult): void => {
      socket.destroy();
      resolve(result);
    };
    const cancel = atDeadline(timeout, () => end(late));
    socket.once('connect', () => end({ passed: true }));
    socket.on('error', () => end(failed));
    socket.once('close', cancel);
  });
}

/** Whether a GET answers with a matching status in time. ELB does not verify the target's certificate (facts §4.4). */
function probeHttp(check: HealthCheck, { host, port, timeout, signal }: Probe): Promise<CheckResult> {
  const matches = parseMatcher(check.matcher ?? '200-399');
  const options = {
    host,
    port,
    path: check.path ?? '/',
    signal,
    agent: false,
    headers: { 'user-agent': 'ELB-HealthChecker/2.0' },
  };
  return new Promise((resolve) => {
    const request =
      check.protocol === 'HTTPS'
        ? httpsRequest({ ...options, rejectUnauthorized: false })
        : httpRequest(options);
    const cancel = atDeadline(timeout, () => {
      resolve(late);
      request.destroy();
    });
    request.once('close', cancel);
    request.once('response', (response) => {
      response.on('error', () => {});
      response.resume();
      resolve(
        matches(response.statusCode ?? 0)
          ? { passed: true }
          : { passed: false, reason: 'Target.ResponseCodeMismatch' },
      );
    });
    request.on('error', () => resolve(failed));
    request.end();
  });
}

/**
 * Runs `action` after `timeout` ms, and once more has been read from the sockets: where the region itself was busy, an answer that came
 * in time is there by then. The returned function cancels it.
 */
function atDeadline(timeout: number, action: () => void): () => void {
  let cancelled = false;
  const timer = setTimeout(() => {
    setImmediate(() => {
      if (!cancelled) action();
    });
  }, timeout);
  return () => {
    cancelled = true;
    clearTimeout(timer);
  };
}
