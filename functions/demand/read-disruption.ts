import { selects } from '../scheduling/labels.ts';
import type { BudgetView } from './contracts.ts';
import { type DisruptionBudget, nameOf, type Pod } from './kubernetes-objects.ts';

const safeToEvict = 'cluster-autoscaler.kubernetes.io/safe-to-evict';
const doNotDisrupt = 'karpenter.sh/do-not-disrupt';

/** Goes with its node: a DaemonSet's pod, or one of the node's own files. Pure. */
export function isResident({ metadata }: Pod): boolean {
  return isMirror(metadata.annotations) || controllerOf(metadata)?.kind === 'DaemonSet';
}

/** Is done and holds nothing of its node any more. Pure. */
export function isFinished({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

/**
 * The scheduler has looked at it and found no place. One that it has not looked at yet is none of ours, nor is one for which it has others make
 * room. Pure.
 */
export function isUnschedulable({ spec, status, metadata }: Pod): boolean {
  if (spec?.nodeName || status?.nominatedNodeName || metadata.deletionTimestamp !== undefined) return false;
  return (status?.conditions ?? []).some(
    ({ type, status: said, reason }) =>
      type === 'PodScheduled' && said === 'False' && reason === 'Unschedulable',
  );
}

/** What a budget allows now. Pure. */
export function readBudget(budget: DisruptionBudget): BudgetView {
  return { name: nameOf(budget), disruptionsAllowed: budget.status?.disruptionsAllowed ?? 0 };
}

/**
 * Why a pod's node must stay, as the peers judge it (reference worker-lifecycle §1g); undefined where it may be moved, goes with its node, or
 * is on its way out. `budgets`: those of all namespaces. Pure.
 */
export function staysBecause(pod: Pod, budgets: readonly DisruptionBudget[]): string | undefined {
  const { metadata, spec = {} } = pod;
  const { annotations = {}, labels = {}, namespace = 'default' } = metadata;
  if (isResident(pod) || metadata.deletionTimestamp !== undefined) return undefined;
  const name = nameOf(pod);
  if (annotations[safeToEvict] === 'false') return `${name} says that it is not safe to evict`;
  if (annotations[doNotDisrupt] === 'true') return `${name} asks not to be disrupted`;
  const guarding = budgets.filter(
    (one) => (one.metadata.namespace ?? 'default') === namespace && selects(one.spec?.selector, labels),
  );
  const spent = guarding.find((one) => readBudget(one).disruptionsAllowed < 1);
  if (spent) return `${name} is guarded by ${nameOf(spent)}, which allows no disruption now`;
  // The eviction API refuses a pod that more than one budget guards.
  if (guarding.length > 1) return `${name} is guarded by ${guarding.map(nameOf).join(' and ')} at once`;
  if (annotations[safeToEvict] === 'true') return undefined;
  if (!controllerOf(metadata)) return `${name} has no controller that would make it anew`;
  const local = (spec.volumes ?? []).find(
    ({ emptyDir, hostPath }) => hostPath || (emptyDir && emptyDir.medium !== 'Memory'),
  );
  return local && `${name} has data on its node, in ${local.name}`;
}

function controllerOf({ ownerReferences = [] }: Pod['metadata']) {
  return ownerReferences.find(({ controller }) => controller === true);
}

function isMirror(annotations: Readonly<Record<string, string>> = {}): boolean {
  return annotations['kubernetes.io/config.mirror'] !== undefined;
}
