import { poolLabel } from '../../node/worker/protocol.ts';
import { meetsOne, repellingTaint } from '../scheduling/labels.ts';
import { type Amounts, type Labels, type PodShape, type Taint, zoneKey } from '../scheduling/model.ts';
import type { ConditionView, WorkerNode, WorkerPod } from './contracts.ts';
import type { Node } from './kubernetes-objects.ts';
import { readAmounts, sumAmounts } from './read-requests.ts';

/** A pool's node; undefined for one of no pool. Pure. Throws RangeError for a quantity that is none. */
export function readNode(node: Node, pods: readonly WorkerPod[]): WorkerNode | undefined {
  const { metadata, spec = {}, status = {} } = node;
  const { annotations = {}, labels = {} } = metadata;
  const pool = labels[poolLabel];
  if (pool === undefined) return undefined;
  const zone = labels[zoneKey];
  const staysBecause = nodeStaysBecause(annotations);
  return {
    name: metadata.name,
    pool,
    ...(zone !== undefined && { zone }),
    createdAt: metadata.creationTimestamp ?? '',
    unschedulable: spec.unschedulable ?? false,
    labels,
    taints: (spec.taints ?? []).map(({ effect, key, value }) => ({
      key,
      ...(value !== undefined && { value }),
      effect,
    })),
    allocatable: readAmounts(status.allocatable),
    conditions: (status.conditions ?? []).map(
      ({ type, status: said, lastTransitionTime = '', reason }): ConditionView => ({
        type,
        status: said === 'True' || said === 'False' ? said : 'Unknown',
        since: lastTransitionTime,
        ...(reason !== undefined && { reason }),
      }),
    ),
    ...(staysBecause !== undefined && { staysBecause }),
    pods,
  };
}

function nodeStaysBecause(annotations: Labels): string | undefined {
  const keys = ['cluster-autoscaler.kubernetes.io/scale-down-disabled', 'karpenter.sh/do-not-disrupt'];
  const key = keys.find((one) => annotations[one] === 'true');
  return key && `its annotation ${key} says so`;
}

/** Taints that the DaemonSet controller has its pods tolerate, and those that a fresh node loses once it is up. */
const passing = /^(node\.kubernetes\.io|node\.cloudprovider\.kubernetes\.io)\//;

/** Whether a DaemonSet's pods run on a node with these labels and taints. Pure. */
export function runsOn(
  { nodeTerms, tolerations }: PodShape,
  { labels, taints }: { readonly labels: Labels; readonly taints: readonly Taint[] },
): boolean {
  const lasting = taints.filter(({ key }) => !passing.test(key));
  return meetsOne(labels, nodeTerms) && repellingTaint(lasting, tolerations) === undefined;
}

/** What DaemonSets take of a fresh node with these labels and taints, `pods` among it. Pure. */
export function daemonSetOverhead(
  daemonSets: readonly PodShape[],
  node: { readonly labels: Labels; readonly taints: readonly Taint[] },
): Amounts {
  const running = daemonSets.filter((shape) => runsOn(shape, node));
  return sumAmounts([...running.map(({ requests }) => requests), { pods: running.length }]);
}
