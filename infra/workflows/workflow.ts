import { RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { acknowledgeWildcards } from '../acknowledge.ts';
import { arn } from '../names.ts';
import type { TaskFunction } from '../tasks/task-function.ts';
import type { WorkflowDefinition } from './definitions.ts';

export interface WorkflowProps {
  readonly deployment: string;
  readonly definition: WorkflowDefinition;
  /** The tasks that the definition names. */
  readonly tasks: readonly TaskFunction[];
  /** Placeholder → ARN of a version. */
  readonly substitutions: Readonly<Record<string, string>>;
}

/** One workflow: its state machine, its role and its log. */
export class Workflow extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, props: WorkflowProps) {
    super(scope, id);
    const stateMachineName = `${props.deployment}-${props.definition.name}`;
    this.stateMachine = new StateMachine(this, 'StateMachine', {
      stateMachineName,
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromString(props.definition.text),
      definitionSubstitutions: { ...props.substitutions },
      role: this.role(props),
      tracingEnabled: true,
      logs: {
        level: LogLevel.ALL,
        // Inputs and results stay in the execution's own history, which fewer people may read.
        includeExecutionData: false,
        destination: new LogGroup(this, 'Log', {
          logGroupName: `/aws/vendedlogs/states/${stateMachineName}`,
          retention: RetentionDays.ONE_MONTH,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      },
    });
  }

  private role({ deployment, definition, tasks }: WorkflowProps): Role {
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('states.amazonaws.com'),
      description: `Role of the workflow ${definition.name}`,
    });
    // Any version, not the pinned ones alone: executions that began before a deployment go on with the old ones.
    const versions = tasks.map(({ task }) => arn('lambda', `function:${deployment}-${task.name}:*`));
    role.addToPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: versions }));
    acknowledgeWildcards(role, versions, 'Versions of the tasks that the workflow names');
    acknowledgeWildcards(role, ['*'], 'Log delivery and X-Ray know no resources');
    return role;
  }
}
