import { EtcdError } from './client-errors.ts';
import { createGateway, type EtcdConnection, type Gateway } from './gateway.ts';

export { EtcdError, type EtcdErrorKind } from './client-errors.ts';

/** Options of `createEtcdClient`: `address` is short for one endpoint on etcd's client port. */
export type EtcdClientOptions = Omit<EtcdConnection, 'endpoints'> &
  ({ readonly endpoints: readonly string[] } | { readonly address: string });

/** Who answered. All 64-bit numbers are decimal strings: they exceed what a JavaScript number holds. */
export interface EtcdHeader {
  readonly clusterId: string;
  readonly memberId: string;
  readonly revision: string;
  readonly raftTerm: string;
}

export interface EtcdMember {
  readonly id: string;
  /** Empty until the member has started once. */
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  readonly learner: boolean;
}

export interface EtcdMembers {
  readonly header: EtcdHeader;
  readonly members: readonly EtcdMember[];
}

export interface EtcdStatus {
  readonly header: EtcdHeader;
  readonly version: string;
  readonly databaseBytes: number;
  readonly databaseBytesInUse: number;
  /** Absent when the member knows no leader. */
  readonly leader?: string;
  readonly raftIndex: string;
  readonly raftTerm: string;
  readonly raftAppliedIndex: string;
  readonly errors: readonly string[];
  readonly learner: boolean;
}

export interface EtcdAlarm {
  readonly memberId: string;
  readonly alarm: string;
}

/** A hash of all keys. `revision` is absent when the hash is of the whole backend (3.4). */
export interface EtcdHash {
  readonly header: EtcdHeader;
  readonly hash: number;
  readonly revision?: string;
  readonly compactRevision?: string;
}

export interface EtcdKeyValue {
  readonly key: string;
  readonly value: string;
  readonly createRevision: string;
  readonly modRevision: string;
}

/** A small client of etcd's JSON gateway. Every call takes an AbortSignal and throws EtcdError. */
export interface EtcdClient {
  /** `linearizable`: reads through the quorum first, since 3.4 answers from its own, possibly old, state. */
  memberList(options?: { linearizable?: boolean; signal?: AbortSignal }): Promise<EtcdMembers>;
  /** Adds a learner; a voter is never added at once (S3). */
  memberAddLearner(
    peerUrl: string,
    signal?: AbortSignal,
  ): Promise<EtcdMembers & { readonly member: EtcdMember }>;
  memberRemove(id: string, signal?: AbortSignal): Promise<EtcdMembers>;
  memberPromote(id: string, signal?: AbortSignal): Promise<EtcdMembers>;
  status(signal?: AbortSignal): Promise<EtcdStatus>;
  alarms(signal?: AbortSignal): Promise<readonly EtcdAlarm[]>;
  /** Hash of the whole backend file. Differs between members that compact at other times. */
  hash(signal?: AbortSignal): Promise<EtcdHash>;
  /** Hash of all keys at a revision (0: the newest); undefined on 3.4, whose gateway cannot be asked. */
  hashKv(revision?: string, signal?: AbortSignal): Promise<EtcdHash | undefined>;
  health(signal?: AbortSignal): Promise<{ readonly healthy: boolean; readonly reason: string }>;
  get(
    key: string,
    options?: { serializable?: boolean; signal?: AbortSignal },
  ): Promise<EtcdKeyValue | undefined>;
  /** All keys from `key` up to, not including, `end`. */
  range(
    key: string,
    end: string,
    options?: { serializable?: boolean; limit?: number; signal?: AbortSignal },
  ): Promise<EtcdKeyValue[]>;
  put(key: string, value: string, signal?: AbortSignal): Promise<EtcdHeader>;
  /** Must be asked of the leader (kind `not-leader` otherwise). */
  transferLeadership(targetId: string, signal?: AbortSignal): Promise<void>;
  /** Ends idle connections. */
  close(): void;
}

type Json = Readonly<Record<string, unknown>>;

/** A client for the given endpoints. Nothing is connected until the first call. */
export function createEtcdClient(options: EtcdClientOptions): EtcdClient {
  const endpoints = 'address' in options ? [`https://${options.address}:2379`] : options.endpoints;
  const gateway = createGateway({ ...options, endpoints });
  return { ...membership(gateway), ...maintenance(gateway), ...keys(gateway), close: gateway.close };
}

function membership(gateway: Gateway) {
  return {
    async memberList({
      linearizable = false,
      signal,
    }: {
      linearizable?: boolean;
      signal?: AbortSignal;
    } = {}) {
      // A quorum read first instead of the request's own field, which 3.4 does not know.
      if (linearizable) await gateway.call('/v3/kv/range', { key: base64('\0'), count_only: true }, signal);
      return membersOf(await gateway.call('/v3/cluster/member/list', {}, signal));
    },
    async memberAddLearner(peerUrl: string, signal?: AbortSignal) {
      const answer = await gateway.call(
        '/v3/cluster/member/add',
        { peerURLs: [peerUrl], isLearner: true },
        signal,
      );
      return { ...membersOf(answer), member: memberOf(object(answer.member)) };
    },
    memberRemove: async (ID: string, signal?: AbortSignal) =>
      membersOf(await gateway.call('/v3/cluster/member/remove', { ID }, signal)),
    memberPromote: async (ID: string, signal?: AbortSignal) =>
      membersOf(await gateway.call('/v3/cluster/member/promote', { ID }, signal)),
  };
}

function maintenance(gateway: Gateway) {
  return {
    status: async (signal?: AbortSignal) =>
      statusOf(await gateway.call('/v3/maintenance/status', {}, signal)),
    async alarms(signal?: AbortSignal) {
      const answer = await gateway.call('/v3/maintenance/alarm', { action: 'GET' }, signal);
      return list(answer.alarms).map((one) => ({
        memberId: text(one.memberID, '0'),
        alarm: text(one.alarm, 'NONE'),
      }));
    },
    hash: async (signal?: AbortSignal) => hashOf(await gateway.call('/v3/maintenance/hash', {}, signal)),
    async hashKv(revision = '0', signal?: AbortSignal) {
      try {
        const answer = await gateway.call('/v3/maintenance/hashkv', { revision }, signal);
        return { ...hashOf(answer), revision, compactRevision: text(answer.compact_revision, '0') };
      } catch (error) {
        if (error instanceof EtcdError && error.kind === 'not-supported') return undefined;
        throw error;
      }
    },
    async health(signal?: AbortSignal) {
      const answer = await gateway.read('/health', signal);
      return { healthy: text(answer.health, 'false') === 'true', reason: text(answer.reason, '') };
    },
    async transferLeadership(targetID: string, signal?: AbortSignal) {
      await gateway.call('/v3/maintenance/transfer-leadership', { targetID }, signal);
    },
  };
}

function keys(gateway: Gateway) {
  const range = async (request: Json, signal?: AbortSignal): Promise<EtcdKeyValue[]> =>
    list((await gateway.call('/v3/kv/range', request, signal)).kvs).map(keyValueOf);
  return {
    async get(
      key: string,
      { serializable = false, signal }: { serializable?: boolean; signal?: AbortSignal } = {},
    ) {
      return (await range({ key: base64(key), serializable }, signal))[0];
    },
    range: (
      key: string,
      end: string,
      {
        serializable = false,
        limit = 0,
        signal,
      }: { serializable?: boolean; limit?: number; signal?: AbortSignal } = {},
    ) => range({ key: base64(key), range_end: base64(end), serializable, limit: String(limit) }, signal),
    put: async (key: string, value: string, signal?: AbortSignal) =>
      headerOf(await gateway.call('/v3/kv/put', { key: base64(key), value: base64(value) }, signal)),
  };
}

const base64 = (plain: string): string => Buffer.from(plain).toString('base64');
const plain = (encoded: unknown): string => Buffer.from(text(encoded, ''), 'base64').toString('utf8');

/** The gateway leaves out what is zero, empty or false. */
function text(value: unknown, otherwise: string): string {
  return value === undefined || value === null ? otherwise : String(value);
}

const object = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});
const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.map(object) : []);
const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

function headerOf(answer: Json): EtcdHeader {
  const header = object(answer.header);
  return {
    clusterId: text(header.cluster_id, '0'),
    memberId: text(header.member_id, '0'),
    revision: text(header.revision, '0'),
    raftTerm: text(header.raft_term, '0'),
  };
}

function memberOf(member: Json): EtcdMember {
  return {
    id: text(member.ID, '0'),
    name: text(member.name, ''),
    peerUrls: texts(member.peerURLs),
    clientUrls: texts(member.clientURLs),
    learner: member.isLearner === true,
  };
}

function membersOf(answer: Json): EtcdMembers {
  return { header: headerOf(answer), members: list(answer.members).map(memberOf) };
}

function statusOf(answer: Json): EtcdStatus {
  const leader = text(answer.leader, '0');
  return {
    header: headerOf(answer),
    version: text(answer.version, ''),
    databaseBytes: Number(text(answer.dbSize, '0')),
    databaseBytesInUse: Number(text(answer.dbSizeInUse, '0')),
    ...(leader !== '0' && { leader }),
    raftIndex: text(answer.raftIndex, '0'),
    raftTerm: text(answer.raftTerm, '0'),
    raftAppliedIndex: text(answer.raftAppliedIndex, '0'),
    errors: texts(answer.errors),
    learner: answer.isLearner === true,
  };
}

function hashOf(answer: Json): EtcdHash {
  return { header: headerOf(answer), hash: Number(text(answer.hash, '0')) };
}

function keyValueOf(pair: Json): EtcdKeyValue {
  return {
    key: plain(pair.key),
    value: plain(pair.value),
    createRevision: text(pair.create_revision, '0'),
    modRevision: text(pair.mod_revision, '0'),
  };
}
