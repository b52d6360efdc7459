import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { objectKeys } from '../../functions/clusters/names.ts';
import { pki } from '../../node/kubernetes/paths.ts';
import { parseEnvironmentFile } from '../../node/render.ts';
import { type Join, parseJoin, renderWorkerReport, type WorkerReport } from '../../node/worker/protocol.ts';
import type { WorkerUserData } from '../../node/worker/render.ts';
import type { Kernel, MachineSpec } from '../kernel/kernel.ts';
import { instanceTypeFacts } from '../services/ec2/instance-types.ts';
import type { ElbService } from '../services/elbv2/index.ts';
import type { Console } from './console.ts';
import { instanceTypeOf, type KubeletConfiguration, reservedBy } from './control-plane-node.ts';
import { fetchAwaited, installFiles } from './install-node.ts';
import { type KubeletIdentity, keptIdentity } from './kubelet/identity.ts';
import { requestIdentity } from './kubelet/join.ts';
import { runKubelet } from './kubelet/kubelet.ts';
import type { KubeletFacts } from './kubelet/node-object.ts';
import { type NodeStore, openNodeStore } from './node-store.ts';

/** What a machine that is a Trivet worker plays with. */
export interface WorkerMachine {
  readonly kernel: Kernel;
  readonly spec: MachineSpec;
  readonly userData: WorkerUserData;
  readonly root: string;
  readonly console: Console;
  /** Aborted when the instance is terminated. */
  readonly signal: AbortSignal;
  readonly pollMilliseconds: number;
}

/** What a worker goes by: from its join object, or kept by an earlier boot, which needs no token any more. */
type Admission = Pick<Join, 'endpoint' | 'ca' | 'token'>;

/**
 * Plays the user data and worker.sh of one worker's life, from the same files and messages as a real one; its kubelet runs pods in name alone.
 * Rejects when the machine ends.
 */
export async function runWorker(machine: WorkerMachine): Promise<void> {
  const { console, kernel, pollMilliseconds, root, signal, spec, userData } = machine;
  const { bucket, cluster, manifestSha256, pool } = userData;
  const { instanceId } = spec;
  const store = await openNodeStore(kernel, spec, bucket);
  const pause = (): Promise<void> => kernel.clock.sleep(pollMilliseconds, signal);
  const prefix = objectKeys(cluster).pool(pool).replace(/\/$/, '');
  await installFiles({ store, prefix, manifestSha256, root, say: console.say, pause });
  const environment = parseEnvironmentFile(readFileSync(join(root, 'etc/trivet/node.env'), 'utf8'));
  const own = objectKeys(cluster).worker(`${environment.TRIVET_ROLE_ID}:${instanceId}`);
  const version = environment.TRIVET_KUBERNETES_VERSION ?? '';
  const report = async (said: Omit<WorkerReport, 'instanceId'>): Promise<void> => {
    console.say(`${said.state} ${said.reason ?? ''}`);
    await store.put(own.report, renderWorkerReport({ instanceId, kubernetesVersion: version, ...said }));
  };
  const kept = keptIdentity(root);
  const joined = kept ? keptJoin(root) : undefined;
  const admitted = joined ?? (await awaitJoin(machine, store, own.join, report, pause));
  const ca = Buffer.from(admitted.ca, 'base64').toString('utf8');
  const servers = () => serversOf(kernel, admitted.endpoint);
  let identity: KubeletIdentity | undefined = kept;
  if (!identity) {
    await report({ state: 'joining' });
    const { token } = admitted;
    const { clock } = kernel;
    identity = await requestIdentity({ instanceId, root, token, ca, servers: servers(), clock, signal });
    keepJoin(root, admitted, ca);
  }
  await report({ state: 'joined' });
  const facts = await factsOf(machine, environment, version);
  await runKubelet({ facts, identity, authority: ca, servers, clock: kernel.clock, console, signal });
}

/** What worker.sh waits for: the join object of this very instance. One of another, or one that cannot be read, is waited over. */
async function awaitJoin(
  { console, spec }: WorkerMachine,
  store: NodeStore,
  key: string,
  report: (said: Omit<WorkerReport, 'instanceId'>) => Promise<void>,
  pause: () => Promise<void>,
): Promise<Admission> {
  await report({ state: 'waiting' });
  for (let refused = ''; ; ) {
    const text = (await fetchAwaited({ store, say: console.say, pause }, key)).toString('utf8');
    const found = readJoin(text);
    if (found?.instanceId === spec.instanceId) return found;
    if (text !== refused) await report({ state: 'refused', reason: 'join-unreadable' });
    refused = text;
    await pause();
  }
}

function readJoin(text: string): Join | undefined {
  try {
    return parseJoin(text);
  } catch {
    return undefined;
  }
}

/** A worker that is started again knows its cluster: kubelet.conf names the server, and the authority is beside it. */
function keepJoin(root: string, { endpoint }: Admission, ca: string): void {
  for (const [path, text] of [
    [join(root, pki('ca.crt')), ca],
    [join(root, 'etc/kubernetes/kubelet.conf'), JSON.stringify({ endpoint })],
  ] as const) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { mode: 0o600 });
  }
}

function keptJoin(root: string): Admission | undefined {
  try {
    const { endpoint } = JSON.parse(readFileSync(join(root, 'etc/kubernetes/kubelet.conf'), 'utf8'));
    return { endpoint, token: '', ca: readFileSync(join(root, pki('ca.crt'))).toString('base64') };
  } catch {
    return undefined;
  }
}

/** What stands for the VPC's resolver: the load balancer's addresses in the zones that have healthy targets. */
function serversOf(kernel: Kernel, endpoint: string): string[] {
  const { hostname, port } = new URL(endpoint);
  const addresses = (kernel.service('elbv2') as ElbService).resolve(hostname);
  if (addresses.length === 0) throw new Error(`${hostname} has no address`);
  return addresses.map((address) => `https://${address}:${port}`);
}

async function factsOf(
  { kernel, root, spec }: WorkerMachine,
  environment: Readonly<Record<string, string>>,
  version: string,
): Promise<KubeletFacts> {
  const configuration = parse(
    readFileSync(join(root, 'etc/trivet/kubelet.yaml'), 'utf8'),
  ) as KubeletConfiguration;
  const labels = (environment.TRIVET_NODE_LABELS ?? '').split(',').filter((pair) => pair !== '');
  return {
    instanceId: spec.instanceId,
    address: spec.privateIp,
    version,
    type: instanceTypeFacts(await instanceTypeOf(kernel, spec.instanceId)),
    labels: Object.fromEntries(
      labels.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
    ),
    taints: configuration.registerWithTaints ?? [],
    reserved: reservedBy(configuration),
  };
}
