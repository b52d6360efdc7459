import { Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Rules of cdk-nag's AwsSolutions pack, and of the CDK's own validation, that Trivet answers with a reason. */
export type Rule =
  | 'AwsSolutions-S1'
  | 'AwsSolutions-S2'
  | 'AwsSolutions-SQS3'
  | 'CloudFormation-Validate::W1001'
  | 'CloudFormation-Validate::W1030'
  | `AwsSolutions-IAM5[Resource::${string}]`;

/** Says why a rule does not hold for a construct and what is below it. */
export function acknowledge(construct: IConstruct, rule: Rule, reason: string): void {
  Validations.of(construct).acknowledge({ id: rule, reason });
}

/** Says of each wildcard among `resources`, which the policies of `construct` allow, why it is one. */
export function acknowledgeWildcards(
  construct: IConstruct,
  resources: readonly string[],
  reason: string,
): void {
  for (const resource of resources) {
    const shown = asShown(Stack.of(construct).resolve(resource));
    if (shown.includes('*')) acknowledge(construct, `AwsSolutions-IAM5[Resource::${shown}]`, reason);
  }
}

/** An ARN as cdk-nag writes it: pseudo parameters in angle brackets. ARNs that come from resources have no wildcard. */
function asShown(resolved: unknown): string {
  if (typeof resolved === 'string') return resolved;
  const { Ref, 'Fn::Join': joined } = resolved as { Ref?: string; 'Fn::Join'?: [string, unknown[]] };
  if (joined !== undefined) return joined[1].map(asShown).join(joined[0]);
  return Ref === undefined ? '' : `<${Ref}>`;
}
