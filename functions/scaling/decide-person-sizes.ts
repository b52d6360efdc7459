import { isLeaving } from '../clusters/lifecycle-state.ts';
import type { PoolSpec } from '../clusters/spec-schema.ts';
import type { PersonDirection, PersonSizes, Removal, SizeChange } from './contracts.ts';
import type { Place } from './places.ts';

/** Why a person's size cannot be, with the fix; undefined where it can. Pure. */
export function refuseSize({ max, min, name }: PoolSpec, size: number): string | undefined {
  if (Number.isInteger(size) && size >= min && size <= max) return undefined;
  return `pool ${name} has ${min} to ${max} workers by its spec and ${size} are asked for: choose a number within, or change min or max of the pool in the spec and provision again`;
}

/** A pool's group in one zone, as a person's request looks at it. */
export interface PersonPlace extends Pick<Place, 'pool' | 'zone' | 'group'> {
  /** Why it is to get no more now. */
  readonly closed?: string;
  /** Its zone has refused instances a short while ago: the others come first. */
  readonly heldBack: boolean;
}

/** What was last seen of a worker's node. */
export interface SeenWorker {
  /** It is drained already, and its group gets smaller with it. */
  readonly going: boolean;
  /** Why it, or a pod on it, should stay. */
  readonly staysBecause?: string;
  /** Without those that go with the node; absent where they were not counted. */
  readonly pods?: number;
  /** ISO 8601. */
  readonly createdAt: string;
}

export interface PersonSizesInput {
  /** The pool's own, in the order of zones. */
  readonly places: readonly PersonPlace[];
  readonly size: number;
  /** What the first look decided; absent: this is the first. */
  readonly direction?: PersonDirection | undefined;
  /** Undefined: there is no node of the instance. */
  readonly seen: (instanceId: string) => SeenWorker | undefined;
}

/** What is to be done; `refuse`: no group can come nearer to what is asked for. */
export type PersonDecision = Omit<PersonSizes, 'action'> & {
  readonly action: PersonSizes['action'] | 'refuse';
};

/**
 * The sizes of a pool's groups for as many workers as a person asks for. Pure. More go to the smallest groups, those whose zone has just refused
 * instances last; too many come from the largest, first what has not been launched yet, then the workers with fewest pods. What is drained
 * already counts as gone. A look after the first never turns round: what others have changed meanwhile is theirs.
 */
export function decidePersonSizes(input: PersonSizesInput): PersonDecision {
  const { places, size } = input;
  const counts = places.map((place) => countOf(place, input));
  const total = counts.reduce((sum, { staying }) => sum + staying, 0);
  const going = counts.some((count) => count.going.length > 0);
  const found = total < size ? 'grow' : total > size || going ? 'shrink' : 'none';
  const direction = input.direction ?? found;
  const sizes = places.map(({ group, zone }) => ({ zone, from: group.desired, to: group.desired }));
  const nothing = { direction, sizes, changes: [], removals: [] };
  const pool = places[0]?.pool.name ?? '';
  if (found === 'none')
    return { ...nothing, action: 'none', reason: `${pool} is to have ${total} workers, as asked` };
  if (found !== direction)
    return {
      ...nothing,
      action: 'none',
      reason: `${pool} is to have ${total} workers by now: others have changed it since`,
    };
  const left = spread(counts, size);
  if (direction === 'grow') return grow(counts, { ...nothing, left, pool, size, total });
  return shrink(counts, { ...nothing, left, pool, size, input });
}

/** A group, and how many workers are left of it. */
interface Count {
  readonly place: PersonPlace;
  /** How many it is to have without those that go already. */
  readonly staying: number;
  readonly going: readonly string[];
  /** So many have not been launched yet. */
  readonly missing: number;
}

function countOf(place: PersonPlace, { seen }: PersonSizesInput): Count {
  const { desired } = place.group;
  const present = presentOf(place).map(({ instanceId }) => instanceId);
  const going = present.filter((instanceId) => seen(instanceId)?.going);
  return {
    place,
    staying: desired - going.length,
    going,
    missing: Math.max(0, desired - present.length),
  };
}

const presentOf = ({ group }: PersonPlace) =>
  group.instances.filter(({ lifecycleState }) => !isLeaving(lifecycleState));

/** How many stay in each group, as near to the size as the groups let it come. */
function spread(counts: readonly Count[], size: number): number[] {
  const left = counts.map(({ staying }) => staying);
  for (let total = left.reduce((sum, one) => sum + one, 0); total !== size; ) {
    const step = total < size ? 1 : -1;
    const [chosen] = counts
      .map((count, index) => ({ count, index, now: left[index] ?? 0 }))
      .filter(({ count, now }) => (step === 1 ? mayGrow(count, now) : now > count.place.group.min))
      .toSorted((one, other) => rankOf(one, step) - rankOf(other, step) || step * (one.now - other.now));
    if (!chosen) break;
    left[chosen.index] = chosen.now + step;
    total += step;
  }
  return left;
}

function mayGrow({ going, place }: Count, now: number): boolean {
  return place.closed === undefined && now + going.length < place.group.max;
}

/** Before the groups' sizes: a zone that has just refused comes last, and what was not launched yet goes first. */
function rankOf({ count, now }: { readonly count: Count; readonly now: number }, step: number): number {
  if (step === 1) return count.place.heldBack ? 1 : 0;
  return count.staying - now < count.missing ? 0 : 1;
}

interface Outline extends Pick<PersonSizes, 'direction' | 'sizes' | 'changes' | 'removals'> {
  readonly left: readonly number[];
  readonly pool: string;
  readonly size: number;
}

function grow(counts: readonly Count[], outline: Outline & { readonly total: number }): PersonDecision {
  const { left, pool, size, total, ...nothing } = outline;
  const changes = counts.flatMap(({ going, place, staying }, index): SizeChange[] => {
    const { group, zone } = place;
    const to = (left[index] ?? staying) + going.length;
    if (to <= group.desired) return [];
    return [{ pool, zone, from: group.desired, to, reason: `a person asks for ${size} in all` }];
  });
  if (changes.length === 0) {
    const closed = counts.map(
      ({ place }) => `zone ${place.zone}: ${place.closed ?? 'its group is at its greatest number'}`,
    );
    const reason = `${pool} is to have ${total} workers, and ${size} are asked for; ${closed.join('; ')}`;
    return { ...nothing, action: 'refuse', reason };
  }
  const sizes = withSizes(counts, (zone, desired) => changes.find((one) => one.zone === zone)?.to ?? desired);
  const words = changes.map(({ from, to, zone }) => `zone ${zone} ${from} → ${to}`);
  return { ...nothing, action: 'resize', changes, sizes, reason: `${pool} grows: ${words.join(', ')}` };
}

function shrink(
  counts: readonly Count[],
  outline: Outline & { readonly input: PersonSizesInput },
): PersonDecision {
  const { input, left, pool, size, ...nothing } = outline;
  const reason = `a person asks for ${size} in all`;
  const parts = counts.map(({ going, missing, place, staying }, index) => {
    const { group, zone } = place;
    const tooMany = staying - (left[index] ?? staying);
    const cancelled = Math.min(missing, tooMany);
    const removals = chooseWorkers(place, input, tooMany - cancelled, going).map(
      (instanceId): Removal => ({ pool, zone, instanceId, reason, ...podsOf(instanceId, input) }),
    );
    const change = { pool, zone, from: group.desired, to: group.desired - cancelled, reason };
    return { zone, to: left[index] ?? staying, removals, changes: cancelled > 0 ? [change] : [] };
  });
  const changes = parts.flatMap((part) => part.changes);
  const removals = parts.flatMap((part) => part.removals);
  if (changes.length + removals.length === 0)
    return {
      ...nothing,
      action: 'refuse',
      reason: `each group of ${pool} is at its least number: provision the cluster again`,
    };
  const sizes = withSizes(counts, (zone, desired) => parts.find((one) => one.zone === zone)?.to ?? desired);
  const words = [
    ...changes.map(({ from, to, zone }) => `zone ${zone} waits for ${from - to} no longer`),
    ...removals.slice(0, 5).map(({ instanceId, zone }) => `${instanceId} in zone ${zone} goes`),
    ...(removals.length > 5 ? [`and ${removals.length - 5} more`] : []),
  ];
  const action = changes.length > 0 ? 'resize' : 'remove';
  return { ...nothing, action, changes, removals, sizes, reason: `${pool} shrinks: ${words.join(', ')}` };
}

function withSizes(counts: readonly Count[], toOf: (zone: string, desired: number) => number) {
  return counts.map(({ place: { group, zone } }) => ({
    zone,
    from: group.desired,
    to: toOf(zone, group.desired),
  }));
}

function podsOf(instanceId: string, { seen }: PersonSizesInput): { pods?: number } {
  const pods = seen(instanceId)?.pods;
  return pods === undefined ? {} : { pods };
}

/** Those that go already, and so many more: who is no node or has nothing to stay for first, then by pods, the youngest first. */
function chooseWorkers(
  place: PersonPlace,
  { seen }: PersonSizesInput,
  count: number,
  going: readonly string[],
): string[] {
  const candidates = presentOf(place)
    .filter(({ instanceId }) => !going.includes(instanceId))
    .map(({ instanceId, lifecycleState }) => ({ instanceId, lifecycleState, node: seen(instanceId) }))
    .toSorted((one, other) => {
      const joining =
        Number(one.lifecycleState !== 'InService') - Number(other.lifecycleState !== 'InService');
      const stays =
        Number(one.node?.staysBecause !== undefined) - Number(other.node?.staysBecause !== undefined);
      const pods = (one.node?.pods ?? 0) - (other.node?.pods ?? 0);
      const age = bornAt(other.node).localeCompare(bornAt(one.node));
      return joining || stays || pods || age || one.instanceId.localeCompare(other.instanceId);
    });
  return [...going, ...candidates.slice(0, count).map(({ instanceId }) => instanceId)];
}

/** What is no node yet is younger than all that are. */
const bornAt = (node: SeenWorker | undefined): string => node?.createdAt ?? '9999';
