import {
  createKubernetesClient,
  type KubernetesClient,
  KubernetesError,
  type KubernetesObject,
} from '../../functions/kubernetes/client.ts';
import { pathOf } from '../../functions/kubernetes/paths.ts';
import { AwsError } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Console } from './console.ts';
import { type NodeTaint, uninitializedTaint } from './kubelet/node-object.ts';

/** What stands for the node part of aws-cloud-controller-manager, beside one API server (ADR 12). */
export interface CloudControllerOptions {
  readonly kernel: Kernel;
  readonly console: Console;
  readonly signal: AbortSignal;
  /** `https://host:port` of the API server beside it. */
  readonly server: string;
  /** Who speaks; on AWS it is the controller's own service account. */
  readonly credentials: { readonly ca: string; readonly cert: string; readonly key: string };
}

interface Node extends KubernetesObject {
  readonly spec?: { readonly taints?: readonly NodeTaint[]; readonly providerID?: string };
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

interface Instance {
  readonly InstanceId?: string;
  readonly InstanceType?: string;
  readonly State?: { readonly Name?: string };
  readonly Placement?: { readonly AvailabilityZone?: string };
}

const intervalMilliseconds = 1_000;

/**
 * Tells nodes where they are and lets pods onto them; deletes those whose instance is gone, once they are not ready. Two at once do the same
 * twice, which changes nothing. Rejects with the signal's reason when the machine ends.
 */
export async function runCloudController(options: CloudControllerOptions): Promise<never> {
  const { console, credentials, kernel, server, signal } = options;
  const client = createKubernetesClient({ endpoints: [server], ...credentials });
  try {
    for (let last = ''; ; ) {
      try {
        await tend(client, kernel, signal);
        last = '';
      } catch (error) {
        signal.throwIfAborted();
        const failure = error instanceof Error ? error.message : String(error);
        if (failure !== last) console.say(`cloud controller: ${failure}`);
        last = failure;
      }
      await kernel.clock.sleep(intervalMilliseconds, signal);
    }
  } finally {
    client.close();
  }
}

async function tend(client: KubernetesClient, kernel: Kernel, signal: AbortSignal): Promise<void> {
  const nodes = await client.list<Node>('/api/v1/nodes', {}, signal);
  for (const node of nodes) {
    const uninitialized = node.spec?.taints?.some(({ key }) => key === uninitializedTaint.key);
    const ready = node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
    if (!uninitialized && ready) continue;
    const instance = await findInstance(kernel, node.metadata.name);
    const path = pathOf({ apiVersion: 'v1', kind: 'Node', name: node.metadata.name });
    if (isGone(instance)) await client.delete(path, {}, signal);
    else if (uninitialized && instance) await initialize(client, path, node, instance, kernel.region, signal);
  }
}

function isGone(instance: Instance | undefined): boolean {
  return instance === undefined || ['shutting-down', 'terminated'].includes(instance.State?.Name ?? '');
}

async function findInstance(kernel: Kernel, instanceId: string): Promise<Instance | undefined> {
  try {
    const { Reservations = [] } = await kernel.invoke<{ Reservations?: { Instances?: Instance[] }[] }>(
      'ec2',
      'describeInstances',
      { InstanceIds: [instanceId] },
    );
    return Reservations[0]?.Instances?.[0];
  } catch (error) {
    if (error instanceof AwsError && error.status < 500) return undefined;
    throw error;
  }
}

async function initialize(
  client: KubernetesClient,
  path: string,
  { metadata, spec }: Node,
  { InstanceId = '', InstanceType = '', Placement }: Instance,
  region: string,
  signal: AbortSignal,
): Promise<void> {
  const zone = Placement?.AvailabilityZone ?? '';
  const patch = {
    metadata: {
      resourceVersion: metadata.resourceVersion,
      labels: {
        'node.kubernetes.io/instance-type': InstanceType,
        'topology.kubernetes.io/zone': zone,
        'topology.kubernetes.io/region': region,
      },
    },
    spec: {
      ...(spec?.providerID === undefined && { providerID: `aws:///${zone}/${InstanceId}` }),
      taints: (spec?.taints ?? []).filter(({ key }) => key !== uninitializedTaint.key),
    },
  };
  try {
    await client.patch(path, patch, 'merge', signal);
  } catch (error) {
    // Somebody else was faster; the next look sees what is left to do.
    if (!(error instanceof KubernetesError) || error.kind !== 'conflict') throw error;
  }
}
