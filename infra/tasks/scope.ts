import { Aws } from 'aws-cdk-lib';
import { arn, deploymentTag, iamArn } from '../names.ts';
import { allow, type Statement, throughService } from './statements.ts';

/** Resources of other stacks that tasks use. */
export interface TaskResources {
  readonly deployment: string;
  readonly tableArn: string;
  readonly bucketArn: string;
  readonly keyArn: string;
  readonly nodeBoundaryArn: string;
  readonly vpcId: string;
}

/**
 * What belongs to the deployment, as ARNs and conditions, and the statements that more than one task needs. Where a
 * service cannot name the deployment in an ARN, its tag does, so that no role reaches another deployment (S20).
 */
export function scopeOf(resources: TaskResources) {
  const { deployment, tableArn, bucketArn, keyArn } = resources;
  const tag = `aws:ResourceTag/${deploymentTag}`;
  const object = (path: string) => `${bucketArn}/${path}`;
  const slotGroup = arn('autoscaling', `autoScalingGroup:*:autoScalingGroupName/${deployment}-*-slot-*`);
  const makesTagged = { StringEquals: { [`aws:RequestTag/${deploymentTag}`]: deployment } };

  return {
    ours: { StringEquals: { [tag]: deployment } },
    makesTagged,
    object,
    slotGroup,
    anyImage: `arn:${Aws.PARTITION}:ec2:${Aws.REGION}::image/*`,
    nodeRole: iamArn(`role/${deployment}/*`),
    nodeProfile: iamArn(`instance-profile/${deployment}/*`),
    stateMachine: (workflow: string) => arn('states', `stateMachine:${deployment}-${workflow}`),
    execution: arn('states', `execution:${deployment}-*:*`),
    /** Tags are given in the call that makes the resource, and by no other. */
    tagWhileMaking: (resourceType: string, makingAction: string) =>
      allow(['ec2:CreateTags'], [arn('ec2', `${resourceType}/*`)], {
        StringEquals: {
          'ec2:CreateAction': makingAction,
          [`aws:RequestTag/${deploymentTag}`]: deployment,
        },
      }),
    readsRegistry: [allow(['dynamodb:GetItem', 'dynamodb:Query'], [tableArn])],
    writesRegistry: [
      allow(['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:UpdateItem'], [tableArn]),
    ],
    readsObjects: (...paths: string[]): Statement[] => [
      allow(['s3:GetObject'], paths.map(object)),
      // Without it S3 answers 403, not 404, for an object that is not there yet.
      allow(['s3:ListBucket'], [bucketArn]),
      allow(['kms:Decrypt'], [keyArn], throughService('s3')),
    ],
    writesObjects: (...paths: string[]): Statement[] => [
      allow(['s3:GetObject', 's3:PutObject'], paths.map(object)),
      allow(['s3:ListBucket'], [bucketArn]),
      allow(['kms:Decrypt', 'kms:GenerateDataKey'], [keyArn], throughService('s3')),
    ],
    /** EBS encrypts with grants on the key, which it may pass on to the instance only. */
    usesKeyForVolumes: [
      allow(
        [
          'kms:DescribeKey',
          'kms:GenerateDataKeyWithoutPlaintext',
          'kms:Decrypt',
          'kms:ReEncryptFrom',
          'kms:ReEncryptTo',
        ],
        [keyArn],
        throughService('ec2'),
      ),
      allow(['kms:CreateGrant'], [keyArn], {
        ...throughService('ec2'),
        Bool: { 'kms:GrantIsForAWSResource': 'true' },
      }),
    ],
    /** The image of a node: AWS publishes the current ones as public parameters; one's own lie under our prefix. */
    readsImageParameters: [
      allow(
        ['ssm:GetParameter', 'ssm:GetParameters'],
        [
          `arn:${Aws.PARTITION}:ssm:${Aws.REGION}::parameter/aws/service/*`,
          arn('ssm', `parameter/${deployment}/*`),
        ],
      ),
    ],
    makesServiceLinkedRole: (service: string) =>
      allow(['iam:CreateServiceLinkedRole'], [iamArn(`role/aws-service-role/${service}/*`)], {
        StringEquals: { 'iam:AWSServiceName': service },
      }),
  };
}

export type Scope = ReturnType<typeof scopeOf>;
