/**
 * What `trivet console` tells its page, and what the page asks of it: types alone, for both sides. Dates are ISO 8601 strings.
 */
import type { Graph, StateProgress, Step } from './graph-contracts.ts';

/** How something is, in the one word that the page shows as mark and colour; never by colour alone. */
export type State = 'well' | 'busy' | 'unwell' | 'unknown';

/** Everything that one page shows, as it was at `readAt`. */
export interface Snapshot {
  readonly readAt: string;
  readonly source: SourceView;
  /** Names of all clusters, those that are only being provisioned as well. */
  readonly clusters: readonly string[];
  /** The one that is looked at; absent where there is none. */
  readonly cluster?: ClusterView;
  /** Of the cluster; what runs first, then the latest that ended. */
  readonly executions: readonly ExecutionView[];
  /** Newest first. */
  readonly decisions: readonly Decision[];
  readonly alarms: readonly AlarmView[];
  /** Runbooks of the cluster that wait for somebody's approval. */
  readonly approvals: readonly ApprovalView[];
  /** Parts that could not be read, and why; the rest of the page is as it should be. */
  readonly unread: readonly { readonly what: string; readonly why: string }[];
}

/** Whose data it is. */
export interface SourceView {
  /** Absent for AWS itself. */
  readonly endpoint?: string;
  readonly region: string;
  readonly accountId: string;
  readonly deployment: string;
  readonly callerArn: string;
  /** An embedded region, which may be broken. */
  readonly embedded: boolean;
}

export interface ClusterView {
  readonly name: string;
  readonly state: State;
  /** How it is, in a sentence. */
  readonly sentence: string;
  readonly phase: 'planned' | 'forming' | 'serving';
  readonly kubernetesVersion: string;
  readonly endpoint?: string;
  /** The same by address, in an embedded region. */
  readonly localEndpoint?: string;
  readonly quorum: QuorumView;
  readonly kubernetes: KubernetesView;
  readonly zones: readonly ZoneView[];
  readonly pools: readonly PoolView[];
  readonly lastFailure?: { readonly at: string; readonly workflow: string; readonly message: string };
  /** Nothing is changed by itself until then, and why. */
  readonly paused?: { readonly until: string; readonly reason: string };
  readonly offers: readonly Offer[];
}

/** Who votes, and how many more may be lost. */
export interface QuorumView {
  readonly members: number;
  /** Healthy voters; absent while nobody could be asked. */
  readonly voting?: number;
  /** As many as must vote. */
  readonly needed: number;
  /** As many as may still be lost; below zero there is no quorum. Absent while that is not known. */
  readonly margin?: number;
  /** The leader's slot. */
  readonly leader?: string;
  readonly reason: string;
  /** When etcd was asked; absent where it never was. */
  readonly observedAt?: string;
  readonly alarms: readonly string[];
}

export interface KubernetesView {
  readonly state: State;
  readonly sentence: string;
  readonly observedAt?: string;
  /** What serves; absent before anything does. */
  readonly version?: string;
}

export interface ZoneView {
  /** `us-east-1a`. */
  readonly zone: string;
  /** Cut off from all others, by order of a person (embedded region). */
  readonly cut: boolean;
  readonly slots: readonly SlotView[];
  readonly workers: { readonly ready: number; readonly all: number };
  readonly offers: readonly Offer[];
}

export interface SlotView {
  readonly slot: string;
  readonly state: State;
  /** `serving`, `coming back`, `held` …: the state for a person. */
  readonly word: string;
  readonly sentence: string;
  readonly address?: string;
  readonly leader: boolean;
  readonly instance?: InstanceView;
  readonly volume?: VolumeView;
  readonly member?: MemberView;
  /** The API server on it, as it says of itself. */
  readonly apiServer?: { readonly ready: boolean; readonly reason?: string };
  readonly node?: { readonly ready: boolean; readonly reason?: string };
  readonly offers: readonly Offer[];
}

export interface InstanceView {
  readonly instanceId: string;
  /** EC2's word. */
  readonly state: string;
  readonly type: string;
  readonly launchedAt?: string;
}

export interface VolumeView {
  readonly volumeId: string;
  /** EBS's word; `gone` where there is no such volume. */
  readonly state: string;
  readonly sizeGibibytes?: number;
  readonly attachedTo?: string;
}

export interface MemberView {
  /** As etcdctl prints it, hexadecimal. */
  readonly memberId: string;
  readonly role: 'leader' | 'voter' | 'learner' | 'silent';
  readonly healthy: boolean;
  readonly reason?: string;
  readonly version?: string;
}

export interface PoolView {
  readonly pool: string;
  readonly state: State;
  readonly sentence: string;
  readonly min: number;
  readonly max: number;
  /** What its groups are to have; absent where there are none yet. */
  readonly desired?: number;
  readonly capacity: string;
  readonly workers: readonly WorkerView[];
  /** While the storm guard refuses repairs. */
  readonly guardClosed?: { readonly since: string; readonly reason: string };
  readonly offers: readonly Offer[];
}

export interface WorkerView extends InstanceView {
  readonly zone: string;
  readonly health: State;
  /** `ready`, `joining`, `leaving`, `not ready`. */
  readonly word: string;
  readonly reason?: string;
  readonly version?: string;
  readonly offers: readonly Offer[];
}

export interface ExecutionView {
  readonly executionArn: string;
  readonly workflow: string;
  readonly name: string;
  /** Step Functions' word. */
  readonly status: string;
  readonly state: State;
  readonly startedAt: string;
  readonly stoppedAt?: string;
}

export interface Decision {
  /** Unique among those of a snapshot. */
  readonly id: string;
  readonly at: string;
  /** The task or record that says it. */
  readonly by: string;
  /** What it is of: `slot b`, `pool general`, or the cluster. */
  readonly subject: string;
  readonly instanceId?: string;
  readonly action: string;
  readonly reason: string;
}

export interface AlarmView {
  readonly name: string;
  readonly since?: string;
  readonly reason: string;
}

export interface ApprovalView {
  readonly automationId: string;
  readonly runbook: string;
  readonly title: string;
  readonly startedAt: string;
  /** Who started it. */
  readonly by: string;
  readonly approvers: readonly string[];
  readonly offers: readonly Offer[];
}

/** Something that a person may have done: a button. */
export interface Offer {
  readonly kind: 'runbook' | 'break' | 'approval';
  readonly name: string;
  readonly cluster: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** What the person is asked beyond that. */
  readonly asks: readonly Ask[];
  readonly label: string;
  /** What is asked before it is done. */
  readonly title: string;
  /** What will happen and what will not, a paragraph each. */
  readonly says: readonly string[];
  /** The cluster's name has to be typed. */
  readonly destructive: boolean;
}

/** A parameter that a person chooses. */
export interface Ask {
  readonly name: string;
  readonly description: string;
  readonly default?: string;
  readonly values?: readonly string[];
}

/** The page's order. */
export interface ActionRequest {
  readonly kind: Offer['kind'];
  readonly name: string;
  readonly cluster: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** What was typed where the cluster's name was asked for. */
  readonly confirm?: string;
}

export interface ActionAnswer {
  /** What was done, or why not. */
  readonly message: string;
  /** The execution that runs now. */
  readonly executionArn?: string;
}

/** One execution in full: its workflow as a graph, where it is, and what it did. */
export interface ExecutionDetail extends ExecutionView {
  readonly graph: Graph;
  /** By the state's name; absent ones were not entered. */
  readonly progress: Readonly<Record<string, StateProgress>>;
  /** Oldest first; at most the latest ones. */
  readonly steps: readonly Step[];
  readonly error?: string;
  readonly cause?: string;
}

/** What is sent after every look, whether anything changed or not. */
export interface Pulse {
  /** When data was last read whole; absent where it never was. */
  readonly readAt?: string;
  /** Seconds since then, by the clock of who reads. */
  readonly ageSeconds: number;
  /** Why the latest look failed. */
  readonly problem?: string;
  /** Looks come so far apart. */
  readonly everySeconds: number;
}
