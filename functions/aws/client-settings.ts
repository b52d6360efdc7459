import type { Config } from '../runtime/config.ts';

/**
 * What every SDK client is made with. Few attempts and short time-outs: a call's retries must end well within the task's own time-out,
 * and therefore before its lease can be taken over (design §5, S14). The endpoint comes from AWS_ENDPOINT_URL when that is set.
 */
export function clientSettings(config: Config) {
  return {
    region: config.region,
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
  };
}

/** Options of one `send`: the call ends when the task's signal is aborted. */
export function abortedBy(signal: AbortSignal | undefined): { readonly abortSignal?: AbortSignal } {
  return signal ? { abortSignal: signal } : {};
}
