import type { KubernetesHealth } from '../kubernetes/contracts.ts';
import type { KubernetesObservation, UnreadySince } from './contracts.ts';
import { isFresh } from './watch-age.ts';

export interface WatchedSlots {
  readonly slots: readonly { readonly slot: string; readonly instanceId?: string }[];
  /** The pods' network is the user's to install, and nodes are not ready before it is: being there is all that is asked of them. */
  readonly ownNetwork: boolean;
}

/**
 * Since when each slot's instance has an API server or a node that is not ready. Pure. The time is kept from look to look for the same
 * instance only, and not across a gap in the watch: what nobody saw is no proof that it lasted.
 */
export function trackUnready(
  previous: KubernetesObservation | undefined,
  health: KubernetesHealth,
  { slots, ownNetwork }: WatchedSlots,
): UnreadySince {
  const known =
    previous && isFresh(previous.observedAt, new Date(health.observedAt)) ? previous.unreadySince : {};
  const unready = slots.flatMap(({ slot, instanceId }) => {
    if (instanceId === undefined || isReady(slot, health, ownNetwork)) return [];
    const before = known[slot];
    const since = before?.instanceId === instanceId ? before.since : health.observedAt;
    return [[slot, { instanceId, since }] as const];
  });
  return Object.fromEntries(unready);
}

function isReady(slot: string, { apiServers, nodes }: KubernetesHealth, ownNetwork: boolean): boolean {
  const apiServer = apiServers.find((one) => one.slot === slot);
  const node = nodes.find((one) => one.slot === slot);
  return apiServer?.ready === true && node !== undefined && (node.ready || ownNetwork);
}
