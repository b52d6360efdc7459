import { getText, type Objects } from '../aws/objects.ts';
import type { Registry } from '../aws/registry.ts';
import { objectKeys } from '../clusters/names.ts';
import { ClusterUnknown } from '../runtime/errors.ts';
import type { TaskContext } from '../runtime/task.ts';
import { createEtcdClient, type EtcdClient } from './client.ts';
import type { EtcdHealth } from './contracts.ts';
import { type MemberAnswer, summarizeEtcd } from './summarize-etcd.ts';

/** How long one member may take for one answer. */
const callTimeoutMilliseconds = 2_000;

/**
 * Asks every slot's member how it is and summarizes the answers. Needs the VPC. Throws ClusterUnknown when the registry does not know the
 * cluster; a member that does not answer is part of the answer.
 */
export async function observeEtcd(
  cluster: string,
  { registry, objects }: { registry: Registry; objects: Objects },
  { clock, signal }: Pick<TaskContext, 'clock' | 'signal'>,
): Promise<EtcdHealth> {
  const slots = await registry.getSlots(cluster, signal);
  if (slots.length === 0) throw new ClusterUnknown(`the registry has no slots of a cluster ${cluster}`);
  const certificates = await readClientCertificates(objects, cluster, signal);
  const clients = slots.map(({ address }) =>
    createEtcdClient({ address, ...certificates, timeoutMilliseconds: callTimeoutMilliseconds }),
  );
  try {
    const asked = await Promise.all(slots.map(({ slot }, index) => ask(slot, clients[index], signal)));
    const answers = await addHashes(asked, clients, signal);
    return summarizeEtcd(slots, answers, clock.now().toISOString());
  } finally {
    for (const client of clients) client.close();
  }
}

/** Trivet's own client certificate for a cluster's etcd. */
export async function readClientCertificates(objects: Objects, cluster: string, signal?: AbortSignal) {
  const keys = objectKeys(cluster).etcdClient;
  const [ca, cert, key] = await Promise.all(
    [keys.ca, keys.certificate, keys.key].map((name) => getText(objects, name, signal)),
  );
  if (!ca || !cert || !key)
    throw new ClusterUnknown(`the bucket has no etcd client certificate of a cluster ${cluster}`);
  return { ca, cert, key };
}

/** How a member's status spells an alarm: `memberID:1234 alarm:NOSPACE `. */
const alarmForm = /\balarm:[A-Z]+/;

async function ask(slot: string, client: EtcdClient | undefined, signal: AbortSignal): Promise<MemberAnswer> {
  if (!client) return { slot, answered: false, reason: 'it was not asked' };
  try {
    const [status, { members }] = await Promise.all([client.status(signal), client.memberList({ signal })]);
    // A status carries the alarms; asking for them by name goes through raft, which without a leader takes until the time-out.
    const alarms = status.errors.filter((error) => alarmForm.test(error));
    return {
      slot,
      answered: true,
      memberId: status.header.memberId,
      clusterId: status.header.clusterId,
      version: status.version,
      ...(status.leader !== undefined && { leader: status.leader }),
      raftTerm: status.raftTerm,
      raftIndex: status.raftIndex,
      raftAppliedIndex: status.raftAppliedIndex,
      revision: status.header.revision,
      errors: status.errors.filter((error) => !alarmForm.test(error)),
      members,
      alarms,
    };
  } catch (error) {
    if (signal.aborted) throw error;
    return { slot, answered: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

/** Asks all who answered for their keys' hash at the oldest revision among them: the members are compared at one revision. */
async function addHashes(
  answers: readonly MemberAnswer[],
  clients: readonly EtcdClient[],
  signal: AbortSignal,
): Promise<MemberAnswer[]> {
  const revisions = answers.flatMap((answer) => (answer.answered ? [BigInt(answer.revision)] : []));
  const oldest = revisions.toSorted((one, two) => (one < two ? -1 : 1))[0];
  if (oldest === undefined || oldest === 0n) return [...answers];
  return Promise.all(
    answers.map(async (answer, index) => {
      if (!answer.answered) return answer;
      // A revision that was compacted meanwhile, or a learner, cannot be hashed: not comparable, which is no verdict.
      const hash = await clients[index]?.hashKv(String(oldest), signal).catch(() => undefined);
      return hash === undefined ? answer : { ...answer, hash: `${hash.hash}/${hash.compactRevision ?? ''}` };
    }),
  );
}
