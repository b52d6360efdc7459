import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

/** Calls functions once a minute. A tick is never repeated: the next one does the same work. */
export class Ticks extends Construct {
  constructor(
    scope: Construct,
    id: string,
    props: { deployment: string; functions: Readonly<Record<string, IFunction>>; undelivered: IQueue },
  ) {
    super(scope, id);
    const functions = Object.entries(props.functions);
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com'),
      description: 'Calls what runs once a minute',
    });
    role.addToPolicy(
      new PolicyStatement({
        actions: ['lambda:InvokeFunction'],
        resources: functions.map(([, it]) => it.functionArn),
      }),
    );
    props.undelivered.grantSendMessages(role);
    for (const [name, it] of functions) {
      const schedule = new CfnSchedule(this, name, {
        name: `${props.deployment}-${name}`,
        description: `Calls ${name} once a minute`,
        scheduleExpression: 'rate(1 minute)',
        flexibleTimeWindow: { mode: 'OFF' },
        target: {
          arn: it.functionArn,
          roleArn: role.roleArn,
          input: '{}',
          retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 },
          deadLetterConfig: { arn: props.undelivered.queueArn },
        },
      });
      schedule.node.addDependency(role);
    }
  }
}
