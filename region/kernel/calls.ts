import { AwsError } from './errors.ts';
import type { Kernel, Principal, ServiceId } from './kernel.ts';

/** One call of an operation, as the call log tells it. */
export interface Call {
  readonly service: ServiceId;
  /** SDK method name, for example `describeVolumes`. */
  readonly operation: string;
  readonly principal: Principal;
  readonly requestId: string;
  /** `request`: over the wire (HTTP or the in-process request handler); `invoke`: from one service to another. */
  readonly via: 'request' | 'invoke';
  readonly input: object;
  readonly startedAt: Date;
  readonly milliseconds: number;
  /** Code of the AwsError that ended it, `InternalFailure` for any other error, absent on success. */
  readonly errorCode?: string;
}

type Known = Pick<Call, 'service' | 'operation' | 'principal' | 'requestId' | 'via'>;

/**
 * Runs one call and reports it to the kernel's listeners, however it ends. `report` adds the input once it has been read.
 * Rethrows what `run` throws.
 */
export async function observeCall<T>(
  kernel: Pick<Kernel, 'clock' | 'reportCall'>,
  known: Known,
  run: (report: (read: { input: object }) => void) => Promise<T>,
): Promise<T> {
  const { service, operation, principal, requestId, via } = known;
  const startedAt = kernel.clock.now();
  const start = performance.now();
  let input: object = {};
  const finish = (errorCode?: string): void =>
    kernel.reportCall({
      service,
      operation,
      principal,
      requestId,
      via,
      input,
      startedAt,
      milliseconds: performance.now() - start,
      ...(errorCode !== undefined && { errorCode }),
    });
  try {
    const result = await run((read) => {
      input = read.input;
    });
    finish();
    return result;
  } catch (error) {
    finish(error instanceof AwsError ? error.code : 'InternalFailure');
    throw error;
  }
}
