import type { LaunchRecord, ScalingRecord } from '../../functions/aws/registry.ts';
import { renderLaunch, renderUnplaced } from '../scaling.ts';

type Unplaced = NonNullable<ScalingRecord['decided']>['leftOut'][number];

/** What plans have said since a load was applied, as `npm start -- --load FILE --json` reports it. */
export interface PlansSeen {
  /** Workers that were asked for, and why, the earliest first. */
  readonly launches: readonly LaunchRecord[];
  /** Pods that the latest plan had no place for, and why. */
  readonly unplaced: readonly Unplaced[];
}

export interface PlanWatch {
  /** What is new in the record since the last look, as lines for a person. */
  look(record: ScalingRecord | undefined): string[];
  seen(): PlansSeen;
}

/** Watches the plans that a registry remembers; what is in `before` is of an earlier time. */
export function watchPlans(before: ScalingRecord | undefined): PlanWatch {
  const known = new Set((before?.launches ?? []).map(keyOf));
  const launches: LaunchRecord[] = [];
  let decidedAt = before?.decided?.at;
  let unplaced: readonly Unplaced[] = [];
  return {
    look(record) {
      const fresh = (record?.launches ?? []).filter((launch) => !known.has(keyOf(launch))).toReversed();
      for (const launch of fresh) known.add(keyOf(launch));
      launches.push(...fresh);
      const lines = fresh.map((launch) => `  planned: ${renderLaunch(launch)}`);
      const { at, leftOut = [] } = record?.decided ?? {};
      if (at === decidedAt) return lines;
      const told = new Set(renderUnplaced(unplaced));
      decidedAt = at;
      unplaced = leftOut;
      const news = renderUnplaced(leftOut).filter((line) => !told.has(line));
      return [...lines, ...news.map((line) => `  planned: ${line}`)];
    },
    seen: () => ({ launches: [...launches], unplaced }),
  };
}

function keyOf({ instanceType, observedAt, pool, zone }: LaunchRecord): string {
  return [observedAt, pool, zone, instanceType].join(' ');
}
