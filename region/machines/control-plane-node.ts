import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { objectKeys } from '../../functions/clusters/names.ts';
import { parseQuantity } from '../../functions/kubernetes/quantities.ts';
import { localServer } from '../../node/kubernetes/input.ts';
import { pki } from '../../node/kubernetes/paths.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { instanceTypeFacts } from '../services/ec2/instance-types.ts';
import { runCloudController } from './cloud-controller.ts';
import { signOnNode } from './kubelet/identity.ts';
import { runKubelet } from './kubelet/kubelet.ts';
import type { KubeletFacts, NodeTaint } from './kubelet/node-object.ts';
import type { KubernetesMachine } from './kubernetes-machine.ts';

/** What a kubelet's rendered configuration says that the stand-in goes by. */
export interface KubeletConfiguration {
  readonly kind?: string;
  readonly registerWithTaints?: readonly NodeTaint[];
  readonly systemReserved?: { readonly cpu?: string; readonly memory?: string };
}

/**
 * What runs beside a control-plane machine's API server once that is ready: the kubelet's stand-in, by the kubelet configuration that node/
 * renders, and the cloud controller's. Both end with the machine. `version`: the kubelet's, without a v.
 */
export async function runNodePart(machine: KubernetesMachine, version: string): Promise<void> {
  const { host, installing, kernel, privateIp } = machine;
  const { clock, console, instanceId, root, signal } = host;
  const authority = readFileSync(join(root, pki('ca.crt')), 'utf8');
  const server = localServer(privateIp);
  const identity = await signOnNode(root, instanceId, clock.now());
  const documents = parseAllDocuments(readFileSync(join(root, 'etc/trivet/kubeadm.yaml'), 'utf8'));
  const configuration = documents
    .map((document) => document.toJS() as KubeletConfiguration | null)
    .find((one) => one?.kind === 'KubeletConfiguration');
  const facts: KubeletFacts = {
    instanceId,
    address: privateIp,
    version,
    type: instanceTypeFacts(await instanceTypeOf(kernel, instanceId)),
    labels: {},
    taints: configuration?.registerWithTaints ?? [],
    reserved: reservedBy(configuration ?? undefined),
  };
  const credentials = await administratorOf(kernel, installing.userData.bucket, installing.userData.cluster);
  await Promise.all([
    runKubelet({ facts, identity, authority, servers: () => [server], clock, console, signal }),
    runCloudController({ kernel, console, signal, server, credentials }),
  ]);
}

/** Cores and bytes that a kubelet's configuration keeps for the system. */
export function reservedBy(configuration: KubeletConfiguration | undefined): { cpu: number; memory: number } {
  const { cpu = 0, memory = 0 } = configuration?.systemReserved ?? {};
  return { cpu: parseQuantity(cpu), memory: parseQuantity(memory) };
}

export async function instanceTypeOf(kernel: Kernel, instanceId: string): Promise<string> {
  const { Reservations = [] } = await kernel.invoke<{
    Reservations?: { Instances?: { InstanceType?: string }[] }[];
  }>('ec2', 'describeInstances', { InstanceIds: [instanceId] });
  return Reservations[0]?.Instances?.[0]?.InstanceType ?? '';
}

/** Trivet's administrator in place of the cloud controller's service account, whose token only a pod would get. */
async function administratorOf(kernel: Kernel, Bucket: string, cluster: string) {
  const keys = objectKeys(cluster).kubernetes['kubernetes-admin'];
  const read = async (Key: string): Promise<string> => {
    const { Body } = await kernel.invoke<{ Body: Uint8Array }>('s3', 'getObject', { Bucket, Key });
    return Buffer.from(Body).toString('utf8');
  };
  const [ca, cert, key] = await Promise.all([read(keys.ca), read(keys.certificate), read(keys.key)]);
  return { ca, cert, key };
}
