import { notTrusted } from '../runtime/https-exchange.ts';

/** What went wrong with a call to etcd, in terms on which a decision can rest (reference aws-etcd-kubeadm-facts §7.2). */
export type EtcdErrorKind =
  /** No TCP or TLS connection, or it broke. A write may still have taken effect. */
  | 'unreachable'
  /** No answer in time. A write may still take effect. */
  | 'timeout'
  /** The member answers and knows no leader: no quorum, or an election. */
  | 'no-leader'
  /** strict-reconfig-check: not all other members have been connected for five seconds. Retry, if they are alive. */
  | 'unhealthy-cluster'
  /** The change would leave fewer started members than a quorum. */
  | 'not-enough-members'
  | 'member-not-found'
  /** A member with this peer URL is there already. */
  | 'peer-url-exists'
  /** One learner at a time. */
  | 'too-many-learners'
  /** The learner has not caught up yet. */
  | 'learner-not-ready'
  /** Promote of a voter: done before. */
  | 'already-voter'
  /** A learner was asked for what only voters answer. */
  | 'learner'
  /** Asked of a follower what only the leader does. */
  | 'not-leader'
  | 'no-space'
  /** What was asked for is older than what etcd has kept. */
  | 'compacted'
  /** This etcd's gateway has no such call (hashkv on 3.4). */
  | 'not-supported'
  /** The TLS client certificate was not accepted, or the server's was not. */
  | 'not-trusted'
  | 'unknown';

/** A call to etcd failed. `code` is the gRPC code where etcd gave one. */
export class EtcdError extends Error {
  override readonly name = 'EtcdError' as const;
  readonly kind: EtcdErrorKind;
  readonly endpoint: string;
  readonly code: number | undefined;

  constructor(
    kind: EtcdErrorKind,
    message: string,
    about: { endpoint: string; code?: number; cause?: unknown },
  ) {
    super(`etcd at ${about.endpoint}: ${message}`, { cause: about.cause });
    this.kind = kind;
    this.endpoint = about.endpoint;
    this.code = about.code;
  }
}

/** More telling texts first: the in-sync text begins like the already-voter text. */
const messages: readonly (readonly [text: string, kind: EtcdErrorKind])[] = [
  ['can only promote a learner member which is in sync with leader', 'learner-not-ready'],
  ['can only promote a learner member', 'already-voter'],
  ['too many learner members in cluster', 'too-many-learners'],
  ['member not found', 'member-not-found'],
  ['Peer URLs already exists', 'peer-url-exists'],
  // The same, within the second of the first call: an id is a hash of peer URL, token and second.
  ['member ID already exist', 'peer-url-exists'],
  ['re-configuration failed due to not enough started members', 'not-enough-members'],
  ['unhealthy cluster', 'unhealthy-cluster'],
  ['rpc not supported for learner', 'learner'],
  ['database space exceeded', 'no-space'],
  ['required revision has been compacted', 'compacted'],
  ['no leader', 'no-leader'],
  ['not leader', 'not-leader'],
  ['request timed out', 'timeout'],
  // A write without quorum on 3.4: HTTP 500.
  ['context deadline exceeded', 'timeout'],
];

/**
 * The kind of an error answer. Code and message decide, never the HTTP status: FailedPrecondition is 412 on Debian's 3.4.23 and 400
 * elsewhere (reference §7.2). Only a call that the gateway does not know is told by its status alone.
 */
export function classifyAnswer(status: number, message: string, code: number | undefined): EtcdErrorKind {
  const known = messages.find(([text]) => message.includes(text));
  if (known) return known[1];
  const unimplemented = 12;
  const withoutCode = code === undefined || code === 5;
  return code === unimplemented || (status === 404 && withoutCode) ? 'not-supported' : 'unknown';
}

/** The kind of an error of the connection itself, by Node's error code. */
export function classifyConnection(error: unknown): EtcdErrorKind {
  return notTrusted(error) ? 'not-trusted' : 'unreachable';
}
