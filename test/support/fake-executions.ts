import type { Execution, Executions } from '../../functions/aws/executions.ts';
import { executionArnOf } from '../../functions/aws/executions.ts';

/** Step Functions in memory: `executions` is open for tests to end one or to forget it. */
export interface FakeExecutions extends Executions {
  readonly executions: Map<string, Execution & { readonly input?: unknown }>;
  readonly started: { readonly name: string; readonly input: unknown }[];
}

export function fakeExecutions(now: () => Date = () => new Date(0)): FakeExecutions {
  const executions = new Map<string, Execution & { readonly input?: unknown }>();
  const started: { readonly name: string; readonly input: unknown }[] = [];
  return {
    executions,
    started,
    describe: async (executionArn) => executions.get(executionArn),
    async start({ stateMachineArn, name, input }) {
      const executionArn = executionArnOf(stateMachineArn, name);
      const present = executions.get(executionArn);
      if (present) {
        const same = present.status === 'RUNNING' && JSON.stringify(present.input) === JSON.stringify(input);
        return { started: same, executionArn };
      }
      executions.set(executionArn, {
        executionArn,
        status: 'RUNNING',
        startedAt: now().toISOString(),
        input,
      });
      started.push({ name, input });
      return { started: true, executionArn };
    },
  };
}
