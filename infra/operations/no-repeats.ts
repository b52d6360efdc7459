import { CfnEventInvokeConfig, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';

/** Asynchronous calls are not repeated by Lambda: the next minute's call does the same work on newer facts. */
export class NoRepeats extends Construct {
  constructor(scope: Construct, id: string, functions: Readonly<Record<string, IFunction>>) {
    super(scope, id);
    for (const [name, it] of Object.entries(functions)) {
      new CfnEventInvokeConfig(this, name, {
        functionName: it.functionName,
        qualifier: '$LATEST',
        maximumRetryAttempts: 0,
        maximumEventAgeInSeconds: 60,
      });
    }
  }
}
