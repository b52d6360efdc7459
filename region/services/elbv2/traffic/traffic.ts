import type { ElbState, Listener, LoadBalancer } from '../load-balancer.ts';
import type { Target } from '../target-group.ts';
import { type Front, openFront } from './front.ts';
import { answeringZones, eligibleTargets } from './route.ts';

/** The data path of all load balancers: a listening socket per listener and zone, at the address of the interface there. */
export interface Traffic {
  /** Opens and closes sockets as load balancers and listeners now want it; resolves once that is done, or has failed for a reason. */
  reconcile(): Promise<void>;
  /** Why a load balancer does not listen where it should. */
  problemOf(balancer: LoadBalancer): string | undefined;
  /** Resets all connections to a target. */
  endConnections(target: Target): void;
  /** What the DNS name of a load balancer resolves to: addresses in zones with healthy targets, or all. Empty for an unknown name. */
  resolve(dnsName: string): readonly string[];
  /** Closes everything, for good. */
  stop(): Promise<void>;
}

/** What one socket is to do. */
interface Wanted {
  readonly balancer: LoadBalancer;
  readonly listener: Listener;
  readonly zone: string;
  readonly address: string;
  readonly port: number;
}

interface Problem {
  readonly balancer: LoadBalancer;
  readonly reason: string;
}

/** The data path over what ELB knows; nothing listens until `reconcile`. */
export function createTraffic(state: ElbState): Traffic {
  const { kernel } = state;
  const fronts = new Map<string, Front>();
  const problems = new Map<string, Problem>();
  let stopped = false;
  let cancelRetry = (): void => {};
  let last: Promise<void> = Promise.resolve();

  const open = async (key: string, wanted: Wanted): Promise<void> => {
    const { address, balancer, port } = wanted;
    const where = `${address}:${port}`;
    try {
      fronts.set(key, await openFront({ address, port, choose: inTurn(state, wanted), log: kernel.log }));
      problems.delete(key);
      kernel.log(`elbv2: load balancer ${balancer.name} listens at ${where}`);
    } catch (error) {
      const reason = `it cannot listen at ${where}: ${error instanceof Error ? error.message : error}`;
      if (problems.get(key)?.reason !== reason)
        kernel.log(`elbv2: LOAD BALANCER ${balancer.name} FAILED: ${reason}`);
      problems.set(key, { balancer, reason });
    }
  };

  const pass = async (): Promise<void> => {
    cancelRetry();
    const wanted = stopped ? new Map<string, Wanted>() : wantedFronts(state);
    const unwanted = [...fronts].filter(([key]) => !wanted.has(key));
    for (const [key] of unwanted) fronts.delete(key);
    for (const key of problems.keys()) if (!wanted.has(key)) problems.delete(key);
    await Promise.all(unwanted.map(([, front]) => front.close()));
    const missing = [...wanted].filter(([key]) => !fronts.has(key));
    await Promise.all(missing.map(([key, one]) => open(key, one)));
    if (problems.size > 0)
      cancelRetry = kernel.clock.after(kernel.delays.targetHealthInterval, () => void reconcile());
  };

  /** One pass after the other: each sees what the one before has done. */
  const reconcile = (): Promise<void> => {
    last = last.then(pass, pass);
    return last;
  };

  return {
    reconcile,
    problemOf: (balancer) => [...problems.values()].find((one) => one.balancer === balancer)?.reason,
    endConnections: (target) => {
      for (const front of fronts.values()) front.endConnections(target);
    },
    resolve: (dnsName) => resolve(state, dnsName),
    stop: () => {
      stopped = true;
      return reconcile();
    },
  };
}

function listenersOf({ listeners }: ElbState, balancer: LoadBalancer): Listener[] {
  return [...listeners.values()].filter((one) => one.loadBalancerArn === balancer.arn);
}

function wantedFronts(state: ElbState): Map<string, Wanted> {
  const wanted = new Map<string, Wanted>();
  for (const balancer of state.loadBalancers.values()) {
    if (!balancer.provisioned) continue;
    for (const listener of listenersOf(state, balancer))
      for (const { subnetId, zone } of balancer.placements) {
        const address = balancer.addresses.get(subnetId);
        const { port } = listener;
        if (address !== undefined)
          wanted.set(`${listener.arn} ${address}:${port}`, { balancer, listener, zone, address, port });
      }
  }
  return wanted;
}

/** Eligible targets one after the other, as the listener's target group has them at that moment. */
function inTurn({ targetGroups }: ElbState, { balancer, listener, zone }: Wanted): () => Target | undefined {
  let turn = 0;
  return () => {
    const group = targetGroups.get(listener.targetGroupArn);
    const eligible = group === undefined ? [] : eligibleTargets(balancer, group, zone);
    turn += 1;
    return eligible[turn % eligible.length];
  };
}

function resolve(state: ElbState, dnsName: string): readonly string[] {
  const balancer = [...state.loadBalancers.values()].find((one) => one.dnsName === dnsName);
  if (balancer === undefined) return [];
  const groups = listenersOf(state, balancer).flatMap(
    (listener) => state.targetGroups.get(listener.targetGroupArn) ?? [],
  );
  const zones = answeringZones(balancer, groups);
  return balancer.placements.flatMap(({ subnetId, zone }) => {
    const address = balancer.addresses.get(subnetId);
    return address !== undefined && zones.includes(zone) ? [address] : [];
  });
}
