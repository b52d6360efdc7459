import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createEtcdClient } from '../../functions/etcd/client.ts';
import { type DiskFinding, decideBoot } from '../../node/decide-boot.ts';
import { fittingMinor } from '../../node/policy.ts';
import {
  type Directive,
  type Marker,
  parseDirective,
  type Report,
  renderReport,
} from '../../node/protocol.ts';
import { parseEnvironmentFile, type UserData } from '../../node/render.ts';
import type { Kernel, MachineSpec } from '../kernel/kernel.ts';
import type { Console } from './console.ts';
import { type EtcdProcess, startEtcd } from './etcd-process.ts';
import { installCertificates, installFiles, slotPrefix } from './install-node.ts';
import { assertBindable, loopbackOf, mapIntoMachine } from './loopback.ts';
import { type NodeStore, openNodeStore } from './node-store.ts';
import { findDisk, formatVolume, readMarker, volumeDirectory, writeMarker } from './volumes.ts';

/** What a machine that is a Trivet node plays with. */
export interface NodeMachine {
  readonly kernel: Kernel;
  readonly spec: MachineSpec;
  readonly userData: UserData;
  readonly root: string;
  readonly console: Console;
  readonly etcdPath: string;
  /** Undefined where there is no etcd: the node refuses. */
  readonly etcdVersion: string | undefined;
  /** Aborted when the instance is terminated. */
  readonly signal: AbortSignal;
  readonly pollMilliseconds: number;
  readonly markerMilliseconds: number;
  /** Ids of the attached volumes. */
  attached(): ReadonlySet<string>;
  started(etcd: EtcdProcess, volumeId: string): void;
}

/**
 * Plays the user data, bootstrap.sh, and marker.sh of one instance's life, by the same pure parts and from the same files as a real
 * node. Ends when the signal is aborted (rejects) or, for a node whose etcd was started, only then.
 */
export async function runNode(machine: NodeMachine): Promise<void> {
  const { kernel, spec, userData, root, console, signal, pollMilliseconds } = machine;
  const store = await openNodeStore(kernel, spec, userData.bucket);
  const pause = (): Promise<void> => kernel.clock.sleep(pollMilliseconds, signal);
  const installing = { store, userData, root, say: console.say, pause };
  await installFiles(installing);
  await installCertificates(installing);
  const bootstrap = createBootstrap(machine, store);
  await bootstrap.report({ state: 'waiting' });
  const key = `${slotPrefix(userData)}/directives/${spec.instanceId}`;
  let refused: string | undefined;
  for (;;) {
    const text = (await store.get(key).then((body) => body && Buffer.from(body).toString('utf8'))) ?? '';
    signal.throwIfAborted();
    if (text !== '' && text !== refused) {
      const outcome = await bootstrap.consider(text);
      if (outcome.action === 'refuse') refused = text;
      if (outcome.action === 'start') return keepMarker(machine, bootstrap, outcome.volume);
    }
    await pause();
  }
}

type Outcome = { readonly action: 'wait' | 'refuse' } | { readonly action: 'start'; readonly volume: string };

interface Bootstrap {
  consider(text: string): Promise<Outcome>;
  report(report: Omit<Report, 'instanceId' | 'etcdVersion'>): Promise<void>;
}

/** bootstrap.sh from the first directive on. */
function createBootstrap(machine: NodeMachine, store: NodeStore): Bootstrap {
  const { spec, root, console, etcdVersion, userData } = machine;
  let lastReport = '';

  const report: Bootstrap['report'] = async (said) => {
    const text = renderReport({ instanceId: spec.instanceId, ...(etcdVersion && { etcdVersion }), ...said });
    if (text === lastReport) return;
    lastReport = text;
    console.say(`${said.state} ${said.reason ?? ''}`.trimEnd());
    await store.put(`${slotPrefix(userData)}/reports/${spec.instanceId}`, text);
  };

  const consider = async (text: string): Promise<Outcome> => {
    const directive = readDirective(text);
    if (!directive) {
      await report({ state: 'refused', reason: 'directive-unreadable' });
      return { action: 'refuse' };
    }
    const minor = fittingMinor(etcdVersion ?? '');
    const carriedOut = readIfThere(carriedOutPath(root)) === text;
    const self = { instanceId: spec.instanceId, carriedOut, ...(minor && { etcdMinor: minor }) };
    const volume = volumeDirectory(machine.kernel.stateDir, directive.volumeId);
    await assertBindable(spec.privateIp);
    machine.signal.throwIfAborted();
    // From here to the start nothing is awaited: what was seen is what is acted on.
    let disk = lookAt(machine, directive.volumeId, volume);
    let decision = decideBoot(directive, disk, self);
    if (decision.action === 'mkfs-and-start') {
      console.say(`formatting ${directive.volumeId}, as directed: ${decision.reason}`);
      formatVolume(volume, directive.filesystemUuid);
      disk = lookAt(machine, directive.volumeId, volume);
      decision = decideBoot(directive, disk, self);
    }
    if (decision.action !== 'start' || !minor) {
      const state = decision.action === 'wait' ? 'waiting' : 'refused';
      await report({ state, reason: decision.reason, ...findings(disk) });
      return { action: decision.action === 'wait' ? 'wait' : 'refuse' };
    }
    startOn(machine, directive, text, minor, volume);
    await report({
      state: 'started',
      reason: decision.reason,
      ...findings(lookAt(machine, directive.volumeId, volume)),
    });
    return { action: 'start', volume };
  };

  return { consider, report };
}

function readDirective(text: string): Directive | undefined {
  try {
    return parseDirective(text);
  } catch {
    return undefined;
  }
}

function lookAt(machine: NodeMachine, volumeId: string, directory: string): DiskFinding {
  if (!machine.attached().has(volumeId)) return { filesystem: 'none', data: false };
  return findDisk(directory, volumeId);
}

/** What a report says of the disk. */
function findings(disk: DiskFinding): Partial<Report> {
  const { marker } = disk;
  return {
    ...(disk.volumeId && { volumeId: disk.volumeId }),
    ...(disk.filesystemUuid && { filesystemUuid: disk.filesystemUuid }),
    ...(marker && marker !== 'unreadable' && markerFindings(marker)),
  };
}

function markerFindings({ volumeId, ...marker }: Marker): Partial<Report> {
  return { markerVolumeId: volumeId, ...marker };
}

const carriedOutPath = (root: string): string => join(root, 'var/lib/trivet/carried-out');

function readIfThere(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

/** start_etcd of bootstrap.sh: marker first, then mount and environment, then the record of what was carried out, then etcd. */
function startOn(
  machine: NodeMachine,
  directive: Directive,
  text: string,
  minor: string,
  volume: string,
): void {
  const { kernel, spec, root, console, etcdPath } = machine;
  if (readMarker(volume) === undefined) {
    const { volumeId, generation } = directive;
    writeMarker(volume, { volumeId, generation, clusterId: '0', memberId: '0', raftIndex: '0' });
  }
  mount(root, volume);
  mkdirSync(join(volume, 'data'), { recursive: true, mode: 0o700 });
  const environment = environmentOf(machine, directive, minor);
  mkdirSync(dirname(carriedOutPath(root)), { recursive: true });
  writeFileSync(carriedOutPath(root), text);
  const { instanceId } = spec;
  const { stateDir, clock } = kernel;
  const process = startEtcd({
    etcdPath,
    environment,
    cwd: root,
    instanceId,
    stateDir,
    clock,
    console,
  });
  machine.started(process, directive.volumeId);
}

/** Mounting is a link: etcd sees the volume below its root. */
function mount(root: string, volume: string): void {
  unmount(root);
  mkdirSync(dirname(mountPointOf(root)), { recursive: true });
  symlinkSync(volume, mountPointOf(root));
}

/** Takes the volume away from a machine's root. */
export function unmount(root: string): void {
  if (lstatSync(mountPointOf(root), { throwIfNoEntry: false })) rmSync(mountPointOf(root));
}

const mountPointOf = (root: string): string => join(root, 'var/lib/etcd');

/** The rendered configuration that fits, and the directive's part, as they hold on this host. */
function environmentOf(
  { root, spec }: NodeMachine,
  directive: Directive,
  minor: string,
): Record<string, string> {
  const fileOf = (name: string) => parseEnvironmentFile(readFileSync(join(root, 'etc/trivet', name), 'utf8'));
  const { TRIVET_CLUSTER_TOKEN } = fileOf('node.env');
  const token = directive.initialClusterToken ?? TRIVET_CLUSTER_TOKEN;
  const values = {
    ...fileOf(`etcd-${minor}.env`),
    ETCD_INITIAL_CLUSTER_STATE: directive.initialClusterState ?? 'existing',
    ...(directive.initialCluster && { ETCD_INITIAL_CLUSTER: directive.initialCluster }),
    ...(token && { ETCD_INITIAL_CLUSTER_TOKEN: token }),
  };
  const loopback = loopbackOf(spec.privateIp);
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, mapIntoMachine(value, root, loopback)]),
  );
}

/** marker.sh and its timer: at once when etcd first answers, then each interval, until the machine ends. */
async function keepMarker(machine: NodeMachine, bootstrap: Bootstrap, volume: string): Promise<void> {
  const { kernel, spec, root, signal, console } = machine;
  const pem = (name: string) => readFileSync(join(root, 'etc/trivet/pki/etcd', name));
  const client = createEtcdClient({
    address: spec.privateIp,
    ca: pem('ca.crt'),
    cert: pem('client.crt'),
    key: pem('client.key'),
  });
  try {
    for (;;) {
      const marker = readMarker(volume);
      if (!marker || marker === 'unreadable')
        return console.say('the marker cannot be read; it is left as it is');
      const update = await nextMarker(marker, client.status(signal));
      if (update) {
        writeMarker(volume, update);
        if (marker.memberId === '0') await reportMember(bootstrap, update, volume);
      }
      const named = (update ?? marker).memberId !== '0';
      await kernel.clock.sleep(named ? machine.markerMilliseconds : machine.pollMilliseconds, signal);
    }
  } finally {
    client.close();
  }
}

/** The marker with what etcd has reached now; undefined while it does not answer, or answers as another member or an older one. */
async function nextMarker(
  marker: Marker,
  asked: Promise<{ header: { clusterId: string; memberId: string }; raftIndex: string }>,
): Promise<Marker | undefined> {
  const status = await asked.catch(() => undefined);
  if (!status) return undefined;
  const { clusterId, memberId } = status.header;
  const same = marker.memberId === '0' || (marker.memberId === memberId && marker.clusterId === clusterId);
  const forward = BigInt(status.raftIndex) >= BigInt(marker.raftIndex);
  return same && forward ? { ...marker, clusterId, memberId, raftIndex: status.raftIndex } : undefined;
}

async function reportMember(bootstrap: Bootstrap, marker: Marker, volume: string): Promise<void> {
  const { filesystemUuid } = findDisk(volume, marker.volumeId);
  await bootstrap.report({
    state: 'started',
    volumeId: marker.volumeId,
    ...(filesystemUuid && { filesystemUuid }),
    ...markerFindings(marker),
  });
}
