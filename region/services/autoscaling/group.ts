import type {
  Activity,
  DeletionProtection,
  InstanceMaintenancePolicy,
  LifecycleState,
} from '@aws-sdk/client-auto-scaling';
import type { Market, Mix } from './mixed.ts';

/** The processes of a group that can be suspended (facts §2). */
export const processNames = [
  'Launch',
  'Terminate',
  'AddToLoadBalancer',
  'AlarmNotification',
  'AZRebalance',
  'HealthCheck',
  'InstanceRefresh',
  'ReplaceUnhealthy',
  'ScheduledActions',
] as const;

export type ProcessName = (typeof processNames)[number];

export type Transition = 'autoscaling:EC2_INSTANCE_LAUNCHING' | 'autoscaling:EC2_INSTANCE_TERMINATING';
export type HookResult = 'CONTINUE' | 'ABANDON';

export interface Hook {
  readonly name: string;
  readonly transition: Transition;
  /** Seconds. */
  readonly heartbeatTimeout: number;
  readonly defaultResult: HookResult;
  readonly metadata: string | undefined;
}

/** A hook that an instance waits for. */
export interface LifecycleAction {
  readonly hook: Hook;
  readonly token: string;
  /** When the global cap ends the wait, heartbeats or not; ms since the epoch. */
  readonly cappedAt: number;
  /** Stops the time-out that runs. */
  cancel: () => void;
}

export interface TemplateChoice {
  readonly id: string;
  readonly name: string;
  /** A number, `$Latest` or `$Default`, as the group was told. */
  readonly version: string;
}

/** An instance of a group. */
export interface Member {
  readonly instanceId: string;
  readonly zone: string;
  /** Private address. */
  readonly address: string;
  readonly instanceType: string;
  readonly market: Market;
  readonly imageId: string;
  /** With the version that was launched. */
  readonly template: TemplateChoice;
  readonly launchedAt: Date;
  lifecycle: LifecycleState;
  health: 'Healthy' | 'Unhealthy';
  protectedFromScaleIn: boolean;
  inServiceAt: Date | undefined;
  /** The activity in progress: the launch until it is in service, then the termination. */
  activity: Activity;
  readonly actions: Map<string, LifecycleAction>;
  /** Why its launch was abandoned by a hook, if it was. */
  abandoned: string | undefined;
}

export interface Tag {
  readonly value: string;
  readonly propagate: boolean;
}

/** What the caller of a group decides. */
export interface GroupSettings {
  template: TemplateChoice;
  /** Where the group has a mixed instances policy. */
  mix: Mix | undefined;
  minSize: number;
  maxSize: number;
  desired: number;
  zones: readonly string[];
  /** Empty where the template names an interface (facts §1.1). */
  subnetIds: readonly string[];
  healthCheckTypes: readonly ('EC2' | 'ELB')[];
  /** Seconds. */
  healthCheckGracePeriod: number;
  /** Seconds; shown, and of no effect: nothing scales by policy here. */
  defaultCooldown: number;
  protectNewInstances: boolean;
  deletionProtection: DeletionProtection;
  maintenancePolicy: InstanceMaintenancePolicy | undefined;
}

/** How launching goes: after failures the group waits longer and longer. */
export interface LaunchRecord {
  failures: number;
  /** When the row of failures began; ms since the epoch. */
  failingSince: number | undefined;
  /** No launch before this; ms since the epoch. */
  notBefore: number;
}

export interface Group {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: Date;
  readonly settings: GroupSettings;
  readonly hooks: Map<string, Hook>;
  readonly tags: Map<string, Tag>;
  readonly members: Map<string, Member>;
  /** Newest first. */
  readonly activities: Activity[];
  /** Process → why it is suspended. */
  readonly suspended: Map<ProcessName, string>;
  readonly targetGroupArns: Set<string>;
  readonly launches: LaunchRecord;
  deleting: boolean;
}

/** Hooks of one transition. */
export function hooksFor(group: Group, transition: Transition): Hook[] {
  return [...group.hooks.values()].filter((hook) => hook.transition === transition);
}

/** Whether a member is on its way out, and hence no part of the capacity. */
export function isLeaving(member: Pick<Member, 'lifecycle'>): boolean {
  return member.lifecycle.startsWith('Terminat');
}
