import { Fn, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { CoreStack } from './core-stack.ts';
import { arn, type Deployment, pascalCase, taskLogGroupName } from './names.ts';
import type { NetworkStack } from './network-stack.ts';
import { permissions } from './tasks/permissions.ts';
import { TaskFunction } from './tasks/task-function.ts';

/** One function and one role per task of the catalogue. */
export class TasksStack extends Stack {
  readonly functions: ReadonlyMap<string, TaskFunction>;

  constructor(
    scope: Construct,
    id: string,
    deployment: Deployment,
    props: StackProps & { readonly network: NetworkStack; readonly core: CoreStack },
  ) {
    super(scope, id, props);
    const { network, core } = props;
    const table = permissions({
      deployment: deployment.name,
      tableArn: core.table.tableArn,
      keyArn: core.key.keyArn,
      nodeBoundaryArn: core.nodeBoundary.managedPolicyArn,
      addOnBoundaryArn: core.addOnBoundary.managedPolicyArn,
      vpcId: network.vpcId,
    });
    const environment = environmentOf(deployment, network, core);
    const logGroup = new LogGroup(this, 'Log', {
      logGroupName: taskLogGroupName(deployment.name),
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const functions = deployment.catalog.map((task) => {
      return new TaskFunction(this, pascalCase(task.name), {
        task,
        deployment: deployment.name,
        bundleDir: deployment.bundleDir,
        environment,
        logGroup,
        statements: table[task.name] ?? [],
        vpc: {
          subnetIds: Fn.split(',', network.subnetIds),
          securityGroupIds: [network.etcdClientSecurityGroupId],
        },
      });
    });
    this.functions = new Map(functions.map((it) => [it.task.name, it]));
  }

  /** The function of a task. Throws when the catalogue has no such task. */
  functionOf(task: string): IFunction {
    const found = this.functions.get(task);
    if (found === undefined) throw new Error(`The catalogue has no task ${task}`);
    return found.function;
  }
}

/** What functions/runtime/config.ts reads. */
function environmentOf({ name, catalog }: Deployment, network: NetworkStack, core: CoreStack) {
  return {
    TRIVET_DEPLOYMENT: name,
    TRIVET_REGISTRY_TABLE: core.table.tableName,
    TRIVET_BUCKET: core.bucket.bucketName,
    TRIVET_KEY_ARN: core.key.keyArn,
    TRIVET_VPC_ID: network.vpcId,
    TRIVET_SUBNET_IDS: network.subnetIds,
    TRIVET_ETCD_CLIENT_SECURITY_GROUP_ID: network.etcdClientSecurityGroupId,
    TRIVET_PERMISSIONS_BOUNDARY_ARN: core.nodeBoundary.managedPolicyArn,
    TRIVET_ADD_ON_BOUNDARY_ARN: core.addOnBoundary.managedPolicyArn,
    // By name: the state machines come with a later stack, and who starts one starts whichever definition is current.
    TRIVET_STATE_MACHINE_ARN_PREFIX: arn('states', `stateMachine:${name}-`),
    // A lease is taken over only when this long has passed since its holder ended (design §5, Leases).
    TRIVET_LONGEST_TASK_TIMEOUT_SECONDS: String(Math.max(...catalog.map((task) => task.timeoutSeconds))),
  };
}
