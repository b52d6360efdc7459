import { AwsRefused, AwsThrottled, AwsUnavailable } from '../runtime/errors.ts';

/** Codes by which AWS services say "slow down". */
const throttled = new Set([
  'BandwidthLimitExceeded',
  'EC2ThrottledException',
  'PriorRequestNotComplete',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'TooManyRequestsException',
]);

/** Codes of failures on AWS's side, or of a connection that broke. The call may or may not have been done. */
const unavailable = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'InternalError',
  'InternalFailure',
  'InternalServerError',
  'InternalServiceError',
  'RequestTimeout',
  'RequestTimeoutException',
  'ServiceUnavailable',
  'ServiceUnavailableException',
  'TimeoutError',
  'Unavailable',
]);

/** AWS's own code of an error (`InvalidVolume.NotFound`), or undefined when it does not come from AWS or the network. */
export function awsCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const fields = error as Error & { Code?: unknown; code?: unknown; $metadata?: unknown; $fault?: unknown };
  // Services without modelled exceptions (EC2) put their code in `name`; node's network errors in `code`.
  if (fields.$metadata !== undefined || fields.$fault !== undefined)
    return typeof fields.Code === 'string' ? fields.Code : error.name;
  if (typeof fields.code === 'string' && unavailable.has(fields.code)) return fields.code;
  return unavailable.has(error.name) ? error.name : undefined;
}

function statusOf(error: unknown): number {
  const metadata = (error as { $metadata?: { httpStatusCode?: number } }).$metadata;
  return metadata?.httpStatusCode ?? 0;
}

/**
 * Puts an SDK error into the catalogue by its code (habit 10: never catch-all). What is no AWS or network error (a bug, an abort) comes
 * back as it is.
 */
export function classify(error: unknown, call: string): unknown {
  const code = awsCode(error);
  if (code === undefined || !(error instanceof Error)) return error;
  const message = `${call}: ${code}: ${error.message}`;
  if (throttled.has(code)) return new AwsThrottled(message, { cause: error });
  if (unavailable.has(code) || statusOf(error) >= 500) return new AwsUnavailable(message, { cause: error });
  return new AwsRefused(message, { cause: error, code });
}

/** Awaits an SDK call and throws its failure classified. `call` names service and operation, for the message. */
export async function calling<T>(call: string, promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    throw classify(error, call);
  }
}

/** Whether AWS answered with one of these codes. Both the wire code and the SDK's name for it count (`AlreadyExists`, `AlreadyExistsFault`). */
export function hasCode(error: unknown, codes: readonly string[]): boolean {
  const code = awsCode(error);
  return code !== undefined && error instanceof Error && (codes.includes(code) || codes.includes(error.name));
}

/**
 * As `calling`, but the given codes are an answer and not a failure: the result is then undefined. Used for "not found" and "already so".
 */
export async function callingUnless<T>(
  call: string,
  codes: readonly string[],
  promise: Promise<T>,
): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (hasCode(error, codes)) return undefined;
    throw classify(error, call);
  }
}
