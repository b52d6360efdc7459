import type { Ids } from './ids.ts';
import type { Principal } from './kernel.ts';

export interface IssuedCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** Whoever sends a request that nobody signed. */
export const anonymous: Principal = { kind: 'anonymous', arn: 'anonymous', userId: 'anonymous' };

/** Who holds which access key. Signatures are not verified: the endpoint listens on loopback alone. */
export interface Credentials {
  issue(principal: Principal): IssuedCredentials;
  /** The holder of a key; a key that nobody issued is the person at the keyboard, an administrator of the account. */
  lookup(accessKeyId: string | undefined): Principal;
}

/** Credentials of one account. */
export function createCredentials(accountId: string, ids: Ids): Credentials {
  const holders = new Map<string, Principal>();
  const person: Principal = {
    kind: 'user',
    arn: `arn:aws:iam::${accountId}:user/administrator`,
    userId: 'AIDAADMINISTRATOR0000',
  };
  return {
    issue: (principal) => {
      const accessKeyId = `ASIA${ids.upper(16)}`;
      holders.set(accessKeyId, principal);
      return { accessKeyId, secretAccessKey: ids.upper(40), sessionToken: ids.upper(64) };
    },
    lookup: (accessKeyId) => (accessKeyId === undefined ? person : (holders.get(accessKeyId) ?? person)),
  };
}
