/**
 * Figures that a real node and a machine of the embedded region share: the systemd units are rendered from them, and
 * region/machines/ keeps to them when it plays systemd.
 */

/**
 * When etcd.service comes back after it ended. A removed member ends with 0 (3.4) or 1 (3.5 and later): the first is
 * never restarted, the second at most `burst` times within `intervalSeconds` (reference aws-etcd-kubeadm-facts §7.4).
 */
export const etcdRestart = {
  on: 'on-failure',
  delayMilliseconds: 1_000,
  burst: 5,
  intervalSeconds: 300,
} as const;

/** How often the marker on the volume is brought up to date (design §6). */
export const markerIntervalSeconds = 60;

/** etcd minor versions for which a configuration is rendered; a node whose etcd fits none refuses. */
export const etcdMinors = ['3.4', '3.5', '3.6'] as const;

/** The three numbers' first two, of what `etcd --version` says, when a configuration is rendered for it. */
export function fittingMinor(etcdVersion: string): string | undefined {
  return etcdMinors.find((minor) => etcdVersion.startsWith(`${minor}.`));
}

/** How the kubelet starts a static pod's container again: at once, then after waits that double up to a bound (Kubernetes' own figures). */
export const staticPodRestart = {
  firstMilliseconds: 10_000,
  mostMilliseconds: 300_000,
  /** One that has run for so long begins anew. */
  resetMilliseconds: 600_000,
} as const;

/** The wait before the next start of a static pod's container that has ended `ends` times before this one, ms. */
export function staticPodDelay(ends: number): number {
  const { firstMilliseconds, mostMilliseconds } = staticPodRestart;
  return ends === 0 ? 0 : Math.min(mostMilliseconds, firstMilliseconds * 2 ** (ends - 1));
}
