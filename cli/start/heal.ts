import { setTimeout as sleep } from 'node:timers/promises';
import { makeObjects } from '../../functions/aws/objects.ts';
import { makeRegistry, type SlotRecord } from '../../functions/aws/registry.ts';
import type { EtcdHealth } from '../../functions/etcd/contracts.ts';
import { observeEtcd, readClientCertificates } from '../../functions/etcd/observe-etcd.ts';
import { systemClock } from '../../functions/runtime/clock.ts';
import { type ExecutionSummary, summarize } from '../history.ts';
import { CommandError } from '../output.ts';
import type { Target } from '../target.ts';
import { countMembershipCalls } from './membership-calls.ts';
import { startWriter } from './writer.ts';

/** The heal of one slot, as `npm start -- --lose SLOT --json` reports it. */
export interface Heal {
  readonly slot: string;
  /** From the call that terminates the instance to the slot's member being a healthy voter again. */
  readonly secondsToVoter: number;
  /** Of these, what is neither the old instance's shutdown, the new one's boot, EBS's attachment nor etcd's own start (design §11). */
  readonly overheadSeconds: number;
  /** Membership changes that any member served meanwhile, by etcd's own counters. */
  readonly membershipCalls: number;
  /** Longest time between two acknowledged writes. */
  readonly writeOutageSeconds: number;
  readonly sameMemberId: boolean;
  readonly acknowledgedWrites: number;
  readonly lostWrites: number;
}

export interface HealOptions {
  readonly cluster: string;
  readonly slot: string;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
  /** What EBS takes to attach, as the region plays it. */
  readonly attachMilliseconds: number;
  readonly timeoutSeconds?: number;
}

/** Terminates a slot's instance through the EC2 API while a client writes, and waits until its member is a healthy voter again. */
export async function loseSlot(
  target: Target,
  options: HealOptions,
): Promise<{ heal: Heal; execution: ExecutionSummary | undefined }> {
  const { cluster, slot, say, signal } = options;
  const registry = makeRegistry(target.config);
  const slots = await registry.getSlots(cluster);
  const record = slots.find((candidate) => candidate.slot === slot);
  if (!record?.instanceId)
    throw new CommandError(
      `${cluster} has no slot ${slot} with an instance; its slots are: ${slots.map((each) => each.slot).join(', ')}.`,
    );
  const look = healthProbe(target, cluster, signal);
  const certificates = await readClientCertificates(makeObjects(target.config), cluster);
  const addresses = slots.map(({ address }) => address);
  const before = await countMembershipCalls(addresses, certificates);
  const writer = startWriter(addresses, certificates, `/trivet/start/${record.instanceId}/`);
  say(`Terminating ${record.instanceId} of slot ${slot} while a client writes …`);
  const terminatedAt = Date.now();
  await target.ec2.terminateInstances({ InstanceIds: [record.instanceId] });
  const timing = await watchReturn(target, record, look, { ...options, terminatedAt });
  const execution = await awaitExecution(target, cluster, slot, signal);
  const { longestGapSeconds, acknowledged } = await writer.stop();
  const lost = await writer.missing();
  const after = await countMembershipCalls(addresses, certificates);
  const calls = addresses.map((address) => {
    const baseline = address === record.address ? 0 : (before.get(address) ?? 0);
    return (after.get(address) ?? 0) - baseline;
  });
  const heal: Heal = {
    slot,
    secondsToVoter: (timing.votedAt - terminatedAt) / 1000,
    overheadSeconds: overheadOf(timing, terminatedAt, options.attachMilliseconds) / 1000,
    membershipCalls: calls.reduce((sum, count) => sum + count, 0),
    writeOutageSeconds: longestGapSeconds,
    sameMemberId: timing.memberId === record.memberId,
    acknowledgedWrites: acknowledged,
    lostWrites: lost.length,
  };
  return { heal, execution };
}

function healthProbe(target: Target, cluster: string, signal: AbortSignal): () => Promise<EtcdHealth> {
  const ports = { registry: makeRegistry(target.config), objects: makeObjects(target.config) };
  return () => observeEtcd(cluster, ports, { clock: systemClock, signal });
}

/** Moments of a return, in milliseconds since the epoch. */
interface Timing {
  readonly interfaceFreeAt: number;
  readonly launchedAt: number;
  readonly bootedAt: number;
  readonly etcdStartedAt: number;
  readonly votedAt: number;
  readonly memberId: string | undefined;
}

const pollMilliseconds = 25;

async function watchReturn(
  target: Target,
  record: SlotRecord,
  look: () => Promise<EtcdHealth>,
  { signal, slot, terminatedAt, timeoutSeconds = 300 }: HealOptions & { terminatedAt: number },
): Promise<Timing> {
  const interfaceId = record.networkInterfaceId ?? '';
  let interfaceFreeAt: number | undefined;
  let successor: { instanceId: string; launchedAt: number } | undefined;
  while (Date.now() < terminatedAt + timeoutSeconds * 1000) {
    signal.throwIfAborted();
    const holder = await interfaceHolder(target, interfaceId);
    if (holder === undefined) interfaceFreeAt ??= Date.now();
    if (holder !== undefined && holder !== record.instanceId)
      successor ??= { instanceId: holder, launchedAt: Date.now() };
    if (successor) {
      const health = await look();
      const member = health.members.find((candidate) => candidate.slot === slot);
      if (member?.healthy && member.voter) {
        const votedAt = Date.now();
        const moments = await readConsole(target, successor.instanceId);
        return {
          ...successor,
          ...moments,
          interfaceFreeAt: interfaceFreeAt ?? successor.launchedAt,
          votedAt,
          memberId: member.memberId,
        };
      }
    }
    await sleep(pollMilliseconds);
  }
  throw new CommandError(
    `slot ${slot} is not a healthy voter again after ${timeoutSeconds} s; trivet status says how it stands.`,
  );
}

async function interfaceHolder(target: Target, networkInterfaceId: string): Promise<string | undefined> {
  const { NetworkInterfaces = [] } = await target.ec2.describeNetworkInterfaces({
    NetworkInterfaceIds: [networkInterfaceId],
  });
  return NetworkInterfaces[0]?.Attachment?.InstanceId;
}

/** When the node's bootstrap first spoke, and when it started etcd, by the console lines that each node writes. */
async function readConsole(
  target: Target,
  instanceId: string,
): Promise<{ bootedAt: number; etcdStartedAt: number }> {
  const { Output = '' } = await target.ec2.getConsoleOutput({ InstanceId: instanceId });
  const text = Buffer.from(Output, 'base64').toString('utf8');
  const at = (pattern: RegExp) => Date.parse(pattern.exec(text)?.[1] ?? '');
  return {
    bootedAt: at(/^(\S+Z) trivet: /m),
    etcdStartedAt: at(/^(\S+Z) trivet: started/m),
  };
}

/** What is left when AWS's and etcd's own time is taken away: shutdown, launch to boot, attachment, etcd's start. */
function overheadOf(timing: Timing, terminatedAt: number, attachMilliseconds: number): number {
  const shutdown = timing.interfaceFreeAt - terminatedAt;
  const boot = timing.bootedAt - timing.launchedAt;
  const etcdStart = timing.votedAt - timing.etcdStartedAt;
  return timing.votedAt - terminatedAt - shutdown - boot - attachMilliseconds - etcdStart;
}

/** The execution that healed the slot, once it has ended: the newest one of the slot. */
async function awaitExecution(
  target: Target,
  cluster: string,
  slot: string,
  signal: AbortSignal,
): Promise<ExecutionSummary | undefined> {
  const stateMachineArn = target.stateMachineArn('replace-etcd-member');
  for (;;) {
    const { executions = [] } = await target.states.listExecutions({ stateMachineArn });
    const newest = executions.find(({ name }) => name?.startsWith(`${cluster}-${slot}-`));
    if (!newest?.executionArn) return undefined;
    if (newest.status !== 'RUNNING') return summarize(target.states, newest.executionArn);
    await sleep(100, undefined, { signal });
  }
}
