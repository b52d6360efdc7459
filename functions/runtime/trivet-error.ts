/** `retryable`: the same call may succeed later without anybody changing anything; `terminal`: it will not. */
export type ErrorKind = 'retryable' | 'terminal';

export abstract class TrivetError extends Error {
  abstract override readonly name: string;
  abstract readonly kind: ErrorKind;
}
