import type { SlotGroups } from '../aws/slot-groups.ts';

/** "When you resume the Launch process, the group immediately replaces": reference aws-etcd-kubeadm-facts §1.5. */
export async function kickLaunch(
  group: string,
  groups: Pick<SlotGroups, 'suspendLaunch' | 'resumeLaunch'>,
  signal: AbortSignal,
): Promise<void> {
  await groups.suspendLaunch(group, signal);
  await groups.resumeLaunch(group, signal);
}
