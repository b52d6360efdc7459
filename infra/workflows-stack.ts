import { Stack, type StackProps } from 'aws-cdk-lib';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { type Deployment, pascalCase } from './names.ts';
import type { TaskFunction } from './tasks/task-function.ts';
import type { TasksStack } from './tasks-stack.ts';
import { readDefinitions } from './workflows/definitions.ts';
import { PinnedVersions } from './workflows/pinned-versions.ts';
import { Workflow } from './workflows/workflow.ts';

/** One state machine per workflow file, and the versions of the tasks that they name. */
export class WorkflowsStack extends Stack {
  /** State machines by the workflow's name. */
  readonly stateMachines: ReadonlyMap<string, IStateMachine>;

  constructor(
    scope: Construct,
    id: string,
    deployment: Deployment,
    props: StackProps & { readonly tasks: TasksStack },
  ) {
    super(scope, id, props);
    const definitions = readDefinitions(deployment.workflowDir);
    const named = namedTasks(
      definitions.flatMap((definition) => definition.placeholders),
      props.tasks.functions,
    );
    const versions = new PinnedVersions(this, 'Versions', named);
    this.stateMachines = new Map(
      definitions.map((definition) => [
        definition.name,
        new Workflow(this, pascalCase(definition.name), {
          deployment: deployment.name,
          definition,
          tasks: [...namedTasks(definition.placeholders, named).values()],
          substitutions: versions.substitutions(definition.placeholders),
        }).stateMachine,
      ]),
    );
  }
}

/** The tasks that the placeholders stand for, by placeholder. Throws for one that stands for no task. */
function namedTasks(
  placeholders: readonly string[],
  functions: ReadonlyMap<string, TaskFunction>,
): ReadonlyMap<string, TaskFunction> {
  const byPlaceholder = new Map([...functions.values()].map((it) => [pascalCase(it.task.name), it]));
  return new Map(
    [...new Set(placeholders)].sort().map((placeholder) => {
      const task = byPlaceholder.get(placeholder);
      if (task === undefined) throw new Error(`The placeholder \${${placeholder}} stands for no task`);
      return [placeholder, task];
    }),
  );
}
