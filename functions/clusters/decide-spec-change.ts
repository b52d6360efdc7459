import type { PlannedChange, Problem } from './contracts.ts';
import type { ClusterSpec } from './spec-schema.ts';

/** Fields that cannot change on a living cluster: why, and what to do instead. */
const unsafe: Readonly<Record<string, { readonly reason: string; readonly fix: string }>> = {
  zones: {
    reason: 'slots would have to move or quorum would change',
    fix: 'keep the zones; move-slot will move one slot at a time, and cannot yet',
  },
  kubernetesVersion: {
    reason: 'nodes are upgraded one at a time, with checks between',
    fix: 'keep the version; upgrade-cluster will do it, and cannot yet',
  },
  'controlPlane.etcd.version': {
    reason: 'members are upgraded one at a time, with checks between',
    fix: 'keep the version; upgrade-cluster will do it, and cannot yet',
  },
  'network.podCidr': {
    reason: 'every pod and node carries addresses of it',
    fix: 'keep it, or provision a new cluster',
  },
  'network.serviceCidr': {
    reason: 'services and certificates carry addresses of it',
    fix: 'keep it, or provision a new cluster',
  },
  'network.cni': {
    reason: 'every running pod has its address from the present one, and two of them do not reach each other',
    fix: 'keep it, or provision a new cluster',
  },
  'api.access': {
    reason: 'the load balancer’s scheme is fixed, and its name is in certificates and kubeconfigs',
    fix: 'keep it, or provision a new cluster',
  },
};

/**
 * What a changed spec asks for: changes that converge safely, and refusals of those that do not, each with its reason and the fix.
 * Fields are named in full, lists are compared as a whole.
 */
export function decideSpecChange(
  before: ClusterSpec,
  after: ClusterSpec,
): { readonly changes: PlannedChange[]; readonly refusals: Problem[] } {
  const changes: PlannedChange[] = [];
  const refusals: Problem[] = [];
  for (const { path, from, to } of differences(normal(before), normal(after))) {
    const rule = unsafe[path];
    if (rule) refusals.push({ path, problem: `${from} → ${to}: ${rule.reason}`, fix: rule.fix });
    else changes.push({ resource: 'spec', change: 'update', reason: `${path}: ${from} → ${to}` });
  }
  refusals.push(...lostPlaces(before, after));
  const size = before.controlPlane.etcd.volume.sizeGibibytes;
  const wanted = after.controlPlane.etcd.volume.sizeGibibytes;
  if (wanted < size)
    refusals.push({
      path: 'controlPlane.etcd.volume.sizeGibibytes',
      problem: `${size} → ${wanted}: a volume cannot shrink`,
      fix: `keep ${size} or more`,
    });
  return { changes, refusals };
}

/** A pool, or a zone of one, that is wanted no more: its workers would have to be drained first. */
function lostPlaces(before: ClusterSpec, after: ClusterSpec): Problem[] {
  return before.pools.flatMap(({ name, zones }) => {
    const kept = after.pools.findIndex((pool) => pool.name === name);
    const fix = 'keep it with min and max 0; removal comes with draining, and cannot yet';
    if (kept === -1) return [{ path: 'pools', problem: `pool ${name} is gone: its workers would stay`, fix }];
    const lost = zones.filter((zone) => !after.pools[kept]?.zones.includes(zone));
    return lost.map((zone) => ({
      path: `pools[${kept}].zones`,
      problem: `zone ${zone} of pool ${name} is gone: its workers would stay`,
      fix: 'keep the zone; removal comes with draining, and cannot yet',
    }));
  });
}

/** The order of zones means nothing. */
function normal(spec: ClusterSpec): ClusterSpec {
  return { ...spec, zones: [...spec.zones].sort() };
}

interface Difference {
  readonly path: string;
  readonly from: string;
  readonly to: string;
}

function differences(before: unknown, after: unknown, path = ''): Difference[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  if (isMapping(before) && isMapping(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => differences(before[key], after[key], path === '' ? key : `${path}.${key}`));
  }
  return [{ path, from: show(before), to: show(after) }];
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Long lists are counted, so that a plan stays readable. */
function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value) && value.some((entry) => typeof entry === 'object'))
    return `${value.length} ${value.length === 1 ? 'entry' : 'entries'}`;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
