import { CfnDeletionPolicy } from 'aws-cdk-lib';
import { CfnVersion } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { TaskFunction } from '../tasks/task-function.ts';

/**
 * A version of each task that workflows name, published beside the workflows that pin it. (Were it published in the
 * tasks' stack, a new version would change an export that is in use, which CloudFormation refuses.) A version outlives
 * its replacement, so that executions which run during a deployment finish with the code that they began with.
 */
export class PinnedVersions extends Construct {
  private readonly arns = new Map<string, string>();

  constructor(scope: Construct, id: string, functions: ReadonlyMap<string, TaskFunction>) {
    super(scope, id);
    for (const [placeholder, task] of functions) {
      const version = new CfnVersion(this, placeholder, { functionName: task.function.functionArn });
      version.overrideLogicalId(`${placeholder}Version${task.versionHash}`);
      // Not plain Retain: a version that a failed deployment left behind would make the next attempt fail.
      version.cfnOptions.deletionPolicy = CfnDeletionPolicy.RETAIN_EXCEPT_ON_CREATE;
      version.cfnOptions.updateReplacePolicy = CfnDeletionPolicy.RETAIN;
      this.arns.set(placeholder, version.ref);
    }
  }

  /** Placeholder → ARN of the version. */
  substitutions(placeholders: readonly string[]): Record<string, string> {
    return Object.fromEntries(placeholders.map((placeholder) => [placeholder, this.arnOf(placeholder)]));
  }

  private arnOf(placeholder: string): string {
    const found = this.arns.get(placeholder);
    if (found === undefined) throw new Error(`No version is pinned for the placeholder ${placeholder}`);
    return found;
  }
}
