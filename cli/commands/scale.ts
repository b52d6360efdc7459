import type { PersonSizes } from '../../functions/scaling/contracts.ts';
import { runWorkflow } from '../executions.ts';
import { CommandError, type Output, table } from '../output.ts';
import { invokeTask, type Target } from '../target.ts';

export interface ScaleFlags {
  readonly pool: string;
  readonly size: string;
  readonly dryRun?: boolean;
}

interface ScaleRequest {
  readonly cluster: string;
  readonly pool: string;
  readonly size: number;
  readonly dryRun?: boolean;
}

/** The number that was given. Throws CommandError where it is none. */
export function readSize(size: string): number {
  if (/^\d{1,9}$/.test(size)) return Number(size);
  throw new CommandError(`--size ${size} is no whole number of workers.`);
}

/**
 * `trivet scale CLUSTER --pool POOL --size N`: shows what that takes, runs scale-workers and follows it. Exit code 0 when the pool has that
 * size in the end, 1 otherwise. With `dryRun` nothing is changed: 0 where nothing would be, 2 where something would, 1 where it is refused.
 */
export async function scalePool(
  target: Target,
  { cluster, dryRun, pool, size }: ScaleRequest,
  output: Output,
): Promise<number> {
  const request = { cluster, pool, size };
  const plan = await invokeTask<PersonSizes>(target, 'plan-person-sizes', { request });
  for (const line of renderSizes(request, plan)) output.say(line);
  if (dryRun) {
    output.result(plan);
    return plan.action === 'none' ? 0 : 2;
  }
  // Also where nothing is to be done: who runs for the same may be on it still, and is followed.
  const outcome = await runWorkflow(
    target,
    { workflow: 'scale-workers', prefix: `${cluster}-${pool}-${size}`, input: request },
    { output, subject: `${cluster}, pool ${pool}`, describe: describeOutput },
  );
  output.result({ plan, ...outcome });
  return outcome.status === 'SUCCEEDED' ? 0 : 1;
}

function describeOutput(result: unknown): string {
  const { outcome, reason } = (result ?? {}) as { outcome?: string; reason?: string };
  return outcome === 'none' ? `nothing to do: ${reason}.` : `${outcome}: ${reason}.`;
}

/** What a size takes, for a person: a line for each zone, and below it who goes. Pure. */
export function renderSizes(
  { cluster, pool, size }: Omit<ScaleRequest, 'dryRun'>,
  { action, removals, sizes }: PersonSizes,
): string[] {
  const head = `${cluster}, pool ${pool}: ${size} ${size === 1 ? 'worker is' : 'workers are'} asked for`;
  if (action === 'none') return [`${head}; nothing to do.`];
  const zones = table(sizes.map(({ from, to, zone }) => [`zone ${zone}`, `${from} → ${to}`]));
  return [
    `${head}.`,
    ...sizes.flatMap(({ zone }, index) => [
      `  ${zones[index]}`,
      ...removals
        .filter((one) => one.zone === zone)
        .map(({ instanceId, pods }) => `    ${instanceId} is drained and goes; ${podsOf(pods)}`),
    ]),
  ];
}

function podsOf(pods: number | undefined): string {
  if (pods === undefined) return 'its pods were not counted in the latest look';
  if (pods === 0) return 'no pods have to move';
  return pods === 1 ? '1 pod has to move' : `${pods} pods have to move`;
}
