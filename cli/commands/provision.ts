import { executionArnOf } from '../../functions/aws/executions.ts';
import { type ClusterSpec, hashSpec } from '../../functions/clusters/spec.ts';
import { follow, type Outcome } from '../follow.ts';
import { CommandError, type Output } from '../output.ts';
import type { Target } from '../target.ts';

/** `trivet provision FILE`: runs provision-cluster and follows it. Exit code 0 when it succeeded, 1 otherwise. */
export async function provisionSpec(target: Target, spec: ClusterSpec, output: Output): Promise<number> {
  const outcome = await provision(target, spec, output);
  output.result(outcome);
  return outcome.status === 'SUCCEEDED' ? 0 : 1;
}

/** Starts provision-cluster, or joins the one that runs for this very spec, and follows it to its end. */
export async function provision(
  target: Target,
  spec: ClusterSpec,
  output: Output,
  signal?: AbortSignal,
): Promise<Outcome> {
  const executionArn = await startProvisioning(target, spec);
  output.say(`provision-cluster ${executionArn.split(':').at(-1)}`);
  const live = !output.json && process.stdout.isTTY === true;
  const outcome = await follow(target.states, executionArn, {
    say: output.say,
    live,
    ...(signal && { signal }),
  });
  if (outcome.status !== 'SUCCEEDED') {
    output.say(`${spec.name}: ${outcome.status.toLowerCase()}: ${outcome.error ?? ''}`);
    output.say(`  ${outcome.cause ?? 'no cause was given'}`);
  } else output.say(`${spec.name}: ${describeOutput(outcome.output)}`);
  return outcome;
}

function describeOutput(result: unknown): string {
  const { action, endpoint } = (result ?? {}) as { action?: string; endpoint?: string };
  if (action === 'unchanged') return 'nothing to do; everything is as the spec says.';
  return endpoint ? `provisioned; the API endpoint is ${endpoint}.` : 'provisioned.';
}

/** Names are `<cluster>-<hash of the spec>-<attempt>`: one that runs is joined, one that ended makes room for the next attempt. */
async function startProvisioning(target: Target, spec: ClusterSpec): Promise<string> {
  const stateMachineArn = target.stateMachineArn('provision-cluster');
  const prefix = `${spec.name}-${hashSpec(spec).slice(0, 8)}`;
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    const name = `${prefix}-${attempt}`;
    const executionArn = executionArnOf(stateMachineArn, name);
    const present = await describe(target, executionArn);
    if (present === 'RUNNING') return executionArn;
    if (present !== undefined) continue;
    const started = await start(target, stateMachineArn, name, { spec });
    if (started) return started;
  }
  throw new CommandError(
    `${prefix} has been tried ${attemptsMax} times in 90 days; change the spec, or start the workflow by hand.`,
  );
}

/** Names of closed executions stay taken for 90 days (reference aws-etcd-kubeadm-facts §4.1). */
const attemptsMax = 100;

async function describe(target: Target, executionArn: string): Promise<string | undefined> {
  try {
    return (await target.states.describeExecution({ executionArn })).status;
  } catch (error) {
    if (error instanceof Error && error.name === 'ExecutionDoesNotExist') return undefined;
    throw error;
  }
}

async function start(
  target: Target,
  stateMachineArn: string,
  name: string,
  input: unknown,
): Promise<string | undefined> {
  try {
    const { executionArn } = await target.states.startExecution({
      stateMachineArn,
      name,
      input: JSON.stringify(input),
    });
    return executionArn;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error.name === 'ExecutionAlreadyExists') return undefined;
    if (error.name !== 'StateMachineDoesNotExist') throw error;
    throw new CommandError(
      `there is no ${stateMachineArn}: is Trivet deployed there? See "Deploy to AWS" in the README.`,
    );
  }
}
