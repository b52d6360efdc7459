import {
  base64,
  hashOf,
  headerOf,
  type Json,
  keyValueOf,
  list,
  memberOf,
  membersOf,
  object,
  statusOf,
  text,
} from './client-answers.ts';
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

/** Keys as they stood together at one revision: the header's, or the one that was asked for. */
export interface EtcdPage {
  readonly header: EtcdHeader;
  readonly items: readonly EtcdKeyValue[];
  /** Whether the limit left some out. */
  readonly more: boolean;
  /** Of all keys in the range, whatever the limit. */
  readonly count: number;
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
  /** At most `limit` keys from `key` up to, not including, `end`, as they stood at `revision` (the newest by default). A quorum read. */
  page(
    key: string,
    end: string,
    options?: { limit?: number; revision?: string; signal?: AbortSignal },
  ): Promise<EtcdPage>;
  put(key: string, value: string, signal?: AbortSignal): Promise<EtcdHeader>;
  /** Writes only if the key was last written at `modRevision` (`0`: if there is none); undefined if it was not. */
  putIf(
    key: string,
    value: string,
    modRevision: string,
    signal?: AbortSignal,
  ): Promise<EtcdHeader | undefined>;
  /** Deletes only if the key was last written at `modRevision`; undefined if it was not. */
  deleteIf(key: string, modRevision: string, signal?: AbortSignal): Promise<EtcdHeader | undefined>;
  /** Gives up what keys were before a revision. */
  compact(revision: string, signal?: AbortSignal): Promise<void>;
  /** Must be asked of the leader (kind `not-leader` otherwise). */
  transferLeadership(targetId: string, signal?: AbortSignal): Promise<void>;
  /** Ends idle connections. */
  close(): void;
}

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
    async page(
      key: string,
      end: string,
      { limit = 0, revision = '0', signal }: { limit?: number; revision?: string; signal?: AbortSignal } = {},
    ) {
      const request = { key: base64(key), range_end: base64(end), limit: String(limit), revision };
      const answer = await gateway.call('/v3/kv/range', request, signal);
      return {
        header: headerOf(answer),
        items: list(answer.kvs).map(keyValueOf),
        more: answer.more === true,
        count: Number(text(answer.count, '0')),
      };
    },
    put: async (key: string, value: string, signal?: AbortSignal) =>
      headerOf(await gateway.call('/v3/kv/put', { key: base64(key), value: base64(value) }, signal)),
    async compact(revision: string, signal?: AbortSignal) {
      await gateway.call('/v3/kv/compaction', { revision }, signal);
    },
    ...conditional(gateway),
  };
}

/** Writes that depend on when their key was last written: one transaction each. */
function conditional(gateway: Gateway) {
  const transact = async (key: string, modRevision: string, operation: Json, signal?: AbortSignal) => {
    const unchanged = { key: base64(key), target: 'MOD', result: 'EQUAL', mod_revision: modRevision };
    const answer = await gateway.call('/v3/kv/txn', { compare: [unchanged], success: [operation] }, signal);
    return answer.succeeded === true ? headerOf(answer) : undefined;
  };
  return {
    putIf: (key: string, value: string, modRevision: string, signal?: AbortSignal) =>
      transact(key, modRevision, { request_put: { key: base64(key), value: base64(value) } }, signal),
    deleteIf: (key: string, modRevision: string, signal?: AbortSignal) =>
      transact(key, modRevision, { request_delete_range: { key: base64(key) } }, signal),
  };
}
