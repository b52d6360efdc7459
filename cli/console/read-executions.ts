import type { SFN } from '@aws-sdk/client-sfn';
import type { ClusterSpec } from '../../functions/clusters/spec.ts';
import { clusterOfExecution, listWorkflows } from '../executions.ts';
import { workflowOf } from '../history.ts';
import type { ExecutionReading } from './readings.ts';

/** So many of each workflow are looked at: Step Functions lists the newest first. */
const perWorkflow = 20;

/** New workflows come with a deployment, not in between. */
const workflowsMilliseconds = 60_000;

/** Executions of a deployment's workflows. */
export interface ExecutionSource {
  /** Of all workflows, newest first. */
  list(): Promise<ExecutionReading[]>;
  /** Those of a cluster: what runs first, then what ended last. */
  select(
    executions: readonly ExecutionReading[],
    cluster: string,
    clusters: readonly string[],
  ): Promise<ExecutionReading[]>;
  /** The spec that an execution of provision-cluster was given; undefined where it has none. */
  specOf(execution: ExecutionReading): Promise<ClusterSpec | undefined>;
}

/** What inputs of workflows have, as far as it is read. */
interface Input {
  readonly spec?: ClusterSpec;
  readonly parameters?: { readonly Cluster?: string };
}

export function createExecutionSource(
  states: Pick<SFN, 'describeExecution' | 'listExecutions' | 'listStateMachines'>,
  deployment: string,
  now: () => number = Date.now,
): ExecutionSource {
  let known: { readonly arns: readonly string[]; readonly at: number } | undefined;
  const inputs = new Map<string, Input>();

  const workflows = async (): Promise<readonly string[]> => {
    if (known && now() - known.at < workflowsMilliseconds) return known.arns;
    const arns = await listWorkflows(states, deployment);
    // A deployment that is being made has none yet: it is asked for at once again.
    if (arns.length > 0) known = { arns, at: now() };
    return arns;
  };

  const executionsOf = async (stateMachineArn: string): Promise<ExecutionReading[]> => {
    const { executions = [] } = await states.listExecutions({ stateMachineArn, maxResults: perWorkflow });
    return executions.map(({ executionArn = '', name = '', startDate, status = '', stopDate }) => ({
      executionArn,
      workflow: workflowOf(executionArn),
      name,
      status,
      startedAt: startDate?.toISOString() ?? '',
      ...(stopDate && { stoppedAt: stopDate.toISOString() }),
    }));
  };

  const inputOf = async ({ executionArn, startedAt }: ExecutionReading): Promise<Input> => {
    const key = `${executionArn} ${startedAt}`;
    const present = inputs.get(key);
    if (present) return present;
    const { input = '{}' } = await states.describeExecution({ executionArn });
    const read = JSON.parse(input) as Input;
    inputs.set(key, read);
    return read;
  };

  return {
    async list() {
      try {
        const found = await Promise.all((await workflows()).map(executionsOf));
        return found.flat().toSorted((one, two) => (one.startedAt < two.startedAt ? 1 : -1));
      } catch (error) {
        // Of another deployment by now, as after a region's restart.
        known = undefined;
        throw error;
      }
    },
    async select(executions, cluster, clusters) {
      const named = await Promise.all(
        executions.map(async (execution) => {
          // Named by its automation, which only its input ties to a cluster.
          const asked = execution.workflow === 'run-runbook' ? await inputOf(execution) : undefined;
          return { execution, of: asked?.parameters?.Cluster ?? clusterOfExecution(execution, clusters) };
        }),
      );
      return shorten(named.filter(({ of }) => of === cluster).map(({ execution }) => execution));
    },
    specOf: async (execution) => (await inputOf(execution)).spec,
  };
}

const shownMax = 25;

function shorten(executions: readonly ExecutionReading[]): ExecutionReading[] {
  const running = executions.filter(({ status }) => status === 'RUNNING');
  const closed = executions.filter(({ status }) => status !== 'RUNNING');
  return [...running, ...closed.slice(0, Math.max(0, shownMax - running.length))];
}
