import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { apiServerPort } from '../../node/kubernetes/input.ts';
import { pki } from '../../node/kubernetes/paths.ts';
import { standInVersion } from '../../node/kubernetes/stand-in.ts';
import type { Report } from '../../node/protocol.ts';
import { parseEnvironmentFile } from '../../node/render.ts';
import type { KubernetesBinaries } from '../binaries.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { startStandIn } from './api-stand-in/start.ts';
import { boundLogs, type ComponentHost, keepRunning } from './component-process.ts';
import { runNodePart } from './control-plane-node.ts';
import { type Installing, installKubernetesFiles } from './install-node.ts';
import { prepareComponents } from './kubernetes-components.ts';

/** What a report says of Kubernetes. */
export type KubernetesReport = Pick<Report, 'kubernetes' | 'kubernetesVersion' | 'kubernetesReason'>;

export interface KubernetesMachine {
  readonly kernel: Kernel;
  readonly host: ComponentHost;
  readonly privateIp: string;
  readonly installing: Installing;
  /** Undefined where there are none: a stand-in serves, and says so. */
  readonly binaries: KubernetesBinaries | undefined;
  report(report: KubernetesReport): Promise<void>;
}

/** systemd waits ten seconds; the region's clocks are quicker. */
const restartMilliseconds = 500;

/**
 * Plays kubernetes.sh, kubeadm and the kubelet of a control-plane machine whose etcd was started: real API server, controller manager and
 * scheduler from the rendered files, or a stand-in where their programs are not here. Resolves where the node has no Kubernetes, else when the
 * machine ends.
 */
export async function runKubernetes(machine: KubernetesMachine): Promise<void> {
  const { clock, console, signal } = machine.host;
  for (let last = ''; !signal.aborted; ) {
    try {
      return await bringUp(machine);
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error);
      if (failure !== last && !signal.aborted)
        console.say(`trivet-kubernetes.service failed and is started again: ${failure}`);
      last = failure;
    }
    await clock.sleep(restartMilliseconds, signal).catch(() => {});
  }
}

/** kubernetes.sh and what it starts. Rejects when the machine ends. */
async function bringUp(machine: KubernetesMachine): Promise<void> {
  const { binaries, host, installing, report } = machine;
  const wanted = parseEnvironmentFile(
    readFileSync(join(host.root, 'etc/trivet/node.env'), 'utf8'),
  ).TRIVET_KUBERNETES_VERSION;
  if (wanted === undefined) return;
  if (binaries?.version !== wanted) return standIn(machine, wanted);
  const { version } = binaries;
  await report({ kubernetes: 'starting', kubernetesVersion: version });
  await installKubernetesFiles(installing);
  await runComponents(machine, binaries);
}

/** Without the programs, or with those of another version: a stand-in serves what Trivet needs, and says so. */
async function standIn(machine: KubernetesMachine, wanted: string): Promise<void> {
  const { binaries, host, installing, kernel, privateIp, report } = machine;
  const version = standInVersion(wanted);
  host.console.say(
    binaries
      ? `Kubernetes: the programs here are ${binaries.version}, the spec wants ${wanted}; a stand-in for its API runs, and no pods`
      : 'Kubernetes: its programs are not here (npm run binaries builds them); a stand-in for its API runs, and no pods',
  );
  await report({ kubernetes: 'starting', kubernetesVersion: version });
  await installKubernetesFiles(installing);
  const { ended } = await startStandIn({
    ...host,
    privateIp,
    version: wanted,
    // Kubelets renew by the host's clock, so that nodes are judged by it too.
    waitScale: 1,
    log: kernel.log,
  });
  const clients = async (): Promise<unknown> => {
    await awaitReady(machine);
    await report({ kubernetes: 'ready', kubernetesVersion: version });
    return runNodePart(machine, wanted);
  };
  const ends = await Promise.allSettled([ended, clients()]);
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

async function runComponents(machine: KubernetesMachine, binaries: KubernetesBinaries): Promise<void> {
  const { host, privateIp, report } = machine;
  const { apiServer, controllerManager, scheduler } = prepareComponents({
    binaries,
    root: host.root,
    privateIp,
  });
  const clients = async (): Promise<unknown> => {
    await awaitReady(machine);
    await report({ kubernetes: 'ready', kubernetesVersion: binaries.version });
    return Promise.all([
      // Both would only wait for the API server themselves, and end and be started again where it takes long on a busy host.
      keepRunning(controllerManager, host),
      keepRunning(scheduler, host),
      runNodePart(machine, binaries.version),
    ]);
  };
  const lives = [
    keepRunning(apiServer, host),
    clients(),
    boundLogs([apiServer, controllerManager, scheduler], host),
  ];
  // Each ends with the machine alone; nothing of it is left when this does.
  const ends = await Promise.allSettled(lives);
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

const pollMilliseconds = 250;

async function awaitReady({ host, privateIp }: KubernetesMachine): Promise<void> {
  const ca = readFileSync(join(host.root, pki('ca.crt')));
  while (!(await isReady(privateIp, ca, host.signal))) await host.clock.sleep(pollMilliseconds, host.signal);
}

/** Whether this machine's API server says so on /readyz, asked without a certificate as the load balancer asks. */
function isReady(address: string, ca: Buffer, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request(
      { host: address, port: apiServerPort, path: '/readyz', ca, agent: false, timeout: 3_000, signal },
      (response) => {
        response.resume();
        response.on('error', () => {});
        resolve(response.statusCode === 200);
      },
    );
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(false));
    asked.end();
  });
}
