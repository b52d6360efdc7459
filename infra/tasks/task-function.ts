import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Duration, FileSystem, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, CfnFunction, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { TaskEntry } from '../../functions/catalog.ts';
import { arn, taskLogGroupName } from '../names.ts';
import { allow, grant, type Statement } from './statements.ts';
import { vpcAttachment } from './vpc-attachment.ts';

export interface TaskFunctionProps {
  readonly task: TaskEntry;
  readonly deployment: string;
  readonly bundleDir: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly statements: readonly Statement[];
  /** All tasks write into one, which is thereby the log of what was decided and done (ADR 25). */
  readonly logGroup: ILogGroup;
  readonly vpc: { readonly subnetIds: string[]; readonly securityGroupIds: string[] };
}

/** One task: its function and its role, used by nothing else. */
export class TaskFunction extends Construct {
  readonly task: TaskEntry;
  readonly function: LambdaFunction;
  private readonly bundle: string;

  constructor(scope: Construct, id: string, props: TaskFunctionProps) {
    super(scope, id);
    const { task, deployment } = props;
    const functionName = `${deployment}-${task.name}`;
    this.task = task;
    this.bundle = join(props.bundleDir, task.name);
    if (!existsSync(join(this.bundle, 'index.mjs'))) {
      throw new Error(`Task ${task.name} has no bundle ${join(this.bundle, 'index.mjs')}: run npm run build`);
    }
    const role = this.role(functionName, props);
    this.function = new LambdaFunction(this, 'Function', {
      functionName,
      description: task.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: Code.fromAsset(this.bundle),
      timeout: Duration.seconds(task.timeoutSeconds),
      memorySize: task.memoryMegabytes,
      environment: { ...props.environment },
      logGroup: props.logGroup,
      role,
    });
    if (task.network === 'vpc') this.level1.vpcConfig = props.vpc;
  }

  /** Differs whenever a version published now would differ from the one published before. */
  get versionHash(): string {
    const { runtime, handler, architectures, memorySize, timeout, environment, role, vpcConfig } =
      this.level1;
    const published = Stack.of(this).resolve({
      bundle: FileSystem.fingerprint(this.bundle),
      configuration: { runtime, handler, architectures, memorySize, timeout, environment, role, vpcConfig },
    });
    return createHash('sha256').update(JSON.stringify(published)).digest('hex').slice(0, 12);
  }

  private role(functionName: string, { deployment, task, statements }: TaskFunctionProps): Role {
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `Role of the task ${task.name}`,
    });
    const writesLog = allow(
      ['logs:CreateLogStream', 'logs:PutLogEvents'],
      [arn('logs', `log-group:${taskLogGroupName(deployment)}:*`)],
    );
    const attachment = task.network === 'vpc' ? vpcAttachment(functionName) : [];
    grant(role, [writesLog, ...statements, ...attachment]);
    return role;
  }

  private get level1(): CfnFunction {
    const child = this.function.node.defaultChild;
    if (child instanceof CfnFunction) return child;
    throw new Error(`Task ${this.task.name} has no AWS::Lambda::Function`);
  }
}
