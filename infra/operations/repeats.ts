import { CfnEventInvokeConfig, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';

/**
 * How often Lambda repeats asynchronous calls that failed. A watch never: the next minute's call does the same work on newer facts. The sweep
 * once, after a minute: what spot announces is told in one event and nowhere else to be seen, and a worker has two minutes from it.
 */
export class Repeats extends Construct {
  constructor(scope: Construct, id: string, functions: Readonly<Record<string, IFunction>>) {
    super(scope, id);
    for (const [name, it] of Object.entries(functions)) {
      const told = name === 'sweep';
      new CfnEventInvokeConfig(this, name, {
        functionName: it.functionName,
        qualifier: '$LATEST',
        maximumRetryAttempts: told ? 1 : 0,
        maximumEventAgeInSeconds: told ? 120 : 60,
      });
    }
  }
}
