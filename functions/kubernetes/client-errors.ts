import { notTrusted } from '../runtime/https-exchange.ts';

/** What went wrong with a call to a Kubernetes API, in terms on which a decision can rest. */
export type KubernetesErrorKind =
  /** No API server could be reached. A write may still have taken effect unless none was connected. */
  | 'unreachable'
  /** No answer in time. A write may still take effect. */
  | 'timeout'
  /** A certificate was not accepted: the server's by us, or ours by the server. */
  | 'not-trusted'
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  | 'already-exists'
  /** Another writer was faster: a resourceVersion, a field's owner, a precondition. */
  | 'conflict'
  | 'invalid'
  /** Throttled, or an eviction that a disruption budget blocks. */
  | 'too-many-requests'
  /** The API server answers, and cannot serve: no etcd, shutting down, a webhook's fault. */
  | 'unavailable'
  | 'unknown';

/** `Status` as Kubernetes answers a failure with. */
export interface KubernetesStatus {
  readonly reason?: string;
  readonly message?: string;
  readonly code?: number;
  readonly details?: {
    readonly retryAfterSeconds?: number;
    readonly causes?: readonly { readonly reason?: string; readonly message?: string }[];
  };
}

/** A call to a Kubernetes API failed. `status` is HTTP's, 0 where there was no answer. */
export class KubernetesError extends Error {
  override readonly name = 'KubernetesError' as const;
  readonly kind: KubernetesErrorKind;
  readonly endpoint: string;
  readonly status: number;
  readonly told: KubernetesStatus;

  constructor(
    kind: KubernetesErrorKind,
    message: string,
    about: { endpoint: string; status?: number; told?: KubernetesStatus; cause?: unknown },
  ) {
    super(`Kubernetes at ${about.endpoint}: ${message}`, { cause: about.cause });
    this.kind = kind;
    this.endpoint = about.endpoint;
    this.status = about.status ?? 0;
    this.told = about.told ?? {};
  }
}

/** The kind of an error answer: the reason tells 409 apart, and HTTP's status the rest. */
export function classifyAnswer(status: number, { reason }: KubernetesStatus): KubernetesErrorKind {
  if (reason === 'AlreadyExists') return 'already-exists';
  const byStatus: Readonly<Record<number, KubernetesErrorKind>> = {
    400: 'invalid',
    401: 'unauthorized',
    403: 'forbidden',
    404: 'not-found',
    409: 'conflict',
    415: 'invalid',
    422: 'invalid',
    429: 'too-many-requests',
    500: 'unavailable',
    502: 'unavailable',
    503: 'unavailable',
    504: 'timeout',
  };
  return byStatus[status] ?? 'unknown';
}

/** The kind of an error of the connection itself. */
export function classifyConnection(error: unknown): KubernetesErrorKind {
  return notTrusted(error) ? 'not-trusted' : 'unreachable';
}

/**
 * Kinds that the same call may not meet again, without anybody changing anything. Rights are among them: an API server learns of a binding a
 * moment after another one has written it.
 */
export function passes(kind: KubernetesErrorKind): boolean {
  return ['unreachable', 'timeout', 'conflict', 'too-many-requests', 'unavailable', 'forbidden'].includes(
    kind,
  );
}
