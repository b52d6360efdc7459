import { Aws } from 'aws-cdk-lib';
import { arn, bucketArn, deploymentTag, iamArn, issuersBucketArn, issuersBucketName } from '../names.ts';
import { allow, type Statement, throughService } from './statements.ts';

/** Resources of other stacks that tasks use. */
export interface TaskResources {
  readonly deployment: string;
  readonly tableArn: string;
  readonly keyArn: string;
  readonly nodeBoundaryArn: string;
  readonly addOnBoundaryArn: string;
  readonly vpcId: string;
}

/**
 * What belongs to the deployment, as ARNs and conditions, and the statements that more than one task needs. Where a
 * service cannot name the deployment in an ARN, its tag does, so that no role reaches another deployment (S20).
 */
export function scopeOf(resources: TaskResources) {
  const { deployment, nodeBoundaryArn, addOnBoundaryArn } = resources;
  return {
    deployment,
    nodeBoundaryArn,
    addOnBoundaryArn,
    ...conditions(deployment),
    ...objects(resources),
    ...launches(deployment),
    ...identities(deployment),
    /** Every task reads the registry, if only for its lease (S14); `writes` are what it may do beyond. */
    registry: (...writes: ('PutItem' | 'UpdateItem' | 'DeleteItem')[]) => [
      allow(
        ['GetItem', 'Query', ...writes].map((action) => `dynamodb:${action}`),
        [resources.tableArn],
      ),
    ],
    ec2,
    vpc: arn('ec2', `vpc/${resources.vpcId}`),
    slotGroup: arn('autoscaling', `autoScalingGroup:*:autoScalingGroupName/${deployment}-*-slot-*`),
    poolGroup: arn('autoscaling', `autoScalingGroup:*:autoScalingGroupName/${deployment}-*-pool-*`),
    stateMachine: (workflow: string) => arn('states', `stateMachine:${deployment}-${workflow}`),
    execution: arn('states', `execution:${deployment}-*:*`),
    nodeProfile: iamArn(`instance-profile/${deployment}/*`),
    makesServiceLinkedRole: (service: string) =>
      allow(['iam:CreateServiceLinkedRole'], [iamArn(`role/aws-service-role/${service}/*`)], {
        StringEquals: { 'iam:AWSServiceName': service },
      }),
    usesKeyForVolumes: keyForVolumes(resources.keyArn),
  };
}

export type Scope = ReturnType<typeof scopeOf>;

function ec2(type: string): string {
  return arn('ec2', `${type}/*`);
}

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

function launches(deployment: string) {
  const { ours, makesTagged } = conditions(deployment);
  const nodeRole = iamArn(`role/${deployment}/*`);
  const passesNodeRole = allow(['iam:PassRole'], [nodeRole], {
    StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' },
  });
  /** The image of a node: AWS publishes the current ones as public parameters; one's own lie under our prefix. */
  const readsImageParameters = allow(
    ['ssm:GetParameters'],
    [
      `arn:${Aws.PARTITION}:ssm:${Aws.REGION}::parameter/aws/service/*`,
      arn('ssm', `parameter/${deployment}/*`),
    ],
  );
  /** Public images belong to other accounts, so their ARNs name none. */
  const anyImage = `arn:${Aws.PARTITION}:ec2:${Aws.REGION}::image/*`;
  const throughTemplate = (resources: readonly string[]) =>
    allow(['ec2:RunInstances'], [...resources], {
      ArnLike: { 'ec2:LaunchTemplate': ec2('launch-template') },
      Bool: { 'ec2:IsLaunchTemplateResource': 'true' },
    });
  const launchesAny = [
    allow(['ec2:CreateTags'], [ec2('instance'), ec2('volume')], {
      StringEquals: { 'ec2:CreateAction': 'RunInstances', ...makesTagged.StringEquals },
    }),
    passesNodeRole,
    readsImageParameters,
  ];
  return {
    nodeRole,
    passesNodeRole,
    readsImageParameters,
    /**
     * Auto Scaling asks whether who names a template could itself launch what it says (aws-etcd-kubeadm-facts §1.5): only
     * through a template of ours, with interfaces, groups and roles of ours, from an image that a parameter names.
     */
    launchesSlots: [
      allow(
        ['ec2:RunInstances'],
        [ec2('launch-template'), ec2('network-interface'), ec2('security-group')],
        ours,
      ),
      throughTemplate([ec2('instance'), ec2('volume'), ec2('subnet'), anyImage]),
      ...launchesAny,
    ],
    /** The same for workers, whose interfaces are made with them. */
    launchesWorkers: [
      allow(['ec2:RunInstances'], [ec2('launch-template'), ec2('security-group')], ours),
      throughTemplate([
        ec2('instance'),
        ec2('volume'),
        ec2('subnet'),
        ec2('network-interface'),
        ec2('spot-instances-request'),
        anyImage,
      ]),
      ...launchesAny,
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

/** Issuers of service-account tokens, IAM's trust in them, and the roles of add-ons, which no node's role is among. */
function identities(deployment: string) {
  const documents = ['*/.well-known/openid-configuration', '*/openid/v1/jwks'].map((path) =>
    issuersBucketArn(deployment, path),
  );
  const readsIssuers: readonly Statement[] = [
    allow(['s3:GetObject'], documents),
    // Without it S3 answers 403, not 404, for a document that is not there yet.
    allow(['s3:ListBucket'], [issuersBucketArn(deployment)]),
  ];
  return {
    readsIssuers,
    writesIssuers: [...readsIssuers, allow(['s3:PutObject'], documents)],
    issuerProvider: iamArn(`oidc-provider/${issuersBucketName(deployment)}.s3.${Aws.REGION}.amazonaws.com/*`),
    addOnRoles: ['cloud-controller-manager', 'ebs-csi-driver', 'vpc-cni'].map((addOn) =>
      iamArn(`role/${deployment}/*/${deployment}-*-${addOn}`),
    ),
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
