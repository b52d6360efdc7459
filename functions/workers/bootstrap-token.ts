import { randomBytes } from 'node:crypto';
import { workerBootstrapGroup } from '../kubernetes/bootstrap-objects.ts';
import type { KubernetesObject } from '../kubernetes/client.ts';
import { pathOf } from '../kubernetes/paths.ts';

/** A bootstrap token as Kubernetes keeps it. Values are base64, as in any Secret. */
export interface TokenSecret extends KubernetesObject {
  readonly data?: Readonly<Record<string, string>>;
}

const namespace = 'kube-system';
export const tokensPath = pathOf({ apiVersion: 'v1', kind: 'Secret', namespace });

/** Label by which a worker's token is found again, whoever made it. */
export const tokenLabel = 'trivet.dev/worker';

/** So long a token may be used: a boot that takes longer is given up anyway (`workerPolicy`). */
const lifetimeSeconds = 900;

/** Who asks with the token, as certificate requests say it. */
export function tokenUser(tokenId: string): string {
  return `system:bootstrap:${tokenId}`;
}

export function tokenPath(tokenId: string): string {
  return pathOf({ apiVersion: 'v1', kind: 'Secret', namespace, name: `bootstrap-token-${tokenId}` });
}

/** A fresh token for one instance: six and sixteen letters and digits, from 80 bits of chance in the secret part. */
export function makeToken(instanceId: string, now: Date) {
  const [id, secret] = [lettersAndDigits(6), lettersAndDigits(16)];
  const expiresAt = new Date(now.getTime() + lifetimeSeconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
  return {
    id,
    token: `${id}.${secret}`,
    expiresAt,
    object: {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: `bootstrap-token-${id}`,
        namespace,
        labels: { 'app.kubernetes.io/managed-by': 'trivet', [tokenLabel]: instanceId },
      },
      type: 'bootstrap.kubernetes.io/token',
      stringData: {
        description: `Trivet: joins ${instanceId}`,
        'token-id': id,
        'token-secret': secret,
        expiration: expiresAt,
        'usage-bootstrap-authentication': 'true',
        'auth-extra-groups': workerBootstrapGroup,
      },
    },
  };
}

export interface ReadToken {
  readonly id: string;
  readonly token: string;
  /** As `expiresAt`: ISO 8601. */
  readonly madeAt: string;
  readonly expiresAt: string;
}

/** Reads a token back; undefined for one that has ended, whose end cannot be read, or that lacks a part. Pure. */
export function readToken({ data = {} }: TokenSecret, now: Date): ReadToken | undefined {
  const field = (name: string): string | undefined =>
    data[name] === undefined ? undefined : Buffer.from(data[name], 'base64').toString('utf8');
  const [id, secret, expiresAt] = [field('token-id'), field('token-secret'), field('expiration')];
  if (!id || !secret || !expiresAt || !(Date.parse(expiresAt) > now.getTime())) return undefined;
  const madeAt = new Date(Date.parse(expiresAt) - lifetimeSeconds * 1000).toISOString();
  return { id, token: `${id}.${secret}`, madeAt, expiresAt };
}

function lettersAndDigits(count: number): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
  // 32 letters: five bits of each byte, none more likely than another.
  return [...randomBytes(count)].map((byte) => alphabet[byte % 32]).join('');
}
