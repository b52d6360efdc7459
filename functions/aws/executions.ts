import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { Config } from '../runtime/config.ts';
import { callingUnless } from './classify.ts';
import { abortedBy, clientSettings } from './client-settings.ts';

export type ExecutionStatus =
  | 'RUNNING'
  | 'SUCCEEDED'
  | 'FAILED'
  | 'TIMED_OUT'
  | 'ABORTED'
  | 'PENDING_REDRIVE';

export interface Execution {
  readonly executionArn: string;
  readonly status: ExecutionStatus;
  /** ISO 8601. */
  readonly startedAt: string;
  /** ISO 8601; absent while it runs. */
  readonly stoppedAt?: string;
  /** Of one that succeeded, JSON. */
  readonly output?: string;
  /** Of one that failed. */
  readonly error?: string;
  readonly cause?: string;
}

/** Executions of the deployment's workflows. */
export interface Executions {
  describe(executionArn: string, signal?: AbortSignal): Promise<Execution | undefined>;
  /**
   * Starts an execution. `started: false` when the name is taken, by a running one with another input or by a closed one: names stay
   * taken for 90 days, so describe it and go on with the next attempt (design §4).
   */
  start(
    request: { readonly stateMachineArn: string; readonly name: string; readonly input: unknown },
    signal?: AbortSignal,
  ): Promise<{ readonly started: boolean; readonly executionArn: string }>;
}

export function makeExecutions(config: Config): Executions {
  const client = new SFNClient(clientSettings(config));
  return {
    async describe(executionArn, signal) {
      const command = new DescribeExecutionCommand({ executionArn });
      const found = await callingUnless(
        'states:DescribeExecution',
        ['ExecutionDoesNotExist'],
        client.send(command, abortedBy(signal)),
      );
      if (!found?.status || !found.startDate) return undefined;
      return {
        executionArn,
        status: found.status,
        startedAt: found.startDate.toISOString(),
        ...(found.stopDate && { stoppedAt: found.stopDate.toISOString() }),
        ...(found.output !== undefined && { output: found.output }),
        ...(found.error !== undefined && { error: found.error }),
        ...(found.cause !== undefined && { cause: found.cause }),
      };
    },
    async start({ stateMachineArn, name, input }, signal) {
      const command = new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) });
      const begun = await callingUnless(
        'states:StartExecution',
        ['ExecutionAlreadyExists'],
        client.send(command, abortedBy(signal)),
      );
      const executionArn = begun?.executionArn ?? executionArnOf(stateMachineArn, name);
      return { started: begun !== undefined, executionArn };
    },
  };
}

/** Where a person sees an execution in the console. */
export function executionLink(region: string, executionArn: string): string {
  return `https://${region}.console.aws.amazon.com/states/home?region=${region}#/v2/executions/details/${executionArn}`;
}

/** ARN of the execution of that name, whether it exists or not. */
export function executionArnOf(stateMachineArn: string, name: string): string {
  return `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
}
