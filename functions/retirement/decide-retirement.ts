import type { Remnant, RemnantKind, RetirementDecision } from './contracts.ts';

/** Everything that the next step of a retirement is decided from. */
export interface RetirementObservation {
  readonly cluster: string;
  /** What the person who asked has typed as the name. */
  readonly confirm: string;
  /** Whether the execution has the cluster's lease. */
  readonly leased: boolean;
  /** Of the registry's record, where there is one. */
  readonly record?: { readonly retirement?: { readonly startedAt: string; readonly keepVolumes: boolean } };
  /** What is asked for now; undefined: as it was begun. */
  readonly keepVolumes: boolean | undefined;
  readonly remnants: readonly Remnant[];
  /** Executions of other workflows that run for the cluster. */
  readonly running: readonly string[];
}

export interface RetirementPolicy {
  /** So long what already runs for the cluster may come to its end before its ground is taken away. */
  readonly courtesySeconds: number;
  /** So long after the beginning a task that had looked before may still write something (design §5, Leases). */
  readonly quietSeconds: number;
}

/** For so long an execution that has seen the mark is given its next look. */
export const courtesySeconds = 120;

/** At most so many are deleted by one task: each goes by a call or two, and the task's time is limited. */
const idsMax = 50;

/**
 * The next step of a retirement, first match wins. Pure. The order is AWS's: groups before their instances, instances before what they hold,
 * the load balancer before its target group, security groups after all that has them; keys and records last, so that a run that dies can
 * be taken up. Nobody drains: all pods of the cluster go.
 */
export function decideRetirement(
  observation: RetirementObservation,
  policy: RetirementPolicy,
  now: Date,
): RetirementDecision {
  return (
    decideOnRequest(observation) ??
    decideOnOthers(observation, policy, now) ??
    decideOnMachines(observation) ??
    decideOnParts(observation) ??
    decideOnRecords(observation, policy, now)
  );
}

/** What becomes of the volumes: what is asked for now, else as the retirement was begun. Pure. */
export function keepsVolumes({
  keepVolumes,
  record,
}: Pick<RetirementObservation, 'keepVolumes' | 'record'>): boolean {
  return keepVolumes ?? record?.retirement?.keepVolumes ?? false;
}

function decideOnRequest(observation: RetirementObservation): RetirementDecision | undefined {
  const { cluster, confirm, leased, record, remnants } = observation;
  if (confirm !== cluster)
    return step('refuse', `confirm is "${confirm}", and has to be the cluster’s name again: "${cluster}"`);
  if (remnants.length === 0)
    return step('none', `there is no cluster ${cluster}, and nothing is left of one`);
  const { retirement } = record ?? {};
  const keep = keepsVolumes(observation);
  if (record && !retirement) return step('begin', `${cluster} has ${remnants.length} things to delete`);
  if (retirement && retirement.keepVolumes !== keep)
    return step('begin', `its volumes are to be ${keep ? 'kept' : 'deleted'}, other than when it was begun`);
  if (!leased) return step('begin', `${remnants.length} things are left of ${cluster}`);
  return undefined;
}

/** Everything else has seen the mark by its next look: it ends by itself, and is given the time for that look. */
function decideOnOthers(
  { record, running }: RetirementObservation,
  policy: RetirementPolicy,
  now: Date,
): RetirementDecision | undefined {
  const startedAt = record?.retirement?.startedAt;
  if (running.length === 0 || startedAt === undefined) return undefined;
  if (now.getTime() - Date.parse(startedAt) >= policy.courtesySeconds * 1000) return undefined;
  return step('wait', `still at work for the cluster: ${some(running)}`);
}

/** Groups, so that nothing is launched any more, and the load balancer, which needs nobody; then instances. */
function decideOnMachines({ remnants }: RetirementObservation): RetirementDecision | undefined {
  const of = (kind: RemnantKind) => remnants.filter((one) => one.kind === kind);
  const groups = of('Auto Scaling group');
  const present = groups.filter(({ state }) => state === undefined);
  if (present.length > 0) return deleting('delete-groups', present, 'their instances go with them');
  if (of('load balancer').length > 0)
    return deleting('delete-load-balancers', of('load balancer'), 'nobody is to reach the API any more');
  if (of('target group').length > 0)
    return deleting('delete-target-groups', of('target group'), 'no load balancer sends to it any more');
  const instances = of('instance');
  const loose = instances.filter(({ heldBy, state }) => heldBy === undefined && state !== 'shutting-down');
  if (loose.length > 0) return deleting('terminate-instances', loose, 'no group has them');
  const ending = [...groups, ...instances];
  return ending.length > 0 ? waitFor(ending) : undefined;
}

/** What instances were made of and held. */
function decideOnParts(observation: RetirementObservation): RetirementDecision | undefined {
  const { remnants } = observation;
  const of = (...kinds: RemnantKind[]) => remnants.filter(({ kind }) => kinds.includes(kind));
  const nobody = 'no instance is left that has it';
  if (of('launch template').length > 0)
    return deleting('delete-launch-templates', of('launch template'), 'no group launches by it any more');
  if (of('instance profile', 'role').length > 0)
    return deleting('delete-roles', of('instance profile', 'role'), nobody);
  if (of('identity provider').length > 0)
    return deleting('delete-identity-providers', of('identity provider'), 'no pod is left that has a token');
  const interfaces = of('network interface');
  const free = interfaces.filter(({ state }) => state === 'available');
  if (free.length > 0) return deleting('delete-network-interfaces', free, nobody);
  const volumes = of('volume').filter(isFree);
  if (volumes.length > 0 && keepsVolumes(observation))
    return {
      ...deleting('keep-volumes', volumes, 'they are to be kept'),
      reason: `handed over: ${named(volumes)}`,
    };
  const disks = [...volumes, ...of('root disk').filter(isFree)];
  if (disks.length > 0) return deleting('delete-volumes', disks, nobody);
  const groups = of('security group');
  if (interfaces.length === 0 && groups.length > 0 && groups.every(({ heldBy }) => heldBy === undefined))
    return deleting('delete-security-groups', groups, 'nothing has them any more');
  const left = of('network interface', 'volume', 'root disk', 'security group');
  return left.length > 0 ? waitFor(left) : undefined;
}

/** Objects and records, once nobody can write one again. */
function decideOnRecords(
  { cluster, record, remnants, running }: RetirementObservation,
  policy: RetirementPolicy,
  now: Date,
): RetirementDecision {
  if (running.length > 0) return step('wait', `still at work for the cluster: ${some(running)}`);
  const startedAt = record?.retirement?.startedAt;
  const quietAt = startedAt === undefined ? 0 : Date.parse(startedAt) + policy.quietSeconds * 1000;
  if (now.getTime() < quietAt)
    return step(
      'wait',
      `until ${new Date(quietAt).toISOString()} a task that began before the retirement may still write something`,
    );
  const objects = remnants.filter(({ kind }) => kind === 'objects');
  if (objects.length > 0) return deleting('delete-objects', objects, 'nobody reads them any more');
  const records = remnants.filter(({ kind }) => kind === 'record');
  return {
    action: 'forget-cluster',
    reason: `nothing is left of ${cluster} but its ${records.length} records`,
    ids: [],
  };
}

function isFree({ state }: Remnant): boolean {
  return state === 'available' || state === 'error';
}

function step(action: RetirementDecision['action'], reason: string): RetirementDecision {
  return { action, reason, ids: [] };
}

function deleting(
  action: RetirementDecision['action'],
  remnants: readonly Remnant[],
  why: string,
): RetirementDecision {
  const ids = [...new Set(remnants.map(({ id }) => id))];
  return { action, reason: `${named(remnants)}: ${why}`, ids: ids.slice(0, idsMax) };
}

function waitFor(remnants: readonly Remnant[]): RetirementDecision {
  return step('wait', `AWS still has ${named(remnants)}`);
}

/** How things are told: each with what is known of it, the first few by name. */
function named(remnants: readonly Remnant[]): string {
  return some(
    remnants.map(({ kind, id, state, heldBy, amount }) => {
      const known = [state, heldBy && `held by ${heldBy}`, amount].filter(Boolean).join(', ');
      return `${kind} ${id}${known === '' ? '' : ` (${known})`}`;
    }),
  );
}

function some(texts: readonly string[]): string {
  const more = texts.length > 4 ? ` and ${texts.length - 4} more` : '';
  return `${texts.slice(0, 4).join(', ')}${more}`;
}
