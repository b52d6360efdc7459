import type { ReplacementDecision, ReplacementTarget } from './contracts.ts';
import type { OwnSlot, ReplacementSeen, Wish } from './decide-replacement.ts';

/**
 * What is left to do once the instance goes: the cluster's lease is given back at once, so that other slots' losses are attended to; the
 * group may launch again when network interface and volume are free, and with that the slot is the sweep's, whose replace-etcd-member brings
 * the member back. Then nothing is held any more, and it is only looked. Pure.
 */
export function decideReturn(
  seen: ReplacementSeen,
  own: OwnSlot,
  { guard, target }: Wish & { readonly target: ReplacementTarget },
): ReplacementDecision {
  const { instance, slot } = own;
  if (guard === 'cluster') return { action: 'let-go', reason: `${target.instanceId} is on its way out` };
  if (guard === 'slot') {
    const held = instance ? undefined : holding(seen, slot);
    if (held !== undefined) return { action: 'wait', reason: held };
    return { action: 'resume', reason: `network interface and volume of slot ${slot} are free` };
  }
  const { leftAlone } = seen.observation;
  const wait = (reason: string): ReplacementDecision => ({
    action: 'wait',
    reason: leftAlone === undefined ? reason : `${reason}; ${leftAlone}`,
  });
  if (!instance) return wait(`the group of slot ${slot} has not launched an instance yet`);
  return verify(seen, own, target, wait);
}

/** Who still has what the next instance needs. A volume that is lost is waited for by nobody: the slot's decision says what follows. */
function holding({ observation }: ReplacementSeen, slot: string): string | undefined {
  const { networkInterfaceHolder, volume } = observation;
  if (networkInterfaceHolder !== undefined)
    return `${networkInterfaceHolder} still holds the network interface of slot ${slot}`;
  if (volume.status === 'available' || volume.status === 'lost') return undefined;
  return `the volume of slot ${slot} is still ${volume.status}${volume.holder ? ` by ${volume.holder}` : ''}`;
}

/** Done means: the registry has it on its new instance, the same member is a healthy voter, and its API server is ready. */
function verify(
  { etcd, kubernetes }: ReplacementSeen,
  { instance, recordedInstanceId, slot, verdict }: OwnSlot,
  target: ReplacementTarget,
  wait: (reason: string) => ReplacementDecision,
): ReplacementDecision {
  const instanceId = instance?.instanceId;
  if (verdict && Date.parse(verdict.at) >= Date.parse(target.since))
    return { action: 'held', reason: `slot ${slot} is held: ${verdict.reason}` };
  const member = etcd.members.find((one) => one.slot === slot);
  if (recordedInstanceId !== instanceId)
    return wait(`the member of slot ${slot} is not back on ${instanceId} yet: ${instance?.lifecycleState}`);
  if (!member?.healthy || !member.voter)
    return wait(`the member of slot ${slot} is not healthy: ${member?.reason ?? 'it is no voter'}`);
  if (target.memberId !== undefined && member.memberId !== target.memberId)
    return {
      action: 'held',
      reason: `slot ${slot} came back as member ${member.memberId}, and was ${target.memberId}`,
    };
  const apiServer = kubernetes.apiServers.find((one) => one.slot === slot);
  if (!apiServer?.ready)
    return wait(`the API server of slot ${slot} is not ready: ${apiServer?.reason ?? 'it was not asked'}`);
  return {
    action: 'finish',
    reason: `${instanceId} is in the place of ${target.instanceId}: member ${member.memberId} is a healthy voter, its API server is ready`,
  };
}
