/**
 * Every workflow that changes clusters but retire-cluster itself: what of them runs for a cluster has to end before it is forgotten.
 * run-runbook is not among them: it may be what this one was started by.
 */
export const otherWorkflows: readonly string[] = [
  'provision-cluster',
  'replace-etcd-member',
  'replace-control-plane-node',
  'join-worker',
  'drain-worker',
  'scale-workers',
  'repair-worker',
];

/** The cluster that an execution was started for, by its input; undefined where it names none. Pure. */
export function clusterOfInput(input: unknown): string | undefined {
  if (typeof input !== 'object' || input === null) return undefined;
  const { cluster, spec } = input as { cluster?: unknown; spec?: { name?: unknown } | null };
  if (typeof cluster === 'string') return cluster;
  return typeof spec?.name === 'string' ? spec.name : undefined;
}
