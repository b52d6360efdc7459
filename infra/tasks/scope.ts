import { Aws } from 'aws-cdk-lib';
import { arn, bucketArn, deploymentTag, iamArn } from '../names.ts';
import { allow, type Statement, throughService } from './statements.ts';

/** Resources of other stacks that tasks use. */
export interface TaskResources {
  readonly deployment: string;
  readonly tableArn: string;
  readonly keyArn: string;
  readonly nodeBoundaryArn: string;
  readonly vpcId: string;
}

/**
 * What belongs to the deployment, as ARNs and conditions, and the statements that more than one task needs. Where a
 * service cannot name the deployment in an ARN, its tag does, so that no role reaches another deployment (S20).
 */
export function scopeOf(resources: TaskResources) {
  const { deployment, nodeBoundaryArn } = resources;
  const nodeRole = iamArn(`role/${deployment}/*`);
  return {
    deployment,
    nodeBoundaryArn,
    ...conditions(deployment),
    ...objects(resources),
    /** Every task reads the registry, if only for its lease (S14); `writes` are what it may do beyond. */
    registry: (...writes: ('PutItem' | 'UpdateItem')[]) => [
      allow(
        ['GetItem', 'Query', ...writes].map((action) => `dynamodb:${action}`),
        [resources.tableArn],
      ),
    ],
    ec2: (type: string) => arn('ec2', `${type}/*`),
    vpc: arn('ec2', `vpc/${resources.vpcId}`),
    launchTemplate: arn('ec2', 'launch-template/*'),
    /** Public images belong to other accounts, so their ARNs name none. */
    anyImage: `arn:${Aws.PARTITION}:ec2:${Aws.REGION}::image/*`,
    slotGroup: arn('autoscaling', `autoScalingGroup:*:autoScalingGroupName/${deployment}-*-slot-*`),
    stateMachine: (workflow: string) => arn('states', `stateMachine:${deployment}-${workflow}`),
    execution: arn('states', `execution:${deployment}-*:*`),
    nodeRole,
    nodeProfile: iamArn(`instance-profile/${deployment}/*`),
    passesNodeRole: allow(['iam:PassRole'], [nodeRole], {
      StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' },
    }),
    makesServiceLinkedRole: (service: string) =>
      allow(['iam:CreateServiceLinkedRole'], [iamArn(`role/aws-service-role/${service}/*`)], {
        StringEquals: { 'iam:AWSServiceName': service },
      }),
    usesKeyForVolumes: keyForVolumes(resources.keyArn),
    /** The image of a node: AWS publishes the current ones as public parameters; one's own lie under our prefix. */
    readsImageParameters: allow(
      ['ssm:GetParameters'],
      [
        `arn:${Aws.PARTITION}:ssm:${Aws.REGION}::parameter/aws/service/*`,
        arn('ssm', `parameter/${deployment}/*`),
      ],
    ),
  };
}

export type Scope = ReturnType<typeof scopeOf>;

function conditions(deployment: string) {
  const ours = { StringEquals: { [`aws:ResourceTag/${deploymentTag}`]: deployment } };
  const makesTagged = { StringEquals: { [`aws:RequestTag/${deploymentTag}`]: deployment } };
  return {
    ours,
    makesTagged,
    /** Tags are given in the call that makes a resource, and corrected on what is ours. */
    tags: (resourceType: string, makingAction: string): Statement[] => [
      allow(['ec2:CreateTags'], [arn('ec2', `${resourceType}/*`)], {
        StringEquals: { 'ec2:CreateAction': makingAction, ...makesTagged.StringEquals },
      }),
      allow(['ec2:CreateTags'], [arn('ec2', `${resourceType}/*`)], ours),
    ],
  };
}

function objects({ deployment, keyArn }: TaskResources) {
  const below = (paths: readonly string[]) => paths.map((path) => bucketArn(deployment, path));
  const readsObjects = (...paths: string[]): Statement[] => [
    allow(['s3:GetObject'], below(paths)),
    // Without it S3 answers 403, not 404, for an object that is not there yet.
    allow(['s3:ListBucket'], [bucketArn(deployment)]),
    allow(['kms:Decrypt'], [keyArn], throughService('s3')),
  ];
  return {
    readsObjects,
    writesObjects: (...paths: string[]): Statement[] => [
      ...readsObjects(...paths),
      allow(['s3:PutObject'], below(paths)),
      allow(['kms:GenerateDataKey'], [keyArn], throughService('s3')),
    ],
    readsEtcdClientCertificate: readsObjects('clusters/*/pki/etcd-client/*'),
  };
}

/** EBS encrypts by grants on the key, which its caller must be able to make, for AWS's own use only. */
function keyForVolumes(keyArn: string): readonly Statement[] {
  const throughEc2 = throughService('ec2');
  return [
    allow(['kms:DescribeKey', 'kms:Decrypt', 'kms:GenerateDataKeyWithoutPlaintext'], [keyArn], throughEc2),
    allow(['kms:ReEncryptFrom', 'kms:ReEncryptTo'], [keyArn], throughEc2),
    allow(['kms:CreateGrant'], [keyArn], { ...throughEc2, Bool: { 'kms:GrantIsForAWSResource': 'true' } }),
  ];
}
