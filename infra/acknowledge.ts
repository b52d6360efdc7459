import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Rules of cdk-nag's AwsSolutions pack, and of the CDK's own validation, that Trivet answers with a reason. */
export type Rule =
  | 'AwsSolutions-IAM5'
  | 'AwsSolutions-S1'
  | 'AwsSolutions-SQS3'
  | 'CloudFormation-Validate::W1001'
  | 'CloudFormation-Validate::W1030';

/** Says why a rule does not hold for a construct and what is below it. */
export function acknowledge(construct: IConstruct, rule: Rule, reason: string): void {
  Validations.of(construct).acknowledge({ id: rule, reason });
}
