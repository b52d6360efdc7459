import type { Inventory, RetirementLook } from '../../functions/retirement/contracts.ts';
import { tellCounts } from '../../functions/retirement/take-inventory.ts';
import { runWorkflow } from '../executions.ts';
import type { Outcome } from '../follow.ts';
import { CommandError, type Output, table } from '../output.ts';
import { invokeTask, type Target } from '../target.ts';

export interface RetireFlags {
  /** The cluster's name, typed again. */
  readonly confirm?: string;
  readonly keepVolumes?: boolean;
  readonly dryRun?: boolean;
}

/**
 * `trivet retire CLUSTER`: shows what is there of a cluster and would be deleted; with the name typed again it is, and the workflow is followed.
 * Exit code of a look 0: nothing is left, 2: something is there; of a retirement 0: it succeeded, 1: it did not.
 */
export async function retireCluster(
  target: Target,
  cluster: string,
  flags: RetireFlags,
  output: Output,
): Promise<number> {
  const { confirm, dryRun } = flags;
  if (confirm !== undefined && confirm !== cluster)
    throw new CommandError(`--confirm is "${confirm}": type the cluster’s name again, --confirm ${cluster}.`);
  if (dryRun || confirm === undefined) return showRetirement(target, cluster, flags, output);
  const outcome = await retire(target, cluster, flags, output);
  output.result(outcome);
  return outcome.status === 'SUCCEEDED' ? 0 : 1;
}

/** Starts retire-cluster, or joins the one that runs for the very same, and follows it to its end. */
export function retire(
  target: Target,
  cluster: string,
  { keepVolumes }: RetireFlags,
  output: Output,
  signal?: AbortSignal,
): Promise<Outcome> {
  const request = {
    workflow: 'retire-cluster',
    prefix: `${cluster}-${keepVolumes ? 'keep' : 'all'}`,
    input: { cluster, confirm: cluster, ...(keepVolumes && { keepVolumes }) },
  };
  return runWorkflow(target, request, { output, subject: cluster, describe: describeOutput, signal });
}

function describeOutput(result: unknown): string {
  const { proof, reason = '' } = (result ?? {}) as { proof?: Inventory; reason?: string };
  return [`${reason}.`, ...remarksOn(proof)].join('\n  ');
}

async function showRetirement(
  target: Target,
  cluster: string,
  { keepVolumes }: RetireFlags,
  output: Output,
): Promise<number> {
  const input = { cluster, confirm: cluster, ...(keepVolumes && { keepVolumes }) };
  const look = await invokeTask<RetirementLook>(target, 'observe-retirement', input);
  for (const line of renderLook(cluster, look)) output.say(line);
  output.result(look);
  return look.inventory.remnants.length === 0 ? 0 : 2;
}

/** What would go, in the order in which it goes, and what to type; for a person. Pure. */
export function renderLook(cluster: string, { decision, inventory, keepVolumes }: RetirementLook): string[] {
  const { counts, remnants } = inventory;
  if (remnants.length === 0)
    return [`${cluster}: ${decision.reason}.`, ...remarksOn(inventory).map((line) => `  ${line}`)];
  const rows = remnants.map(({ amount, heldBy, id, kind, state }) => [
    kind === 'volume' && keepVolumes ? '=' : '-',
    kind,
    id,
    [state, heldBy && `held by ${heldBy}`, amount].filter(Boolean).join(', '),
  ]);
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const more = all > remnants.length ? [`  … and ${all - remnants.length} more`] : [];
  const flag = keepVolumes ? ' --keep-volumes' : '';
  return [
    ...table(rows).map((line) => `  ${line}`),
    ...more,
    ...remarksOn(inventory).map((line) => `  ${line}`),
    `${cluster}: ${tellCounts(inventory)} would go${keepVolumes ? ', and the volumes (=) be handed over to you' : ', with all data'}.`,
    `Nothing was changed. There is no way back; to have it done: trivet retire ${cluster} --confirm ${cluster}${flag}`,
  ];
}

/** What stays. */
function remarksOn(inventory: Inventory | undefined): string[] {
  const { kept = [], leftAlone = [], madeByKubernetes = [] } = inventory ?? {};
  return [
    ...(kept.length > 0 ? [`kept, and yours: ${kept.join(', ')}`] : []),
    ...(leftAlone.length > 0
      ? [`left alone, as it has not the cluster’s tags: ${leftAlone.join(', ')}`]
      : []),
    ...(madeByKubernetes.length > 0
      ? [
          `volumes of claims in Kubernetes, which stay unless the claims are deleted before: ${madeByKubernetes.join(', ')}`,
        ]
      : []),
  ];
}
