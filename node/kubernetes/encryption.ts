import { stringify } from 'yaml';

/** One provider of an EncryptionConfiguration, as Kubernetes spells it: `{secretbox: …}`, `{kms: …}`, `{identity: {}}`. */
export type EncryptionProvider = Readonly<Record<string, object>>;

/** 32 random bytes in base64, and the name under which what they encrypted is found again. */
export interface SecretboxKey {
  readonly name: string;
  readonly secret: string;
}

/** The first key writes, all keys read: a new key goes to the end on every node before it goes to the front on any. */
export function secretboxProvider(keys: readonly SecretboxKey[]): EncryptionProvider {
  return { secretbox: { keys: keys.map(({ name, secret }) => ({ name, secret })) } };
}

/** KMS v2 through a plugin's socket; for the day when a node may need KMS to boot (reference aws-etcd-kubeadm-facts §8.1). */
export function kmsProvider(name: string, socket: string): EncryptionProvider {
  return { kms: { apiVersion: 'v2', name, endpoint: `unix://${socket}`, timeout: '3s' } };
}

/**
 * EncryptionConfiguration for secrets. The first provider writes; `identity` last reads what was written before there was one, and
 * never writes. All API servers must have the same before one writes with a new key.
 */
export function renderEncryptionConfiguration(providers: readonly EncryptionProvider[]): string {
  if (providers.length === 0) throw new RangeError('without a provider secrets would lie in the clear');
  return stringify({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'EncryptionConfiguration',
    resources: [{ resources: ['secrets'], providers: [...providers, { identity: {} }] }],
  });
}
