import { type App, DefaultStackSynthesizer, type IStackSynthesizer, Tags } from 'aws-cdk-lib';
import { CoreStack } from './core-stack.ts';
import { type Deployment, deploymentTag } from './names.ts';
import { NetworkStack } from './network-stack.ts';
import { OperationsStack } from './operations-stack.ts';
import { TasksStack } from './tasks-stack.ts';
import { WorkflowsStack } from './workflows-stack.ts';

/** Adds the five stacks of a deployment to the app; they name no account and no region. */
export function addTrivet(app: App, deployment: Deployment) {
  const { name } = deployment;
  const props = (description: string) => ({
    description: `Trivet: ${description}`,
    analyticsReporting: false,
    // The CLI checks the bootstrap version by itself; without the rule a template is nothing but its resources.
    // The cast: CDK's own types do not keep exactOptionalPropertyTypes.
    synthesizer: new DefaultStackSynthesizer({ generateBootstrapVersionRule: false }) as IStackSynthesizer,
  });
  const network = new NetworkStack(app, `${name}-network`, deployment, props('network'));
  const core = new CoreStack(app, `${name}-core`, deployment, props('key, registry and bucket'));
  const tasks = new TasksStack(app, `${name}-tasks`, deployment, { ...props('tasks'), network, core });
  tasks.addStackDependency(network);
  const workflows = new WorkflowsStack(app, `${name}-workflows`, deployment, {
    ...props('workflows'),
    tasks,
  });
  const operations = new OperationsStack(app, `${name}-operations`, deployment, {
    ...props('schedules, events and alarms'),
    tasks,
    workflows,
  });
  Tags.of(app).add(deploymentTag, name);
  return { network, core, tasks, workflows, operations };
}

/** What newer CDK apps get by default and matters here: log delivery by bucket policy, and small policies. */
export const featureFlags = {
  '@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy': true,
  '@aws-cdk/aws-iam:minimizePolicies': true,
  '@aws-cdk/aws-iam:standardizedServicePrincipals': true,
  '@aws-cdk/core:checkSecretUsage': true,
};
