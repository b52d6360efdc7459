import { createHash, timingSafeEqual } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { objectOf, textOf } from './json.ts';
import { resourceOf } from './resources.ts';
import { unauthorized } from './status-error.ts';
import type { Store } from './store.ts';

export interface User {
  readonly name: string;
  readonly groups: readonly string[];
}

const secrets = resourceOf('secrets');

/**
 * Who asks: by a client certificate of the authorities in client-ca.crt, or by a bootstrap token. Undefined where nobody is named. Throws
 * StatusError 401 for a certificate or token that does not hold.
 */
export async function authenticate(
  socket: TLSSocket,
  authorization: string | undefined,
  store: Store,
  now: Date,
): Promise<User | undefined> {
  const { subject } = socket.getPeerCertificate() ?? {};
  if (subject) {
    if (!socket.authorized) throw unauthorized();
    const { CN, O = [] } = subject as { CN?: string | string[]; O?: string | string[] };
    return userOf([CN].flat()[0] ?? '', [O].flat());
  }
  if (authorization === undefined) return undefined;
  const token = /^Bearer ([a-z0-9]{6})\.([a-z0-9]{16})$/.exec(authorization);
  const user = token && (await tokenUser(store, token[1] ?? '', token[2] ?? '', now));
  if (!user) throw unauthorized();
  return user;
}

const userOf = (name: string, groups: readonly string[]): User => ({
  name,
  groups: [...groups, 'system:authenticated'],
});

/** The user of a bootstrap token: its secret in kube-system has it, for this use, and for now. */
async function tokenUser(store: Store, id: string, secret: string, now: Date): Promise<User | undefined> {
  const found = await store.get(secrets, 'kube-system', `bootstrap-token-${id}`);
  if (found?.type !== 'bootstrap.kubernetes.io/token' || found.metadata.deletionTimestamp !== undefined)
    return undefined;
  const value = (name: string): string =>
    Buffer.from(textOf(objectOf(found.data)[name]), 'base64').toString('utf8');
  const holds =
    value('token-id') === id &&
    same(value('token-secret'), secret) &&
    value('usage-bootstrap-authentication') === 'true' &&
    !isExpired(value('expiration'), now);
  if (!holds) return undefined;
  const more = value('auth-extra-groups').split(',').filter(Boolean);
  return userOf(`system:bootstrap:${id}`, ['system:bootstrappers', ...more]);
}

/** A token without a time lives for ever; one whose time cannot be read is over. */
export function isExpired(expiration: string, now: Date): boolean {
  if (expiration === '') return false;
  const at = Date.parse(expiration);
  return Number.isNaN(at) || at <= now.getTime();
}

/** Takes as long for a wrong text as for the right one. */
function same(left: string, right: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}
