import { setTimeout as sleep } from 'node:timers/promises';
import { makeRegistry } from '../../functions/aws/registry.ts';
import { readDecisions, renderDecision } from '../decisions.ts';
import { CommandError, type Output } from '../output.ts';
import type { Target } from '../target.ts';

export interface EventsFlags {
  readonly follow?: boolean;
  /** `30m`, `2h`, `3d`. */
  readonly since: string;
}

const unitMilliseconds: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
/** Lines may come into the log a little late, and out of order. */
const lateMilliseconds = 60_000;

/** `trivet events CLUSTER`: what was decided and done, and why; with `--follow` until Ctrl-C, and with `--json` one object a line. */
export async function showEvents(
  target: Target,
  cluster: string,
  { follow = false, since }: EventsFlags,
  output: Output,
): Promise<number> {
  const begins = sinceOf(since, new Date());
  await requireCluster(target, cluster);
  const told = new Set<string>();
  let from = begins;
  for (;;) {
    const decisions = await readDecisions(target, cluster, { since: from });
    for (const decision of decisions) {
      if (told.has(decision.id)) continue;
      told.add(decision.id);
      if (output.json) output.result(decision);
      else output.say(renderDecision(decision));
    }
    if (!follow) {
      if (told.size === 0)
        output.say(`nothing was decided or done in ${cluster} since ${begins.toISOString()}.`);
      return 0;
    }
    from = new Date(Math.max(begins.getTime(), Date.now() - lateMilliseconds));
    await sleep(target.endpoint === undefined ? 3_000 : 500);
  }
}

/** The time so long ago. Throws CommandError for what is no such length. */
export function sinceOf(text: string, now: Date): Date {
  const [, count = '', unit = ''] = /^([1-9][0-9]{0,4})([mhd])$/.exec(text) ?? [];
  const milliseconds = unitMilliseconds[unit];
  if (milliseconds === undefined)
    throw new CommandError(
      `--since ${text}: write a number of minutes, hours or days, such as 30m, 2h or 3d.`,
    );
  return new Date(now.getTime() - Number(count) * milliseconds);
}

/** A cluster that was retired has no record any more, and its log all the same. */
async function requireCluster(target: Target, cluster: string): Promise<void> {
  const names = await makeRegistry(target.config).listClusters();
  if (names.includes(cluster)) return;
  const past = await readDecisions(target, cluster, { since: new Date(Date.now() - 30 * 86_400_000) });
  if (past.length === 0)
    throw new CommandError(`there is no cluster ${cluster}; there are: ${names.join(', ') || 'none'}.`);
}
