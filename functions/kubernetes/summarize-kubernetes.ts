import { poolLabel } from '../../node/worker/protocol.ts';
import type { KubernetesHealth, NodeHealth } from './contracts.ts';

/** A slot as Kubernetes is expected on it. */
export interface ExpectedSlot {
  readonly slot: string;
  /** The instance that the registry last saw there: the name of its node. */
  readonly instanceId?: string | undefined;
  /** What the node reports of Kubernetes; absent before its first report. */
  readonly reported?: { readonly state: string; readonly reason?: string | undefined } | undefined;
}

/** What one API server said on `/readyz`. */
export type ApiServerAnswer =
  | { readonly slot: string; readonly ready: true; readonly version?: string | undefined }
  | { readonly slot: string; readonly ready: false; readonly reason: string };

/** The part of a Node that tells its health. */
export interface NodeObject {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly status?: {
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
    readonly nodeInfo?: { readonly kubeletVersion?: string };
  };
}

export interface KubernetesAnswers {
  readonly slots: readonly ExpectedSlot[];
  readonly apiServers: readonly ApiServerAnswer[];
  /** Undefined where no API server gave them. */
  readonly nodes: readonly NodeObject[] | undefined;
}

/** States in which a node has no Kubernetes and will have none by itself (node/files/kubernetes.sh.ts). */
const withoutKubernetes = ['absent', 'refused'];

/**
 * What API servers and nodes say together. Pure. Silence is never health: an API server that did not answer and a node that is not there
 * are not ready, and nodes that could not be asked for are none.
 */
export function summarizeKubernetes(
  cluster: string,
  { slots, apiServers, nodes }: KubernetesAnswers,
  observedAt: string,
): KubernetesHealth {
  const summarized = (nodes ?? []).map((node) => summarizeNode(node, slots));
  const absent =
    slots.length > 0 && slots.every(({ reported }) => withoutKubernetes.includes(reported?.state ?? ''));
  const problem =
    (absent ? absenceOf(slots) : undefined) ??
    apiServerProblem(apiServers) ??
    (nodes ? controlPlaneProblem(slots, summarized) : 'no API server gave the list of nodes');
  const version = apiServers.flatMap((answer) => (answer.ready ? (answer.version ?? []) : []))[0];
  const ready = summarized.filter((node) => node.ready).length;
  return {
    cluster,
    observedAt,
    ready: problem === undefined,
    reason:
      problem ?? `${apiServers.length} API servers and ${ready} of ${summarized.length} nodes are ready`,
    ...(version !== undefined && { version }),
    apiServers: apiServers.map((answer) =>
      answer.ready
        ? { slot: answer.slot, ready: true }
        : { slot: answer.slot, ready: false, reason: answer.reason },
    ),
    nodes: summarized,
    absent,
  };
}

function absenceOf(slots: readonly ExpectedSlot[]): string {
  const told = slots.map(
    ({ slot, reported }) => `${slot}: ${reported?.state} (${reported?.reason ?? 'no reason'})`,
  );
  return `the nodes have no Kubernetes: ${told.join(', ')}`;
}

function apiServerProblem(apiServers: readonly ApiServerAnswer[]): string | undefined {
  const failing = apiServers.flatMap((answer) => (answer.ready ? [] : [`${answer.slot}: ${answer.reason}`]));
  return failing.length > 0 ? `API servers are not ready: ${failing.join(', ')}` : undefined;
}

function controlPlaneProblem(
  slots: readonly ExpectedSlot[],
  nodes: readonly NodeHealth[],
): string | undefined {
  const problems = slots.flatMap(({ slot, instanceId }) => {
    const node = nodes.find(({ name }) => name === instanceId);
    if (!node) return [`${slot}: ${instanceId ?? 'no instance'} is no node yet`];
    return node.ready ? [] : [`${slot}: ${node.name} is not ready (${node.reason})`];
  });
  return problems.length > 0 ? `control-plane nodes: ${problems.join(', ')}` : undefined;
}

function summarizeNode({ metadata, status }: NodeObject, slots: readonly ExpectedSlot[]): NodeHealth {
  const { name, labels = {} } = metadata;
  const slot = slots.find(({ instanceId }) => instanceId === name)?.slot;
  const condition = status?.conditions?.find(({ type }) => type === 'Ready');
  const ready = condition?.status === 'True';
  const pool = labels[poolLabel];
  return {
    name,
    role: slot === undefined && pool !== undefined ? 'worker' : roleOf(slot, labels),
    ...(slot !== undefined && { slot }),
    ...(pool !== undefined && { pool }),
    ready,
    version: (status?.nodeInfo?.kubeletVersion ?? '').replace(/^v/, ''),
    ...(!ready && {
      reason: condition?.message ?? condition?.reason ?? 'its kubelet has not said how it is',
    }),
  };
}

/** A node of a slot's former instance keeps its label until the cloud controller removes it. */
function roleOf(slot: string | undefined, labels: Readonly<Record<string, string>>): NodeHealth['role'] {
  return slot !== undefined || controlPlaneLabel in labels ? 'control-plane' : 'worker';
}

export const controlPlaneLabel = 'node-role.kubernetes.io/control-plane';
