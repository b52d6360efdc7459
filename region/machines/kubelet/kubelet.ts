import {
  createKubernetesClient,
  type KubernetesClient,
  KubernetesError,
  type KubernetesObject,
} from '../../../functions/kubernetes/client.ts';
import { pathOf } from '../../../functions/kubernetes/paths.ts';
import { isStandIn } from '../../../node/kubernetes/stand-in.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Console } from '../console.ts';
import { decidePod, type Pod, runningStatus } from './decide-pod.ts';
import type { KubeletIdentity } from './identity.ts';
import {
  allocatableOf,
  conditionsOf,
  type KubeletFacts,
  type NodeCondition,
  networkNotReady,
  nodeObject,
  nodeStatus,
} from './node-object.ts';

/** A kubelet that runs pods in name alone (ADR 12). */
export interface KubeletOptions {
  readonly facts: KubeletFacts;
  readonly identity: KubeletIdentity;
  /** Certificate of the Kubernetes authority, PEM. */
  readonly authority: string;
  /** `https://host:port` of the API servers, asked anew before each connection: a load balancer's addresses change. */
  readonly servers: () => readonly string[];
  readonly clock: Clock;
  readonly console: Console;
  /** Aborted when the machine ends: nothing is said any more, as after SIGKILL. */
  readonly signal: AbortSignal;
  /** Conditions that replace what it would report, by type; for tests. */
  readonly conditions?: () => Readonly<Record<string, NodeCondition>>;
  /** Called once the node is registered and ready for the first time. */
  readonly onReady?: () => void | Promise<void>;
}

/** Kubelet's own figures: its lease is renewed every ten seconds and holds for forty, its status is said anew every five minutes. */
const leaseIntervalMilliseconds = 10_000;
const leaseDurationSeconds = 40;
const statusIntervalMilliseconds = 300_000;
/** A real kubelet watches; a second is soon enough for pods that run in name alone. */
const podIntervalMilliseconds = 1_000;
const retryMilliseconds = 1_000;

interface Node extends KubernetesObject {
  readonly spec?: { readonly podCIDR?: string };
}

/** Network plugins whose pods make a node ready, by the name that Trivet's add-ons give them. */
const networkPlugins = ['flannel', 'aws-vpc-cni'];

/** Plays a kubelet until the machine ends. Rejects with the signal's reason. */
export async function runKubelet(options: KubeletOptions): Promise<never> {
  const { clock, console, signal } = options;
  for (let last = ''; ; ) {
    signal.throwIfAborted();
    const kubelet = new Kubelet(options);
    try {
      await kubelet.run();
    } catch (error) {
      signal.throwIfAborted();
      const failure = error instanceof Error ? error.message : String(error);
      if (failure !== last) console.say(`kubelet: ${failure}`);
      last = failure;
    } finally {
      kubelet.close();
    }
    await clock.sleep(retryMilliseconds, signal);
  }
}

class Kubelet {
  private readonly options: KubeletOptions;
  private readonly client: KubernetesClient;
  private readonly path: string;
  private said = '';
  private saidAt = 0;
  private leasedAt = 0;
  private networkReady = false;
  private wasReady = false;
  private nextHost = 2;

  constructor(options: KubeletOptions) {
    this.options = options;
    const { authority, facts, identity, servers } = options;
    this.client = createKubernetesClient({
      endpoints: servers(),
      ca: authority,
      cert: identity.certificate,
      key: identity.key,
    });
    this.path = pathOf({ apiVersion: 'v1', kind: 'Node', name: facts.instanceId });
  }

  close(): void {
    this.client.close();
  }

  /** Registers, then heartbeats and looks after pods. Rejects when an API server cannot be reached. */
  async run(): Promise<never> {
    const { clock, signal } = this.options;
    this.networkReady = await this.isStandIn();
    await this.register();
    for (;;) {
      await this.renewLease();
      await this.tendPods();
      await this.sayStatus();
      await clock.sleep(podIntervalMilliseconds, signal);
    }
  }

  /** A stand-in for the API runs no pods, so that no network plugin ever comes: nothing needs its network either. */
  private async isStandIn(): Promise<boolean> {
    const version = await this.client.get<{ gitVersion?: string }>('/version', this.options.signal);
    return isStandIn(version?.gitVersion ?? '');
  }

  private async register(): Promise<void> {
    const { console, facts, signal } = this.options;
    try {
      await this.client.create(
        pathOf({ apiVersion: 'v1', kind: 'Node' }),
        { ...nodeObject(facts), status: this.status() },
        signal,
      );
      console.say(`kubelet: registered node ${facts.instanceId}`);
    } catch (error) {
      if (!(error instanceof KubernetesError) || error.kind !== 'already-exists') throw error;
    }
    await this.sayStatus();
  }

  private status() {
    const { conditions, facts } = this.options;
    const unready = this.networkReady ? undefined : networkNotReady;
    return nodeStatus(facts, conditionsOf(unready, conditions?.()), this.now());
  }

  /** At a change at once, otherwise every five minutes: the lease alone says that the node lives. */
  private async sayStatus(): Promise<void> {
    const { clock, console, facts, onReady, signal } = this.options;
    const status = this.status();
    const said = JSON.stringify(status.conditions.map(({ type, status: value }) => [type, value]));
    const age = clock.now().getTime() - this.saidAt;
    if (said === this.said && age < statusIntervalMilliseconds) return;
    await this.client.patch(`${this.path}/status`, { status }, 'strategic', signal);
    this.said = said;
    this.saidAt = clock.now().getTime();
    const ready = status.conditions.some(({ type, status: value }) => type === 'Ready' && value === 'True');
    if (!ready || this.wasReady) return;
    this.wasReady = true;
    console.say(`kubelet: node ${facts.instanceId} is ready`);
    await onReady?.();
  }

  private async renewLease(): Promise<void> {
    const { clock, facts, signal } = this.options;
    const now = clock.now().getTime();
    if (now - this.leasedAt < leaseIntervalMilliseconds) return;
    const name = facts.instanceId;
    const namespace = 'kube-node-lease';
    const renewTime = new Date(now).toISOString().replace('Z', '000Z');
    const reference = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace };
    const spec = { holderIdentity: name, leaseDurationSeconds, renewTime };
    const path = pathOf({ ...reference, name });
    if (await this.client.get(path, signal)) await this.client.patch(path, { spec }, 'merge', signal);
    else
      await this.client.create(
        pathOf(reference),
        { apiVersion: reference.apiVersion, kind: 'Lease', metadata: { name, namespace }, spec },
        signal,
      );
    this.leasedAt = now;
  }

  private async tendPods(): Promise<void> {
    const { facts, signal } = this.options;
    const pods = await this.client.list<Pod>(
      '/api/v1/pods',
      { fieldSelector: `spec.nodeName=${facts.instanceId}` },
      signal,
    );
    const running = pods.filter(({ status }) => status?.phase === 'Running');
    const allocatable = allocatableOf(facts);
    for (const pod of pods) {
      const decision = decidePod(pod, running, allocatable);
      if (decision.action === 'run') {
        await this.start(pod);
        running.push(pod);
      } else if (decision.action === 'reject') {
        const { message, reason } = decision;
        await this.patchStatus(pod, { phase: 'Failed', reason, message });
      } else if (decision.action === 'remove') await this.remove(pod);
    }
    const plugin = running.find(({ metadata }) =>
      networkPlugins.includes(metadata.labels?.['app.kubernetes.io/name'] ?? ''),
    );
    this.networkReady ||= plugin !== undefined;
  }

  private async start(pod: Pod): Promise<void> {
    const { facts } = this.options;
    // What needs the pods' network waits for it, as a container runtime without a plugin would fail it.
    if (!pod.spec?.hostNetwork && !this.networkReady) return;
    const ip = pod.spec?.hostNetwork ? facts.address : await this.nextAddress();
    await this.patchStatus(pod, runningStatus(pod, facts.address, ip, this.now()));
  }

  private async nextAddress(): Promise<string> {
    const node = await this.client.get<Node>(this.path, this.options.signal);
    const host = this.nextHost;
    this.nextHost = host >= 254 ? 2 : host + 1;
    return (node?.spec?.podCIDR ?? '10.244.255.0/24').replace(/\.\d+\/\d+$/, `.${host}`);
  }

  private async patchStatus(pod: Pod, status: object): Promise<void> {
    const path = `${podPath(pod)}/status`;
    await this.forgiving(() =>
      this.client.patch(path, { metadata: { uid: pod.metadata.uid }, status }, 'merge', this.options.signal),
    );
  }

  private async remove(pod: Pod): Promise<void> {
    const options = { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } };
    await this.forgiving(() => this.client.delete(podPath(pod), options, this.options.signal));
  }

  /** A pod that is gone or another one by now is no failure of the node. */
  private async forgiving(call: () => Promise<unknown>): Promise<void> {
    try {
      await call();
    } catch (error) {
      if (!(error instanceof KubernetesError) || !['not-found', 'conflict'].includes(error.kind)) throw error;
    }
  }

  private now(): string {
    return this.options.clock
      .now()
      .toISOString()
      .replace(/\.\d+Z$/, 'Z');
  }
}

function podPath({ metadata }: Pod): string {
  const { name, namespace = 'default' } = metadata;
  return pathOf({ apiVersion: 'v1', kind: 'Pod', namespace, name });
}
