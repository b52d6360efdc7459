import type { ImpairedInstance } from '../aws/instance-statuses.ts';
import type { AilingRecord } from '../aws/records.ts';
import type { RepairPolicy } from './policy.ts';

/** A worker's node as the observation of workers has it. */
export interface NodeSeen {
  readonly name: string;
  readonly createdAt: string;
  readonly unschedulable: boolean;
  readonly conditions: readonly {
    readonly type: string;
    readonly status: 'True' | 'False' | 'Unknown';
    readonly since: string;
    readonly reason?: string | undefined;
  }[];
}

/** The nodes of a cluster's workers, or why nothing can be said of them. */
export type NodesSeen =
  | { readonly usable: true; readonly observedAt: string; readonly nodes: ReadonlyMap<string, NodeSeen> }
  | { readonly usable: false; readonly reason: string };

/** What is known of one instance of a pool's group. */
export interface WorkerSeen {
  readonly instanceId: string;
  /** Auto Scaling's word. */
  readonly lifecycleState: string;
  readonly impaired: readonly ImpairedInstance[];
}

/**
 * `ailing` is not well and is not to be repaired, or not yet. `moving` comes or goes. Only `dead` may ever be repaired. Reasons name times
 * and not durations, so that the same state is the same text.
 */
export interface WorkerHealth {
  readonly state: 'healthy' | 'ailing' | 'dead' | 'moving';
  readonly reason: string;
  /** Since when, of `dead`: who has been so longest is repaired first. */
  readonly since?: string;
}

const pressures = ['DiskPressure', 'PIDPressure', 'MemoryPressure'];

/** Whole seconds since a time; negative where it has not come, not a number where it is none. */
export function secondsSince(at: string, now: Date): number {
  return Math.floor((now.getTime() - Date.parse(at)) / 1000);
}

/**
 * How one worker is, first match wins. Pure. EC2's own checks come first: they need no API server, so they count while none can be asked.
 * Of everything else nothing is known then, and what is not known is never healthy and never dead.
 */
export function judgeHealth(
  worker: WorkerSeen,
  seen: NodesSeen,
  ailing: AilingRecord['since'],
  policy: RepairPolicy,
  now: Date,
): WorkerHealth {
  const { instanceId, lifecycleState } = worker;
  if (lifecycleState !== 'InService') return { state: 'moving', reason: `is ${lifecycleState}` };
  const impaired = judgeImpaired(worker, policy, now);
  if (impaired?.state === 'dead') return impaired;
  if (!seen.usable) return impaired ?? { state: 'ailing', reason: `is not known: ${seen.reason}` };
  const node = seen.nodes.get(instanceId);
  const since = ailing[instanceId];
  if (!node) {
    if (since?.absent === undefined) return { state: 'ailing', reason: 'has no node' };
    return lasting(since.absent, policy.absentSeconds, now, 'has had no node');
  }
  const bad = [judgeReady(node, since?.unready, policy, now), impaired, ...judgePressures(node, policy, now)];
  const found = bad.filter((one) => one !== undefined);
  const worst = found.find(({ state }) => state === 'dead') ?? found[0];
  if (worst) return worst;
  if (node.unschedulable)
    return { state: 'moving', reason: 'takes no pods: it is being drained, or was cordoned' };
  return { state: 'healthy', reason: 'is ready' };
}

function judgeImpaired({ impaired }: WorkerSeen, policy: RepairPolicy, now: Date): WorkerHealth | undefined {
  const found = impaired.map(({ check, since }): WorkerHealth => {
    const what = `has failed EC2's ${check} status check`;
    // Without a time there is no duration, and a check that failed just now may pass again.
    if (since === undefined) return { state: 'ailing', reason: what };
    return lasting(since, policy.impairedSeconds, now, what);
  });
  return found.find(({ state }) => state === 'dead') ?? found[0];
}

/** A node that says nothing of its readiness has been unready since it was made. */
function judgeReady(
  node: NodeSeen,
  tracked: string | undefined,
  policy: RepairPolicy,
  now: Date,
): WorkerHealth | undefined {
  const ready = node.conditions.find(({ type }) => type === 'Ready');
  if (ready?.status === 'True') return undefined;
  const since = unreadySince(node, tracked);
  return lasting(since, policy.notReadySeconds, now, 'has not been ready');
}

/** The earlier of what looks have found and what the node says of its present status: a change from Unknown to False begins nothing anew. */
export function unreadySince(node: NodeSeen, tracked: string | undefined): string {
  const ready = node.conditions.find(({ type }) => type === 'Ready');
  const said = laterOf(ready?.since ?? node.createdAt, node.createdAt);
  return tracked !== undefined && Date.parse(tracked) < Date.parse(said) ? tracked : said;
}

function judgePressures(node: NodeSeen, policy: RepairPolicy, now: Date): WorkerHealth[] {
  return node.conditions
    .filter(({ type, status }) => pressures.includes(type) && status === 'True')
    .map(({ type, since }) =>
      lasting(laterOf(since, node.createdAt), policy.pressureSeconds, now, `has had ${type}`),
    );
}

/** No condition began before its node: a kubelet's clock may be years behind. */
function laterOf(since: string, createdAt: string): string {
  return Date.parse(since) < Date.parse(createdAt) ? createdAt : since;
}

/** A time that has not come, or that is none, makes nothing dead. */
function lasting(since: string, secondsMax: number, now: Date, what: string): WorkerHealth {
  const reason = `${what} since ${since}`;
  return secondsSince(since, now) > secondsMax
    ? { state: 'dead', reason, since }
    : { state: 'ailing', reason };
}
