import type { etcdMinors } from './policy.ts';

/** What etcd's configuration depends on. */
export interface EtcdInput {
  readonly memberName: string;
  /** The slot's fixed private IPv4 address. */
  readonly address: string;
  readonly heartbeatIntervalMilliseconds?: number;
  readonly electionTimeoutMilliseconds?: number;
  readonly quotaBackendBytes?: number;
}

/** ECDHE with ECDSA and AEAD alone (CIS); TLS 1.3 has only such suites and is not configurable. */
const cipherSuites = [
  'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
].join(',');

/** Corruption checks moved from flags to feature gates (reference aws-etcd-kubeadm-facts §7.1). */
const corruptionChecks: Readonly<Record<(typeof etcdMinors)[number], Readonly<Record<string, string>>>> = {
  '3.4': { ETCD_EXPERIMENTAL_INITIAL_CORRUPT_CHECK: 'true' },
  '3.5': {
    ETCD_EXPERIMENTAL_INITIAL_CORRUPT_CHECK: 'true',
    ETCD_EXPERIMENTAL_COMPACT_HASH_CHECK_ENABLED: 'true',
  },
  '3.6': { ETCD_FEATURE_GATES: 'InitialCorruptCheck=true,CompactHashCheck=true' },
};

/**
 * etcd's configuration for one minor version as `ETCD_*` variables (reference aws-etcd-kubeadm-facts §7.1). What the
 * directive says (initial cluster, state, token) is not here: etcd-initial.env carries it.
 */
export function etcdEnvironment(
  minor: (typeof etcdMinors)[number],
  input: EtcdInput,
): Readonly<Record<string, string>> {
  const pki = '/etc/trivet/pki/etcd';
  const peer = `https://${input.address}:2380`;
  const client = `https://${input.address}:2379`;
  return {
    ETCD_NAME: input.memberName,
    ETCD_DATA_DIR: '/var/lib/etcd/data',
    ETCD_LISTEN_PEER_URLS: peer,
    ETCD_INITIAL_ADVERTISE_PEER_URLS: peer,
    ETCD_LISTEN_CLIENT_URLS: `https://127.0.0.1:2379,${client}`,
    ETCD_ADVERTISE_CLIENT_URLS: client,
    ETCD_LISTEN_METRICS_URLS: 'http://127.0.0.1:2381',
    ETCD_CLIENT_CERT_AUTH: 'true',
    ETCD_TRUSTED_CA_FILE: `${pki}/ca.crt`,
    ETCD_CERT_FILE: `${pki}/server.crt`,
    ETCD_KEY_FILE: `${pki}/server.key`,
    ETCD_PEER_CLIENT_CERT_AUTH: 'true',
    ETCD_PEER_TRUSTED_CA_FILE: `${pki}/ca.crt`,
    ETCD_PEER_CERT_FILE: `${pki}/peer.crt`,
    ETCD_PEER_KEY_FILE: `${pki}/peer.key`,
    ETCD_CIPHER_SUITES: cipherSuites,
    ETCD_HEARTBEAT_INTERVAL: String(input.heartbeatIntervalMilliseconds ?? 100),
    ETCD_ELECTION_TIMEOUT: String(input.electionTimeoutMilliseconds ?? 1000),
    // A member that was away must not disturb the leader with a higher term when it comes back; off by default in 3.4.
    ETCD_PRE_VOTE: 'true',
    ETCD_STRICT_RECONFIG_CHECK: 'true',
    ETCD_AUTO_COMPACTION_MODE: 'periodic',
    ETCD_AUTO_COMPACTION_RETENTION: '1h',
    ETCD_QUOTA_BACKEND_BYTES: String(input.quotaBackendBytes ?? 4 * 1024 ** 3),
    ETCD_SNAPSHOT_COUNT: '10000',
    ETCD_LOGGER: 'zap',
    ...corruptionChecks[minor],
  };
}
