/** Whether an instance is on its way out of its group, by Auto Scaling's word: it terminates, or is detached. Pure. */
export function isLeaving(lifecycleState: string): boolean {
  return /^(Terminat|Detach)/.test(lifecycleState);
}
