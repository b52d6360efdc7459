import { Aws, RemovalPolicy } from 'aws-cdk-lib';
import { AnyPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { iamArn } from '../names.ts';

/** The deployment's key: secrets and directives in S3, etcd's volumes, the nodes' root volumes. */
export class DeploymentKey extends Construct {
  readonly key: Key;

  constructor(scope: Construct, id: string, props: { name: string }) {
    super(scope, id);
    this.key = new Key(this, 'Key', {
      alias: props.name,
      description: 'Encrypts what Trivet keeps in S3 and the volumes of its nodes',
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.allowAutoScaling();
  }

  /**
   * Auto Scaling launches with its service-linked role, whose own policy says nothing of KMS. KMS refuses a key policy
   * that names a role which is not there, and in a fresh account this one comes with the first group: so it is named
   * in a condition, not as the principal.
   */
  private allowAutoScaling(): void {
    const isAutoScaling = {
      'kms:CallerAccount': Aws.ACCOUNT_ID,
      'aws:PrincipalArn': iamArn(
        'role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling',
      ),
    };
    this.key.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AutoScalingUsesTheKey',
        principals: [new AnyPrincipal()],
        actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
        resources: ['*'],
        conditions: { StringEquals: isAutoScaling },
      }),
    );
    this.key.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AutoScalingPassesTheKeyToInstances',
        principals: [new AnyPrincipal()],
        actions: ['kms:CreateGrant'],
        resources: ['*'],
        conditions: { StringEquals: isAutoScaling, Bool: { 'kms:GrantIsForAWSResource': 'true' } },
      }),
    );
  }
}
