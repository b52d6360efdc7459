import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { provision } from '../cli/commands/provision.ts';
import { readStatus } from '../cli/commands/status.ts';
import { awaitKubernetes, readKubernetes } from '../cli/kubernetes.ts';
import { readSpecFile } from '../cli/spec-file.ts';
import { findTarget, type Target } from '../cli/target.ts';
import { makeObjects } from '../functions/aws/objects.ts';
import { createKubernetesClient, type KubernetesClient } from '../functions/kubernetes/client.ts';
import { readKubernetesCertificates } from '../functions/kubernetes/open.ts';
import { findBinaries } from '../region/binaries.ts';
import { type Region, startRegion } from '../region/region.ts';
import type { Figure } from './figures.ts';

const root = join(import.meta.dirname, '..');
const spec = readSpecFile(join(root, 'examples', 'ha.yaml'));
const quiet = { json: true, say: () => {}, result: () => {} };
const endless = new AbortController().signal;
const pollMilliseconds = 100;

/**
 * Figures of a cluster with real Kubernetes: how long until its nodes are ready and how much memory it takes, and what a client notices when
 * each node is lost in turn. Empty where the programs are not built.
 */
export async function benchKubernetes(): Promise<Figure[]> {
  const { kubernetes } = findBinaries();
  if (!kubernetes) return [];
  const stateDir = mkdtempSync(join(tmpdir(), 'trivet-bench-'));
  const region = await startRegion({ stateDir, port: 0, vpcCidr: '127.97.0.0/16', kubernetes });
  try {
    await region.deploy(join(root, 'cdk.out'));
    const target = await findTarget({ endpoint: region.endpoint, region: 'us-east-1' });
    const readySeconds = await timeToReady(target);
    const memory = residentMebibytes(region, stateDir);
    const losses = await loseEach(target);
    return [
      {
        name: 'kubernetes: StartExecution to three ready control-plane nodes',
        unit: 's',
        runs: [readySeconds],
        budget: 60,
      },
      {
        name: 'kubernetes: resident memory of region, etcd and control planes',
        unit: 'MiB',
        runs: [memory],
        budget: 3_072,
      },
      {
        name: 'kubernetes: longest time without a read and a write, one node lost',
        unit: 's',
        runs: losses.map(({ gap }) => gap),
      },
      {
        name: 'kubernetes: controller manager and scheduler lead again, leader lost',
        unit: 's',
        runs: losses.flatMap(({ lead }) => lead),
        budget: 20,
      },
    ];
  } finally {
    await region.stop();
    rmSync(stateDir, { recursive: true, force: true });
  }
}

async function timeToReady(target: Target): Promise<number> {
  const began = performance.now();
  const done = provision(target, spec, quiet);
  let ready = 0;
  while (ready === 0) {
    const health = await readKubernetes(target, spec.name);
    const nodes = health?.nodes.filter(({ slot, ready: is }) => slot !== undefined && is) ?? [];
    if (nodes.length === spec.zones.length) ready = (performance.now() - began) / 1000;
    else await sleep(pollMilliseconds);
  }
  const outcome = await done;
  if (outcome.status !== 'SUCCEEDED')
    throw new Error(`provisioning ended as ${outcome.status}: ${outcome.cause}`);
  return ready;
}

/** Resident memory of this process, which is the region, and of every process of its machines. */
function residentMebibytes(_region: Region, stateDir: string): number {
  const pids = ['self', ...readdirSync(join(stateDir, 'pids'))];
  const kibibytes = pids.map((pid) => {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0);
  });
  return kibibytes.reduce((sum, value) => sum + value, 0) / 1024;
}

interface Loss {
  /** Longest time between two successful rounds, s. */
  readonly gap: number;
  /** For each of the two leaders that was on the lost node: seconds until another leads. */
  readonly lead: readonly number[];
}

async function loseEach(target: Target): Promise<Loss[]> {
  const client = await openThroughLoadBalancer(target);
  const losses: Loss[] = [];
  try {
    for (const slot of spec.zones) losses.push(await lose(target, client, slot));
  } finally {
    client.close();
  }
  return losses;
}

async function openThroughLoadBalancer(target: Target): Promise<KubernetesClient> {
  const certificates = await readKubernetesCertificates(
    makeObjects(target.config),
    spec.name,
    'kubernetes-admin',
  );
  const { localEndpoint } = await readStatus(target, spec.name);
  return createKubernetesClient({
    endpoints: [localEndpoint ?? ''],
    timeoutMilliseconds: 2_000,
    ...certificates,
  });
}

const leases = ['kube-controller-manager', 'kube-scheduler'].map(
  (name) => `/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/${name}`,
);

async function holders(client: KubernetesClient): Promise<(string | undefined)[]> {
  const found = await Promise.all(
    leases.map((path) => client.get<{ spec?: { holderIdentity?: string } }>(path)),
  );
  return found.map((lease) => lease?.spec?.holderIdentity);
}

/** Loses a slot's instance under a client that lists and writes all the time; ends once the cluster is whole again. */
async function lose(target: Target, client: KubernetesClient, slot: string): Promise<Loss> {
  const before = await holders(client);
  const { members } = await readStatus(target, spec.name);
  const instanceId = members.find((member) => member.slot === slot)?.instanceId ?? '';
  const lead = new Map<number, number>();
  const whole = { yet: false };
  let gap = 0;
  await target.ec2.terminateInstances({ InstanceIds: [instanceId] });
  const began = performance.now();
  const waiting = awaitKubernetes(target, spec.name, { signal: endless, timeoutSeconds: 180 }).then(() => {
    whole.yet = true;
  });
  for (
    let last = performance.now(), round = 0;
    !whole.yet || performance.now() - began < 15_000;
    round += 1
  ) {
    const succeeded = await readAndWrite(client, slot, round);
    if (!succeeded) {
      await sleep(20);
      continue;
    }
    const now = performance.now();
    gap = Math.max(gap, (now - last) / 1000);
    last = now;
    const after = await holders(client).catch(() => before);
    for (const [index, holder] of after.entries())
      if (holder !== before[index] && !lead.has(index)) lead.set(index, (now - began) / 1000);
    await sleep(20);
  }
  await waiting;
  return { gap, lead: [...lead.values()] };
}

async function readAndWrite(client: KubernetesClient, slot: string, round: number): Promise<boolean> {
  const name = `bench-${slot}`;
  const path = `/api/v1/namespaces/default/configmaps/${name}`;
  try {
    await client.list('/api/v1/namespaces');
    await client.apply(path, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: 'default' },
      data: { round: String(round) },
    });
    return true;
  } catch {
    return false;
  }
}
