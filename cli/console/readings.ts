import type { ClusterRecord, RepairsRecord, SlotRecord } from '../../functions/aws/registry.ts';
import type { ClusterSpec } from '../../functions/clusters/spec.ts';
import type { EtcdHealth } from '../../functions/etcd/contracts.ts';
import type { KubernetesHealth } from '../../functions/kubernetes/contracts.ts';
import type { AlarmView, ApprovalView, Decision, SourceView } from './contracts.ts';

/** What one look has found: what the snapshot is made of. */
export interface Readings {
  readonly at: Date;
  readonly source: SourceView;
  /** Of all clusters, those without a record yet as well. */
  readonly clusters: readonly string[];
  readonly cluster?: ClusterReadings;
  readonly executions: readonly ExecutionReading[];
  readonly decisions: readonly Decision[];
  readonly alarms: readonly AlarmView[];
  readonly approvals: readonly ApprovalView[];
  readonly unread: readonly Unread[];
}

/** A part that could not be read; the rest stands without it. */
export interface Unread {
  readonly what: string;
  readonly why: string;
}

/** One cluster, as registry, EC2, Auto Scaling and the tasks in the VPC tell of it. */
export interface ClusterReadings {
  readonly name: string;
  /** Absent before `provision-cluster` has written it. */
  readonly record?: ClusterRecord;
  /** Of the record, else of the execution that is about to write it. */
  readonly spec?: ClusterSpec;
  readonly slots: readonly SlotRecord[];
  readonly repairs?: RepairsRecord;
  /** What etcd's members say; absent where nobody could ask them. */
  readonly etcd?: EtcdHealth;
  readonly kubernetes?: KubernetesHealth;
  readonly instances: readonly InstanceReading[];
  readonly volumes: readonly VolumeReading[];
  readonly groups: readonly GroupReading[];
  /** Full names of zones that a person has cut off (embedded region). */
  readonly zonesCut: readonly string[];
  readonly localEndpoint?: string;
}

export interface InstanceReading {
  readonly instanceId: string;
  readonly state: string;
  readonly type: string;
  /** In full. */
  readonly zone: string;
  readonly launchedAt?: string;
  readonly slot?: string;
  readonly pool?: string;
  readonly market: 'spot' | 'on-demand';
}

export interface VolumeReading {
  readonly volumeId: string;
  readonly state: string;
  readonly sizeGibibytes?: number;
  readonly attachedTo?: string;
}

export interface GroupReading {
  readonly name: string;
  readonly desired: number;
  /** Auto Scaling's word by instance. */
  readonly lifecycles: Readonly<Record<string, string>>;
}

export interface ExecutionReading {
  readonly executionArn: string;
  readonly workflow: string;
  readonly name: string;
  readonly status: string;
  readonly startedAt: string;
  readonly stoppedAt?: string;
}
