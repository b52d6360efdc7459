/** The task resources that the embedded region plays, and how each is waited for. Everything else is refused at creation. */
export interface TaskResource {
  readonly service: 'lambda' | 'states';
  /** As history shows it, for example `invoke.waitForTaskToken`. */
  readonly action: string;
  readonly waitsFor: 'answer' | 'token' | 'execution';
  /** Fields that AWS accepts under `Arguments`. */
  readonly fields: readonly string[];
  readonly required: readonly string[];
}

const invoke = {
  service: 'lambda',
  fields: ['ClientContext', 'FunctionName', 'InvocationType', 'Payload', 'Qualifier'],
  required: ['FunctionName'],
} as const;

const startExecution = {
  service: 'states',
  fields: ['Input', 'Name', 'StateMachineArn'],
  required: ['StateMachineArn'],
} as const;

const taskResources: Readonly<Record<string, TaskResource>> = {
  'arn:aws:states:::lambda:invoke': { ...invoke, action: 'invoke', waitsFor: 'answer' },
  'arn:aws:states:::lambda:invoke.waitForTaskToken': {
    ...invoke,
    action: 'invoke.waitForTaskToken',
    waitsFor: 'token',
  },
  'arn:aws:states:::states:startExecution': {
    ...startExecution,
    action: 'startExecution',
    waitsFor: 'answer',
  },
  'arn:aws:states:::states:startExecution.sync:2': {
    ...startExecution,
    action: 'startExecution.sync:2',
    waitsFor: 'execution',
  },
};

/** The resource of a Task state, or undefined when the region does not play it. */
export function findTaskResource(arn: string): TaskResource | undefined {
  return Object.hasOwn(taskResources, arn) ? taskResources[arn] : undefined;
}

/** ARNs of all resources that are played, for messages. */
export const playedResources: readonly string[] = Object.keys(taskResources);
