import type { DiskFinding, Self } from '../../node/decide-boot.ts';
import type { Directive, Marker } from '../../node/protocol.ts';

export interface BootCase {
  readonly name: string;
  readonly directive: Directive;
  readonly disk: DiskFinding;
  readonly self: Self;
  readonly expected: string;
}

const instanceId = 'i-0123456789abcdef0';
const volumeId = 'vol-0123456789abcdef0';
const filesystemUuid = '11111111-2222-4333-8444-555555555555';
const [clusterId, memberId] = ['14841639068965178418', '10276657743932975437'];
const self: Self = { instanceId, etcdMinor: '3.4' };

const form: Directive = {
  kind: 'form',
  instanceId,
  generation: 3,
  volumeId,
  filesystemUuid,
  initialCluster: 'demo-a=https://127.90.1.10:2380',
  initialClusterState: 'new',
};
const resume: Directive = {
  kind: 'resume',
  instanceId,
  generation: 3,
  volumeId,
  filesystemUuid,
  clusterId,
  memberId,
};
const join: Directive = { ...form, kind: 'join', clusterId, memberId, initialClusterState: 'existing' };

const marker: Marker = { volumeId, clusterId, memberId, generation: 3, raftIndex: '500' };
const unborn: Marker = { ...marker, clusterId: '0', memberId: '0', raftIndex: '0' };
const log = { clusterId, memberId, raftIndex: '512' };

const blank: DiskFinding = { volumeId, filesystem: 'none', data: false };
const formatted: DiskFinding = { volumeId, filesystem: 'ext4', filesystemUuid, data: false };
const whole: DiskFinding = { ...formatted, data: true, marker, log };

const on = (
  name: string,
  directive: Directive,
  disk: DiskFinding,
  expected: string,
  who: Self = self,
): BootCase => ({ name, directive, disk, self: who, expected });

/** Every row of design §6 that the node itself must refuse or carry out, with the answer in full. */
export const bootCases: readonly BootCase[] = [
  on('form on a blank volume', form, blank, 'mkfs-and-start volume-is-fresh'),
  on('join on a blank volume', join, blank, 'mkfs-and-start volume-is-fresh'),
  on('form after a death between mkfs and report', form, formatted, 'start own-unfinished-work'),
  on(
    'form after a death between marker and etcd',
    form,
    { ...formatted, marker: unborn },
    'start own-unfinished-work',
  ),
  on('resume of the true disk', resume, whole, 'start disk-agrees'),
  on('resume exactly at the floor', { ...resume, raftIndexFloor: '512' }, whole, 'start disk-agrees'),
  on(
    'resume where the log is ahead of a marker below the floor',
    { ...resume, raftIndexFloor: '510' },
    whole,
    'start disk-agrees',
  ),
  on(
    'resume by the log when the marker knows no ids yet',
    resume,
    { ...whole, marker: unborn },
    'start disk-agrees',
  ),
  on(
    'resume by the marker where the log cannot be read',
    resume,
    { ...formatted, data: true, marker },
    'start disk-agrees',
  ),
  on('a reboot under the form that was carried out', form, whole, 'start same-directive-again', {
    ...self,
    carriedOut: true,
  }),
  on('a reboot under the join that was carried out', join, whole, 'start same-directive-again', {
    ...self,
    carriedOut: true,
  }),

  on('nothing attached', resume, { filesystem: 'none', data: false }, 'wait volume-not-attached'),

  on(
    'a directive for another instance',
    { ...resume, instanceId: 'i-0123456789abcdef1' },
    whole,
    'refuse wrong-instance',
  ),
  on('a restore', { ...join, kind: 'restore' }, blank, 'refuse kind-not-played'),
  on('no etcd that fits', form, blank, 'refuse no-fitting-etcd', { instanceId }),
  on(
    'another volume attached',
    resume,
    { ...whole, volumeId: 'vol-0123456789abcdef1' },
    'refuse wrong-volume',
  ),
  on('resume on a blank volume', resume, blank, 'refuse volume-is-blank'),
  on('a volume that is blank again after form was carried out', form, blank, 'refuse volume-is-blank', {
    ...self,
    carriedOut: true,
  }),
  on(
    'form on a filesystem of another UUID',
    form,
    { ...formatted, filesystemUuid: 'a'.repeat(8) + filesystemUuid.slice(8) },
    'refuse foreign-filesystem',
  ),
  on(
    'resume on a filesystem of another UUID',
    resume,
    { ...whole, filesystemUuid: 'a'.repeat(8) + filesystemUuid.slice(8) },
    'refuse foreign-filesystem',
  ),
  on(
    'form on xfs',
    form,
    { volumeId, filesystem: 'xfs', filesystemUuid, data: false },
    'refuse foreign-filesystem',
  ),
  on(
    'form on something unknown',
    form,
    { volumeId, filesystem: 'unknown', data: false },
    'refuse foreign-filesystem',
  ),
  on('form where etcd has run', form, whole, 'refuse data-present'),
  on('join where etcd has run', join, whole, 'refuse data-present'),
  on('form where etcd began and knows no ids yet', form, { ...whole, marker: unborn }, 'refuse data-present'),
  on('resume on an empty filesystem', resume, formatted, 'refuse data-missing'),
  on('resume where only the marker is left', resume, { ...formatted, marker }, 'refuse data-missing'),
  on('form where only a member’s marker is left', form, { ...formatted, marker }, 'refuse data-missing'),
  on('data without a marker', resume, { ...formatted, data: true, log }, 'refuse marker-missing'),
  on('data with a broken marker', resume, { ...whole, marker: 'unreadable' }, 'refuse marker-unreadable'),
  on(
    'an empty filesystem with a broken marker',
    form,
    { ...formatted, marker: 'unreadable' },
    'refuse marker-unreadable',
  ),
  on(
    'a volume made from a snapshot',
    resume,
    { ...whole, marker: { ...marker, volumeId: 'vol-0123456789abcdef1' } },
    'refuse marker-of-another-volume',
  ),
  on(
    'an older generation',
    resume,
    { ...whole, marker: { ...marker, generation: 2 } },
    'refuse wrong-generation',
  ),
  on(
    'a newer generation',
    resume,
    { ...whole, marker: { ...marker, generation: 4 } },
    'refuse wrong-generation',
  ),
  on(
    'form on unfinished work of another generation',
    form,
    { ...formatted, marker: { ...unborn, generation: 2 } },
    'refuse wrong-generation',
  ),
  on(
    'resume of a member that nobody knows yet',
    resume,
    { ...formatted, data: true, marker: unborn },
    'refuse member-unknown',
  ),
  on(
    'the log of another cluster',
    resume,
    { ...whole, log: { ...log, clusterId: '7' } },
    'refuse wrong-cluster',
  ),
  on(
    'the log of another member',
    resume,
    { ...whole, log: { ...log, memberId: '7' } },
    'refuse wrong-member',
  ),
  on('marker and log of another cluster', { ...resume, clusterId: '7' }, whole, 'refuse wrong-cluster'),
  on('marker and log of another member', { ...resume, memberId: '7' }, whole, 'refuse wrong-member'),
  on(
    'the marker of another member, without a log',
    { ...resume, memberId: '7' },
    { ...formatted, data: true, marker },
    'refuse wrong-member',
  ),
  on(
    'a log that ends before the marker',
    resume,
    { ...whole, log: { ...log, raftIndex: '499' } },
    'refuse log-behind-marker',
  ),
  on(
    'a rolled back log under a form that was carried out',
    form,
    { ...whole, log: { ...log, raftIndex: '499' } },
    'refuse log-behind-marker',
    {
      ...self,
      carriedOut: true,
    },
  ),
  on('a log below the floor', { ...resume, raftIndexFloor: '513' }, whole, 'refuse disk-behind-registry'),
  on(
    'a marker below the floor, without a log',
    { ...resume, raftIndexFloor: '501' },
    { ...formatted, data: true, marker },
    'refuse disk-behind-registry',
  ),
  on(
    'indices beyond what a double holds',
    { ...resume, raftIndexFloor: '900719925474099301' },
    { ...whole, log: { ...log, raftIndex: '900719925474099300' } },
    'refuse disk-behind-registry',
  ),
];
