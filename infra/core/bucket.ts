import { Aws, Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type CfnBucket,
  type IBucket,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledge.ts';
import { bucketName } from '../names.ts';

/** Settings that all buckets have; the issuers' alone has other ones for the public. */
export const bucketDefaults = {
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
  enforceSSL: true,
  minimumTLSVersion: 1.2,
  removalPolicy: RemovalPolicy.RETAIN,
};

/**
 * The deployment's bucket: keys and certificates, node files, directives and reports, backups. Since private keys lie in
 * it, each access is written to a second bucket, which nothing of Trivet reads.
 */
export class DeploymentBucket extends Construct {
  readonly bucket: Bucket;
  /** Of the access logs. */
  readonly logs: Bucket;

  constructor(scope: Construct, id: string, props: { name: string; key: IKey }) {
    super(scope, id);
    this.logs = new Bucket(this, 'AccessLogs', {
      ...bucketDefaults,
      bucketName: `${props.name}-logs-${Aws.ACCOUNT_ID}-${Aws.REGION}`,
      // S3 delivers access logs to buckets under its own key only.
      encryption: BucketEncryption.S3_MANAGED,
      lifecycleRules: [{ id: 'ExpireAfterAYear', expiration: Duration.days(365) }],
    });
    acknowledge(this.logs, 'AwsSolutions-S1', 'It is the bucket of the access logs');
    this.bucket = new Bucket(this, 'Bucket', {
      ...bucketDefaults,
      bucketName: bucketName(props.name),
      versioned: true,
      encryption: BucketEncryption.KMS,
      encryptionKey: props.key,
      bucketKeyEnabled: true,
      // The cast: CDK's own types do not keep exactOptionalPropertyTypes.
      serverAccessLogsBucket: this.logs as IBucket,
      lifecycleRules: [
        {
          id: 'ForgetWhatWasReplaced',
          noncurrentVersionExpiration: Duration.days(90),
          abortIncompleteMultipartUploadAfter: Duration.days(7),
        },
      ],
    });
    // CDK's own property for it would bring a function that sets what CloudFormation can set itself.
    (this.bucket.node.defaultChild as CfnBucket).notificationConfiguration = {
      eventBridgeConfiguration: { eventBridgeEnabled: true },
    };
  }
}
