export type ErrorKind = 'retryable' | 'terminal';

/** What every error of a task is. */
export abstract class TrivetError extends Error {
  abstract override readonly name: string;
  abstract readonly kind: ErrorKind;
}
