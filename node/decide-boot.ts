import type { Directive, Marker } from './protocol.ts';

/** What the node finds on its volume, before anything is changed. */
export interface DiskFinding {
  /** Id of the attached volume; absent while the directed volume has not appeared. */
  readonly volumeId?: string;
  /** What blkid says: `none` only when it found nothing at all, not even a partition table. */
  readonly filesystem: string;
  readonly filesystemUuid?: string;
  /** Whether etcd's data directory holds anything. */
  readonly data: boolean;
  readonly marker?: Marker | 'unreadable';
  /** What etcd's own write-ahead log says; absent when there is none or it cannot be read. */
  readonly log?: LogFinding;
}

/** Identity and last index in the write-ahead log: the truth of which the marker is a minute-old copy. */
export interface LogFinding {
  readonly clusterId: string;
  readonly memberId: string;
  readonly raftIndex: string;
}

/** What the node knows of itself. */
export interface Self {
  readonly instanceId: string;
  /** `3.4`, when the installed etcd has a rendered configuration. */
  readonly etcdMinor?: string;
  /** This instance has started etcd under this very directive before: it was rebooted, or its bootstrap was. */
  readonly carriedOut?: boolean;
}

const reasons = {
  'volume-not-attached': 'The directed volume is not attached yet.',
  'volume-is-fresh': 'The volume is blank and the directive says that its data begins here.',
  'own-unfinished-work': 'The filesystem is the directed one and etcd never started on it.',
  'disk-agrees': 'The disk holds exactly the member that the directive names.',
  'same-directive-again': 'This instance has already carried out this directive on this volume.',
  'wrong-instance': 'The directive is addressed to another instance.',
  'no-fitting-etcd': 'No rendered configuration fits the installed etcd, or there is none.',
  'kind-not-played': 'This node does not know how to carry out a directive of this kind.',
  'wrong-volume': 'The attached volume is not the directed one.',
  'volume-is-blank': 'The volume is blank, but the directive says that it holds a member: its data is lost.',
  'foreign-filesystem':
    'The volume holds something other than the directed filesystem; it is never overwritten.',
  'data-present': 'The volume holds etcd data, but the directive says that its data begins here.',
  'data-missing': 'The filesystem is the directed one, but the member’s data is gone from it.',
  'marker-missing': 'The volume holds etcd data without a marker: nobody can say whose it is.',
  'marker-unreadable': 'The marker on the volume breaks its form.',
  'marker-of-another-volume': 'The marker names another volume: this one was made from a snapshot or a copy.',
  'wrong-generation': 'The marker is of another generation of the slot’s data.',
  'member-unknown': 'Neither the marker nor the log names a member yet.',
  'wrong-cluster': 'The data is of another etcd cluster.',
  'wrong-member': 'The data is of another etcd member.',
  'log-behind-marker': 'The log ends before the marker’s index: the data was rolled back.',
  'disk-behind-registry':
    'The disk is older than what this member is known to have reached: the data was rolled back.',
} as const;

/** Why a node does what it does; goes into its report. */
export type BootReason = keyof typeof reasons;

export interface BootDecision {
  readonly action: 'wait' | 'mkfs-and-start' | 'start' | 'refuse';
  readonly reason: BootReason;
}

/** The sentence for a reason's code, as reports carry it; a code of a later node stands for itself. */
export function explainReason(code: string): string {
  return Object.hasOwn(reasons, code) ? reasons[code as BootReason] : code;
}

/** A marker as it stands before etcd has told its ids. */
const unknownId = '0';

const refuse = (reason: BootReason): BootDecision => ({ action: 'refuse', reason });

/**
 * What a node does with its directive and what it finds on the disk (design §6): it never guesses, and a disk that does
 * not agree in every point stays untouched (S7, S8, S10). Pure; volume.sh holds the same table for bash, and a test runs
 * both over the same cases.
 */
export function decideBoot(directive: Directive, disk: DiskFinding, self: Self): BootDecision {
  if (directive.instanceId !== self.instanceId) return refuse('wrong-instance');
  if (directive.kind === 'restore') return refuse('kind-not-played');
  if (self.etcdMinor === undefined) return refuse('no-fitting-etcd');
  if (disk.volumeId === undefined) return { action: 'wait', reason: 'volume-not-attached' };
  if (disk.volumeId !== directive.volumeId) return refuse('wrong-volume');
  if (disk.filesystem === 'none')
    return directive.kind === 'resume' || self.carriedOut
      ? refuse('volume-is-blank')
      : { action: 'mkfs-and-start', reason: 'volume-is-fresh' };
  if (disk.filesystem !== 'ext4' || disk.filesystemUuid !== directive.filesystemUuid)
    return refuse('foreign-filesystem');
  const doubt = doubtMarker(directive, disk);
  if (doubt) return refuse(doubt);
  return directive.kind === 'resume' ? decideResume(directive, disk) : decideBeginning(disk, self);
}

/** What the marker rules out: data that nobody signed, copies of volumes (S7), dead generations (S10), rollbacks (S8). */
function doubtMarker(directive: Directive, { marker, data, log }: DiskFinding): BootReason | undefined {
  if (marker === undefined) return data ? 'marker-missing' : undefined;
  if (marker === 'unreadable') return 'marker-unreadable';
  if (marker.volumeId !== directive.volumeId) return 'marker-of-another-volume';
  if (marker.generation !== directive.generation) return 'wrong-generation';
  const named = marker.memberId !== unknownId;
  if (!data) return named ? 'data-missing' : undefined;
  if (!log) return undefined;
  if (named && log.clusterId !== marker.clusterId) return 'wrong-cluster';
  if (named && log.memberId !== marker.memberId) return 'wrong-member';
  return BigInt(log.raftIndex) < BigInt(marker.raftIndex) ? 'log-behind-marker' : undefined;
}

/** `form` and `join`: etcd must never have run on this filesystem, except under this directive on this instance. */
function decideBeginning(disk: DiskFinding, self: Self): BootDecision {
  if (!disk.data) return { action: 'start', reason: 'own-unfinished-work' };
  return self.carriedOut ? { action: 'start', reason: 'same-directive-again' } : refuse('data-present');
}

function decideResume(directive: Directive, { marker, data, log }: DiskFinding): BootDecision {
  if (!data || marker === undefined || marker === 'unreadable') return refuse('data-missing');
  const truth = log ?? marker;
  if (truth.memberId === unknownId) return refuse('member-unknown');
  if (truth.clusterId !== directive.clusterId) return refuse('wrong-cluster');
  if (truth.memberId !== directive.memberId) return refuse('wrong-member');
  if (BigInt(truth.raftIndex) < BigInt(directive.raftIndexFloor ?? '0'))
    return refuse('disk-behind-registry');
  return { action: 'start', reason: 'disk-agrees' };
}
