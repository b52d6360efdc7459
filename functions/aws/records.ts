import type { Layout } from '../clusters/contracts.ts';
import type { ClusterSpec } from '../clusters/spec.ts';
import type { BackOff, PlannedWorkers, Unneeded } from '../scaling/contracts.ts';

/** The registry's items without their keys (plan §3.2). Dates are ISO 8601 strings. */
export interface ClusterRecord {
  readonly name: string;
  readonly spec: ClusterSpec;
  readonly specHash: string;
  readonly layout: Layout;
  readonly phase: 'forming' | 'serving';
  /** Set once etcd was formed and verified; from then on `form` is never directed again (design §6). */
  readonly formed: boolean;
  readonly clusterId?: string;
  readonly endpoint?: string;
  readonly loadBalancerArn?: string;
  readonly targetGroupArn?: string;
  /** What was last applied to the cluster's API, whole and verified. */
  readonly kubernetes?: { readonly version: string; readonly appliedHash: string; readonly at: string };
  /** The latest hung control-plane node that the sweep had replaced: also the fence of the next (ADR 17). */
  readonly hungReplacement?: { readonly slot: string; readonly instanceId: string; readonly at: string };
  /** Set once retire-cluster has begun: from then on everything else leaves the cluster alone (ADR 23). */
  readonly retirement?: RetirementRecord;
  /** Trivet changes nothing by itself until this ends (functions/clusters/pause.ts). */
  readonly pause?: PauseRecord;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly lastFailure?: FailureRecord;
}

export interface RetirementRecord {
  readonly startedAt: string;
  /** Volumes are handed over to whoever asked for it, instead of being deleted. */
  readonly keepVolumes: boolean;
  /** ARN of the execution that began it, or last changed what becomes of the volumes. */
  readonly execution: string;
}

/** Who wanted a cluster left alone, why, and until when. */
export interface PauseRecord {
  readonly until: string;
  readonly reason: string;
  /** The automation, or the execution, by which it was asked for. */
  readonly by: string;
  readonly at: string;
}

export interface FailureRecord {
  readonly workflow: string;
  readonly execution: string;
  readonly step: string;
  readonly error: string;
  readonly message: string;
  readonly at: string;
}

export interface SlotRecord {
  readonly slot: string;
  readonly zone: string;
  readonly address: string;
  readonly subnetId: string;
  readonly filesystemUuid: string;
  readonly generation: number;
  readonly memberName: string;
  readonly phase: 'forming' | 'serving';
  /** True once etcd was directed to start on the slot's volume: `form` may repeat only before that. */
  readonly startedOnce: boolean;
  readonly networkInterfaceId?: string;
  readonly volumeId?: string;
  readonly memberId?: string;
  readonly clusterId?: string;
  /** Highest raft index ever seen of the member, a decimal uint64 (S8). */
  readonly raftIndex?: string;
  readonly instanceId?: string;
  /** When its member was last verified on that instance: what was seen before says nothing of it. */
  readonly servedAt?: string;
  readonly verdict?: { readonly action: string; readonly reason: string; readonly at: string };
}

export interface LeaseRecord {
  readonly holder: string;
  readonly token: number;
  readonly acquiredAt: string;
  readonly releasedAt?: string;
  readonly outcome?: string;
}

/**
 * Latest look at a cluster's etcd (functions/etcd/contracts.ts, EtcdHealth) or at its Kubernetes (functions/sweep/contracts.ts,
 * KubernetesObservation) and when it was taken.
 */
export interface ObservationRecord {
  readonly observedAt: string;
  readonly [key: string]: unknown;
}

/** Workers that a plan has asked for. */
export interface LaunchRecord extends PlannedWorkers {
  /** When the workers were seen of which it was decided, ISO 8601. */
  readonly observedAt: string;
  /** How many their group was to have with them. */
  readonly size: number;
}

/** What scaling remembers of a cluster. */
export interface ScalingRecord {
  /** Rises with each write. */
  readonly revision: number;
  readonly backOffs: readonly BackOff[];
  readonly unneeded: readonly Unneeded[];
  /** What plans have asked for lately, newest first. */
  readonly launches?: readonly LaunchRecord[];
  /** When it was last decided that workers go, ISO 8601: a look from before shows too many. */
  readonly removedAt?: string;
  /** What was decided last, and when, ISO 8601. */
  readonly decided?: {
    readonly at: string;
    readonly reason: string;
    /** Pods that no plan has a place for, and why, by the first of each kind. */
    readonly leftOut: readonly { readonly pods: number; readonly first: string; readonly reason: string }[];
  };
}

/** Everything that repairs of a cluster's workers remember. One item, so that who decides on an older one writes nothing. */
export interface RepairsRecord {
  /** Rises with each write. */
  readonly revision: number;
  readonly ailing: AilingRecord;
  /** By pool. */
  readonly pools: Readonly<Record<string, PoolHealthRecord>>;
  /** Newest first: all that go on, and of those that ended the latest. */
  readonly repairs: readonly RepairRecord[];
}

/** Since when workers are not well, by what looks one after the other found: nodes say only since when they are as they are now. */
export interface AilingRecord {
  readonly observedAt: string;
  /** By instance: `absent`, no node of it; `unready`, its node is not ready, whatever the status says instead. */
  readonly since: Readonly<Record<string, { readonly absent?: string; readonly unready?: string }>>;
}

export interface PoolHealthRecord {
  readonly wanted: number;
  readonly healthy: number;
  /** How many may be unhealthy before the guard closes. */
  readonly allowed: number;
  /** At most the first few. */
  readonly unhealthy: readonly { readonly instanceId: string; readonly zone: string; readonly why: string }[];
  /** Why nothing can be said of the nodes now. */
  readonly blind?: string;
  /** There since the storm guard refused a repair, until its cool-down is over. */
  readonly guard?: { readonly closedAt: string; readonly lastOverAt: string; readonly reason: string };
}

export interface RepairRecord {
  readonly pool: string;
  /** The zone's letter. */
  readonly zone: string;
  readonly instanceId: string;
  readonly reason: string;
  readonly replacement: 'before' | 'after';
  readonly startedAt: string;
  /** Of `before`: the size that its group was raised from and to. `changed`: another writer was there, and what came of it is not known. */
  readonly raise?: {
    readonly from: number;
    readonly to: number;
    readonly state: 'intended' | 'done' | 'changed';
  };
  /** When its termination was first asked for. */
  readonly terminatedAt?: string;
  readonly endedAt?: string;
  readonly outcome?: RepairOutcome;
  /** What the outcome rests on, or what is missing. */
  readonly remark?: string;
}

export type RepairOutcome = 'replaced' | 'recovered' | 'given-up' | 'unfinished';
