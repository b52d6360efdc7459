import { Duration } from 'aws-cdk-lib';
import { AnyPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledge.ts';
import { issuersBucketArn, issuersBucketName } from '../names.ts';
import { bucketDefaults } from './bucket.ts';

/**
 * What everybody must be able to read: how to verify the clusters' service-account tokens (ADR 14). Two documents per cluster can be read
 * by whoever knows their names; nothing can be listed, and no other object can be read, whatever lies here.
 */
export class IssuersBucket extends Construct {
  constructor(scope: Construct, id: string, props: { name: string; logs: Bucket }) {
    super(scope, id);
    const { name, logs } = props;
    const bucket = new Bucket(this, 'Bucket', {
      ...bucketDefaults,
      bucketName: issuersBucketName(name),
      // ACLs stay blocked; one policy, the one below, may open.
      blockPublicAccess: new BlockPublicAccess({
        blockPublicAcls: true,
        ignorePublicAcls: true,
        blockPublicPolicy: false,
        restrictPublicBuckets: false,
      }),
      versioned: true,
      // Nobody can read without signing what lies under a KMS key.
      encryption: BucketEncryption.S3_MANAGED,
      // The cast: CDK's own types do not keep exactOptionalPropertyTypes.
      serverAccessLogsBucket: logs as IBucket,
      serverAccessLogsPrefix: 'issuers/',
      lifecycleRules: [
        {
          id: 'ForgetWhatWasReplaced',
          noncurrentVersionExpiration: Duration.days(90),
          abortIncompleteMultipartUploadAfter: Duration.days(7),
        },
      ],
    });
    bucket.addToResourcePolicy(
      new PolicyStatement({
        sid: 'EverybodyReadsIssuers',
        principals: [new AnyPrincipal()],
        actions: ['s3:GetObject'],
        resources: ['*/.well-known/openid-configuration', '*/openid/v1/jwks'].map((path) =>
          issuersBucketArn(name, path),
        ),
      }),
    );
    acknowledge(bucket, 'AwsSolutions-S2', 'Two documents per cluster are public by purpose (ADR 14)');
  }
}
