import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { markerIntervalSeconds } from '../../node/policy.ts';
import { parseUserData, type UserData } from '../../node/render.ts';
import { parseWorkerUserData, type WorkerUserData } from '../../node/worker/render.ts';
import type { KubernetesBinaries } from '../binaries.ts';
import type { Kernel, Machine, MachineSpec, Machines } from '../kernel/kernel.ts';
import { type Console, createConsole } from './console.ts';
import type { EtcdProcess } from './etcd-process.ts';
import { versionOf } from './find-etcd.ts';
import { createHeldZones, type HeldZones } from './held-zones.ts';
import { killLeftovers } from './leftovers.ts';
import { type NodeMachine, runNode, unmount } from './node-machine.ts';
import { deleteVolumeDirectory, volumeDirectory } from './volumes.ts';
import { runWorker, type WorkerMachine } from './worker-machine.ts';

export interface MachinesOptions {
  /** The etcd that control-plane machines run (find-etcd.ts finds one). */
  readonly etcdPath: string;
  /** The Kubernetes that they run beside it; without it they run etcd alone. */
  readonly kubernetes?: KubernetesBinaries;
  /** How often a node looks for its directive; a real one looks each second. */
  readonly pollMilliseconds?: number;
  /** How often the marker is brought up to date; by default each minute, scaled as schedules are. */
  readonly markerMilliseconds?: number;
}

/** Machines, and what a killed region had left running of them. */
export interface LocalMachines extends Machines {
  /** Resolves with the processes of an earlier region that were killed; every boot awaits it. */
  readonly leftovers: Promise<readonly number[]>;
}

/**
 * The inside of the region's instances (design §9): an instance whose user data is a Trivet node's runs real etcd from the files that
 * node/ rendered, on its own loopback address; any other just runs. Volumes are directories below the region's state.
 */
export function createMachines(kernel: Kernel, options: MachinesOptions): LocalMachines {
  const running = new Set<Machine>();
  const leftovers = killLeftovers(kernel.stateDir);
  leftovers.catch((error: unknown) => kernel.log(`machines: ${String(error)}`));
  const version = once(() => versionOf(options.etcdPath));
  const zones = createHeldZones(kernel);
  return {
    leftovers,
    launch(spec) {
      const machine = launchMachine({
        kernel: zones.kernelOf(spec.zone),
        options,
        spec,
        leftovers,
        version,
        zones,
        onEnd: () => running.delete(machine),
      });
      running.add(machine);
      return machine;
    },
    holdZone: zones.hold,
    deleteVolume: async (volumeId) => deleteVolumeDirectory(kernel.stateDir, volumeId),
    stop: async () => {
      await leftovers.catch(() => []);
      await Promise.all([...running].map((machine) => machine.terminate()));
    },
  };
}

/** systemd waits five seconds; the region's clocks are quicker. */
const bootstrapRestartMilliseconds = 500;

interface Launching {
  readonly kernel: Kernel;
  readonly options: MachinesOptions;
  readonly spec: MachineSpec;
  readonly leftovers: Promise<unknown>;
  readonly version: () => string | undefined;
  readonly zones: HeldZones;
  readonly onEnd: () => void;
}

function launchMachine(launching: Launching): Machine {
  const { kernel, options, spec, leftovers, version, zones, onEnd } = launching;
  const directory = join(kernel.stateDir, 'machines', spec.instanceId);
  const root = join(directory, 'root');
  const console = createConsole(join(directory, 'console.log'), () => kernel.clock.now());
  const ending = new AbortController();
  const attached = new Set<string>();
  const leaveZone = zones.enter(spec.instanceId, spec.zone);
  let etcd: { process: EtcdProcess; volumeId: string } | undefined;

  const common = {
    kernel,
    spec,
    root,
    console,
    signal: ending.signal,
    pollMilliseconds: options.pollMilliseconds ?? 100,
  };
  const nodeOf = (userData: UserData): NodeMachine => ({
    ...common,
    userData,
    etcdPath: options.etcdPath,
    etcdVersion: version(),
    kubernetes: options.kubernetes,
    markerMilliseconds:
      options.markerMilliseconds ?? markerIntervalSeconds * 1000 * kernel.delays.scheduleScale,
    attached: () => attached,
    started: (process, volumeId) => {
      etcd = { process, volumeId };
    },
  });

  const workerOf = (userData: WorkerUserData): WorkerMachine => ({ ...common, userData });
  const life = leftovers
    .then(() => zones.moving(spec.zone, ending.signal))
    .then(() => boot({ ...common, nodeOf, workerOf, runsEtcd: () => etcd !== undefined }))
    .catch((error: unknown) => {
      if (!ending.signal.aborted) console.say(`the machine cannot boot: ${String(error)}`);
    });

  // The root stays, as a stopped instance's root disk does: started again, it knows what it has carried out.
  const terminate = once(async () => {
    ending.abort(new Error('the instance is terminated'));
    await etcd?.process.kill();
    await life;
    // Started in the very moment of the abort.
    await etcd?.process.kill();
    unmount(root);
    leaveZone();
    onEnd();
  });

  return {
    attachVolume({ volumeId }) {
      mkdirSync(volumeDirectory(kernel.stateDir, volumeId), { recursive: true });
      attached.add(volumeId);
    },
    detachVolume(volumeId) {
      attached.delete(volumeId);
      if (etcd?.volumeId === volumeId) {
        console.say(`${volumeId} was taken away from under etcd`);
        const { process } = etcd;
        kernel.background('the end of etcd', () => process.kill());
      }
    },
    terminate,
    consoleOutput: console.output,
  };
}

interface Booting {
  readonly kernel: Kernel;
  readonly spec: MachineSpec;
  readonly console: Console;
  /** Aborted when the instance is terminated. */
  readonly signal: AbortSignal;
  nodeOf(userData: UserData): NodeMachine;
  workerOf(userData: WorkerUserData): WorkerMachine;
  runsEtcd(): boolean;
}

/** Plays the user data until it is through or the machine ends; a bootstrap that fails is started again, as its unit says. */
async function boot({ kernel, spec, console, signal, nodeOf, workerOf, runsEtcd }: Booting): Promise<void> {
  const userData = parseUserData(spec.userData);
  const worker = parseWorkerUserData(spec.userData);
  if (!userData && !worker)
    return console.say('the user data is not of a Trivet node; this instance just runs');
  for (let last = ''; ; ) {
    signal.throwIfAborted();
    try {
      if (worker) return await runWorker(workerOf(worker));
      if (userData) return await runNode(nodeOf(userData));
    } catch (error) {
      signal.throwIfAborted();
      const failure = error instanceof Error ? error.message : String(error);
      if (failure !== last) {
        console.say(
          `${worker ? 'trivet-worker' : 'trivet-bootstrap'}.service failed and is started again: ${failure}`,
        );
        kernel.log(`machine ${spec.instanceId}: ${failure}`);
      }
      last = failure;
    }
    // Once etcd runs only the marker was still to be kept; starting it twice is what the unit would refuse.
    if (runsEtcd()) return;
    await kernel.clock.sleep(bootstrapRestartMilliseconds, signal);
  }
}

/** The first call's result, for every call. */
function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
