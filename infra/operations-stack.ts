import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Deployment } from './names.ts';
import { Alarms } from './operations/alarms.ts';
import { Dashboard } from './operations/dashboard.ts';
import { Events } from './operations/events.ts';
import { Repeats } from './operations/repeats.ts';
import { Runbooks } from './operations/runbooks.ts';
import { Ticks } from './operations/ticks.ts';
import { Undelivered } from './operations/undelivered.ts';
import type { TasksStack } from './tasks-stack.ts';
import type { WorkflowsStack } from './workflows-stack.ts';

/** What sets Trivet in motion, and what calls a person. */
export class OperationsStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    { name: deployment }: Deployment,
    props: StackProps & { readonly tasks: TasksStack; readonly workflows: WorkflowsStack },
  ) {
    super(scope, id, props);
    const sweep = props.tasks.functionOf('sweep');
    const ticking = {
      sweep,
      'watch-etcd': props.tasks.functionOf('watch-etcd'),
      'watch-kubernetes': props.tasks.functionOf('watch-kubernetes'),
      'watch-workers': props.tasks.functionOf('watch-workers'),
      'watch-demand': props.tasks.functionOf('watch-demand'),
    };
    const undelivered = new Undelivered(this, 'Undelivered', { deployment }).queue;
    new Ticks(this, 'Ticks', { deployment, functions: ticking, undelivered });
    new Repeats(this, 'Repeats', ticking);
    new Events(this, 'Events', { deployment, lookers: ticking, undelivered });
    const runRunbook = props.workflows.stateMachines.get('run-runbook');
    if (runRunbook) new Runbooks(this, 'Runbooks', { deployment, runRunbook });
    const { alarms } = new Alarms(this, 'Alarms', {
      deployment,
      ticking,
      // Who runs a runbook sees its end; what it started has an alarm of its own.
      workflows: new Map([...props.workflows.stateMachines].filter(([name]) => name !== 'run-runbook')),
      undelivered,
    });
    new Dashboard(this, 'Dashboard', { deployment, alarms, workflows: props.workflows.stateMachines });
  }
}
