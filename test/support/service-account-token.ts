import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';

export interface TokenClaims {
  readonly iss: string;
  /** `system:serviceaccount:<namespace>:<name>`. */
  readonly sub: string;
  readonly aud: readonly string[] | string;
  /** Seconds since 1970. */
  readonly iat: number;
  readonly exp: number;
}

/** A service account's token as kube-apiserver signs one: RS256, with the hash of the public key as the key's id. */
export function signToken(privateKey: string, claims: TokenClaims, header: object = {}): string {
  const key = createPrivateKey(privateKey);
  const der = createPublicKey(key).export({ format: 'der', type: 'spki' });
  const kid = createHash('sha256').update(der).digest('base64url');
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const signed = `${encode({ alg: 'RS256', kid, ...header })}.${encode({ ...claims, nbf: claims.iat })}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
}
