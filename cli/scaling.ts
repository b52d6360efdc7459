import type { ScalingRecord } from '../functions/aws/registry.ts';
import type { PlannedWorkers } from '../functions/scaling/contracts.ts';

/** What plans of workers say, as `trivet status --json` gives it. */
export interface ScalingStatus {
  /** The latest plan; absent before there is any. */
  readonly decided?: NonNullable<ScalingRecord['decided']>;
  /** What plans have asked for lately, newest first. */
  readonly launches: NonNullable<ScalingRecord['launches']>;
}

/** A screen is short, and `--json` has them all. */
const launchesShown = 5;

/** What the registry remembers of plans. Pure. */
export function summarizeScaling(record: ScalingRecord | undefined): ScalingStatus {
  return { ...(record?.decided && { decided: record.decided }), launches: record?.launches ?? [] };
}

/** The same for a person. Pure. */
export function renderScaling({ decided, launches }: ScalingStatus): string[] {
  if (!decided) return [];
  return [
    `scaling: ${decided.at} ${decided.reason}`,
    ...renderUnplaced(decided.leftOut).map((line) => `  ${line}`),
    ...launches
      .slice(0, launchesShown)
      .map((one) => `  asked for ${one.observedAt}: ${renderLaunch(one)}: ${one.reason}`),
  ];
}

/** Pods that no plan has a place for, one line for each kind. Pure. */
export function renderUnplaced(leftOut: NonNullable<ScalingRecord['decided']>['leftOut']): string[] {
  return leftOut.map(({ first, pods, reason }) => {
    const others = pods > 1 ? ` and ${pods - 1} more like it` : '';
    return `no worker could take ${first}${others}: ${reason}`;
  });
}

/** Workers that a plan has asked for. Pure. */
export function renderLaunch({ instanceType, pods, pool, workers, zone }: PlannedWorkers): string {
  const what = `${workers} ${workers === 1 ? 'worker' : 'workers'} of pool ${pool}`;
  return `${what} in ${zone} (${instanceType}) for ${pods} ${pods === 1 ? 'pod' : 'pods'}`;
}
