import { isDeepStrictEqual } from 'node:util';
import type { SFN } from '@aws-sdk/client-sfn';
import { executionArnOf } from '../functions/aws/executions.ts';
import { follow, type Outcome } from './follow.ts';
import { CommandError, type Output } from './output.ts';
import type { Target } from './target.ts';

/** A workflow that a person starts. */
export interface StartRequest {
  readonly workflow: string;
  /** Names are `<prefix>-<attempt>`. */
  readonly prefix: string;
  readonly input: object;
}

/** Names of closed executions stay taken for 90 days (reference aws-etcd-kubeadm-facts §4.1). */
const attemptsMax = 100;

export interface RunOptions {
  readonly output: Output;
  /** What it is about, before each line of its end. */
  readonly subject: string;
  /** The output of one that succeeded, for a person. */
  readonly describe: (output: unknown) => string;
  readonly signal?: AbortSignal | undefined;
}

/** Starts a workflow or joins the execution that runs for the very same, follows it to its end, and says how it ended. */
export async function runWorkflow(
  target: Target,
  request: StartRequest,
  { describe, output, signal, subject }: RunOptions,
): Promise<Outcome> {
  const executionArn = await startOrJoin(target, request);
  output.say(`${request.workflow} ${executionArn.split(':').at(-1)}`);
  const live = !output.json && process.stdout.isTTY === true;
  const following = { say: output.say, live, ...(signal && { signal }) };
  const outcome = await follow(target.states, executionArn, following);
  if (outcome.status !== 'SUCCEEDED') {
    output.say(`${subject}: ${outcome.status.toLowerCase()}: ${outcome.error ?? ''}`);
    output.say(`  ${outcome.cause ?? 'no cause was given'}`);
  } else output.say(`${subject}: ${describe(outcome.output)}`);
  return outcome;
}

/**
 * Starts a workflow, or finds the execution that runs for the very same: one that ended makes room for the next attempt. Two who ask for the
 * same at once get one execution. Gives its ARN.
 */
async function startOrJoin(target: Target, { input, prefix, workflow }: StartRequest): Promise<string> {
  const stateMachineArn = target.stateMachineArn(workflow);
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    const name = `${prefix}-${attempt}`;
    const executionArn = executionArnOf(stateMachineArn, name);
    const present = await findExecution(target, executionArn);
    // Names of clusters and pools have hyphens: another's may read the same.
    const same = isDeepStrictEqual(JSON.parse(present?.input ?? '{}'), input);
    if (present?.status === 'RUNNING' && same) return executionArn;
    if (present !== undefined) continue;
    const started = await start(target, stateMachineArn, name, JSON.stringify(input));
    if (started) return started;
  }
  throw new CommandError(
    `${prefix} has been tried ${attemptsMax} times in 90 days; ask for something else, or start the workflow ${workflow} by hand.`,
  );
}

/** An execution; undefined where there is none of that ARN (yet). */
export async function findExecution(target: Pick<Target, 'states'>, executionArn: string) {
  try {
    return await target.states.describeExecution({ executionArn });
  } catch (error) {
    if (error instanceof Error && error.name === 'ExecutionDoesNotExist') return undefined;
    throw error;
  }
}

async function start(
  target: Target,
  stateMachineArn: string,
  name: string,
  input: string,
): Promise<string | undefined> {
  try {
    const { executionArn } = await target.states.startExecution({ stateMachineArn, name, input });
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

/** ARNs of the deployment's workflows. */
export async function listWorkflows(
  states: Pick<SFN, 'listStateMachines'>,
  deployment: string,
): Promise<string[]> {
  const arns: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await states.listStateMachines({ ...(nextToken !== undefined && { nextToken }) });
    for (const { name = '', stateMachineArn = '' } of page.stateMachines ?? [])
      if (name.startsWith(`${deployment}-`)) arns.push(stateMachineArn);
    nextToken = page.nextToken;
  } while (nextToken);
  return arns;
}

/** `demo-1f0c2a44-1` is of `demo`: what provision-cluster is started under (cli/commands/provision.ts). */
const provisioningName = /^(.+)-[0-9a-f]{8}-\d+$/;

/**
 * The cluster that an execution is of, by its name, which begins with the cluster's: of several that fit it is the longest. A cluster that
 * is only being provisioned is not among the known ones. Pure.
 */
export function clusterOfExecution(
  { name, workflow }: { readonly name: string; readonly workflow: string },
  clusters: readonly string[],
): string | undefined {
  const fitting = clusters.filter((cluster) => name.startsWith(`${cluster}-`));
  const longest = fitting.toSorted((one, two) => two.length - one.length)[0];
  const provisioned = workflow === 'provision-cluster' ? provisioningName.exec(name)?.[1] : undefined;
  return provisioned ?? longest;
}
