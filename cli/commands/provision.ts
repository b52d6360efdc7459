import { type ClusterSpec, hashSpec } from '../../functions/clusters/spec.ts';
import { runWorkflow } from '../executions.ts';
import type { Outcome } from '../follow.ts';
import type { Output } from '../output.ts';
import type { Target } from '../target.ts';

/** `trivet provision FILE`: runs provision-cluster and follows it. Exit code 0 when it succeeded, 1 otherwise. */
export async function provisionSpec(target: Target, spec: ClusterSpec, output: Output): Promise<number> {
  const outcome = await provision(target, spec, output);
  output.result(outcome);
  return outcome.status === 'SUCCEEDED' ? 0 : 1;
}

/** Starts provision-cluster, or joins the one that runs for this very spec, and follows it to its end. */
export function provision(
  target: Target,
  spec: ClusterSpec,
  output: Output,
  signal?: AbortSignal,
): Promise<Outcome> {
  const request = {
    workflow: 'provision-cluster',
    prefix: `${spec.name}-${hashSpec(spec).slice(0, 8)}`,
    input: { spec },
  };
  return runWorkflow(target, request, { output, subject: spec.name, describe: describeOutput, signal });
}

function describeOutput(result: unknown): string {
  const { action, endpoint } = (result ?? {}) as { action?: string; endpoint?: string };
  if (action === 'unchanged') return 'nothing to do; everything is as the spec says.';
  return endpoint ? `provisioned; the API endpoint is ${endpoint}.` : 'provisioned.';
}
