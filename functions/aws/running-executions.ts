import { DescribeExecutionCommand, paginateListExecutions, SFNClient } from '@aws-sdk/client-sfn';
import type { Config } from '../runtime/config.ts';
import { readJson } from '../runtime/read-json.ts';
import { callingUnless } from './classify.ts';
import { abortedBy, clientSettings } from './client-settings.ts';

/** An execution that runs, with what it was started with. */
export interface RunningExecution {
  readonly workflow: string;
  readonly name: string;
  readonly input: unknown;
}

/** Executions of the deployment's workflows that run now. */
export interface RunningExecutions {
  of(workflows: readonly string[], signal?: AbortSignal): Promise<RunningExecution[]>;
}

export function makeRunningExecutions(config: Config): RunningExecutions {
  const client = new SFNClient(clientSettings(config));
  return {
    async of(workflows, signal) {
      const found = await Promise.all(
        workflows.map((workflow) => runningOf(client, config, workflow, signal)),
      );
      return found.flat();
    },
  };
}

async function runningOf(
  client: SFNClient,
  config: Config,
  workflow: string,
  signal?: AbortSignal,
): Promise<RunningExecution[]> {
  const stateMachineArn = `${config.stateMachineArnPrefix}${workflow}`;
  const pages = paginateListExecutions(
    { client },
    { stateMachineArn, statusFilter: 'RUNNING' },
    abortedBy(signal),
  );
  const all = async () => {
    const names: { name: string; executionArn: string }[] = [];
    for await (const page of pages)
      names.push(
        ...(page.executions ?? []).map(({ name = '', executionArn = '' }) => ({ name, executionArn })),
      );
    return names;
  };
  const running = (await callingUnless('states:ListExecutions', ['StateMachineDoesNotExist'], all())) ?? [];
  // Lists do not tell with what an execution was started, and names are free: anybody may start one by another.
  const told = await Promise.all(
    running.map(async ({ executionArn, name }): Promise<RunningExecution[]> => {
      const call = client.send(new DescribeExecutionCommand({ executionArn }), abortedBy(signal));
      const one = await callingUnless('states:DescribeExecution', ['ExecutionDoesNotExist'], call);
      return one?.status === 'RUNNING' ? [{ workflow, name, input: readJson(one.input ?? '') }] : [];
    }),
  );
  return told.flat();
}
