import { Aws } from 'aws-cdk-lib';
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { acknowledgeWildcards } from '../acknowledge.ts';
import { bucketArn } from '../names.ts';

/**
 * The most that any node may ever be allowed. Trivet makes a role for each slot and pool, each for its own prefix; a role without this
 * boundary it may not make. The private keys of the certificate authorities are outside it.
 */
export class NodeBoundary extends Construct {
  readonly policy: ManagedPolicy;

  constructor(scope: Construct, id: string, props: { name: string; key: IKey }) {
    super(scope, id);
    const { name, key } = props;
    const paths = ['clusters/*/slots/*', 'clusters/*/pools/*', 'clusters/*/workers/*/join', 'artifacts/*'];
    const readable = paths.map((path) => bucketArn(name, path));
    const reports = [
      bucketArn(name, 'clusters/*/slots/*/reports/*'),
      bucketArn(name, 'clusters/*/workers/*/report'),
    ];
    this.policy = new ManagedPolicy(this, 'Policy', {
      // IAM knows no regions: without the region in its name, a second deployment's policy would clash.
      managedPolicyName: `${name}-node-boundary-${Aws.REGION}`,
      path: `/${name}/`,
      description: 'The most that a node of a cluster may be allowed',
      statements: [
        new PolicyStatement({
          sid: 'ReadNodeFilesAndArtifacts',
          actions: ['s3:GetObject'],
          resources: readable,
        }),
        new PolicyStatement({
          sid: 'WriteReports',
          actions: ['s3:PutObject'],
          resources: reports,
        }),
        new PolicyStatement({
          // Without it S3 answers 403, not 404, for a directive that is not written yet.
          sid: 'TellMissingFromForbidden',
          actions: ['s3:ListBucket'],
          resources: [bucketArn(name)],
          conditions: { StringLike: { 's3:prefix': paths } },
        }),
        new PolicyStatement({
          sid: 'UseTheKeyThroughS3',
          actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
          resources: [key.keyArn],
          conditions: { StringEquals: { 'kms:ViaService': `s3.${Aws.REGION}.amazonaws.com` } },
        }),
      ],
    });
    acknowledgeWildcards(
      this.policy,
      [...readable, ...reports],
      'A boundary over the roles of all slots and pools; each role names its own prefix',
    );
  }
}
