import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type DiskFinding, decideBoot } from '../../node/decide-boot.ts';
import { fittingMinor } from '../../node/policy.ts';
import { type Directive, parseDirective } from '../../node/protocol.ts';
import { parseEnvironmentFile, type UserData } from '../../node/render.ts';
import type { KubernetesBinaries } from '../binaries.ts';
import type { Kernel, MachineSpec } from '../kernel/kernel.ts';
import type { Console } from './console.ts';
import { type EtcdProcess, startEtcd } from './etcd-process.ts';
import { type Installing, installCertificates, installFiles, slotPrefix } from './install-node.ts';
import { keepMarker } from './keep-marker.ts';
import { runKubernetes } from './kubernetes-machine.ts';
import { assertBindable, loopbackOf, mapIntoMachine } from './loopback.ts';
import { type NodeStore, openNodeStore } from './node-store.ts';
import { createReports, findings, type Reports } from './reports.ts';
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
  /** Undefined where there is none: the node runs etcd alone. */
  readonly kubernetes: KubernetesBinaries | undefined;
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
  const prefix = slotPrefix(userData);
  const { manifestSha256 } = userData;
  const installing = { store, userData, prefix, manifestSha256, root, say: console.say, pause };
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
      if (outcome.action === 'start') return live(machine, bootstrap, installing, outcome.volume);
    }
    await pause();
  }
}

/** What a node does once its etcd was started: keeps the marker, and runs Kubernetes. Nothing of it is left when this ends. */
async function live(
  machine: NodeMachine,
  bootstrap: Bootstrap,
  installing: Installing,
  volume: string,
): Promise<void> {
  const { console, kernel, kubernetes: binaries, root, signal, spec } = machine;
  const host = {
    clock: kernel.clock,
    console,
    stateDir: kernel.stateDir,
    root,
    instanceId: spec.instanceId,
    waitScale: kernel.delays.scheduleScale,
    signal,
  };
  const { reportKubernetes: report } = bootstrap;
  const kubernetes = runKubernetes({
    kernel,
    host,
    privateIp: spec.privateIp,
    installing,
    binaries,
    report,
  });
  try {
    await keepMarker(machine, bootstrap, volume);
  } finally {
    await kubernetes;
  }
}

type Outcome = { readonly action: 'wait' | 'refuse' } | { readonly action: 'start'; readonly volume: string };

interface Bootstrap extends Reports {
  consider(text: string): Promise<Outcome>;
}

/** bootstrap.sh from the first directive on. */
function createBootstrap(machine: NodeMachine, store: NodeStore): Bootstrap {
  const { spec, root, console, etcdVersion } = machine;
  const { report, reportKubernetes } = createReports(machine, store);

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

  return { consider, report, reportKubernetes };
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
