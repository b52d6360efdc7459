import type { EtcdHash, EtcdHeader, EtcdKeyValue, EtcdMember, EtcdMembers, EtcdStatus } from './client.ts';

/** How the JSON gateway says things. */
export type Json = Readonly<Record<string, unknown>>;

export const base64 = (plain: string): string => Buffer.from(plain).toString('base64');
const plain = (encoded: unknown): string => Buffer.from(text(encoded, ''), 'base64').toString('utf8');

/** The gateway leaves out what is zero, empty or false. */
export function text(value: unknown, otherwise: string): string {
  return value === undefined || value === null ? otherwise : String(value);
}

export const object = (value: unknown): Json =>
  typeof value === 'object' && value !== null ? (value as Json) : {};
export const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.map(object) : []);
const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

export function headerOf(answer: Json): EtcdHeader {
  const header = object(answer.header);
  return {
    clusterId: text(header.cluster_id, '0'),
    memberId: text(header.member_id, '0'),
    revision: text(header.revision, '0'),
    raftTerm: text(header.raft_term, '0'),
  };
}

export function memberOf(member: Json): EtcdMember {
  return {
    id: text(member.ID, '0'),
    name: text(member.name, ''),
    peerUrls: texts(member.peerURLs),
    clientUrls: texts(member.clientURLs),
    learner: member.isLearner === true,
  };
}

export function membersOf(answer: Json): EtcdMembers {
  return { header: headerOf(answer), members: list(answer.members).map(memberOf) };
}

export function statusOf(answer: Json): EtcdStatus {
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

export function hashOf(answer: Json): EtcdHash {
  return { header: headerOf(answer), hash: Number(text(answer.hash, '0')) };
}

export function keyValueOf(pair: Json): EtcdKeyValue {
  return {
    key: plain(pair.key),
    value: plain(pair.value),
    createRevision: text(pair.create_revision, '0'),
    modRevision: text(pair.mod_revision, '0'),
  };
}
