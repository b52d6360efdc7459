import type { WantedNodeRole } from '../clusters/decide-node-role.ts';
import { namesOf, objectKeys, poolResourceName } from '../clusters/names.ts';
import { type Owner, tagsOf } from '../clusters/ownership.ts';
import type { ClusterSpec, PoolSpec } from '../clusters/spec-schema.ts';

/**
 * What a pool's instances may do: read what the pool has in common and what lies under their own instance's prefix, which IAM itself names
 * by `aws:userid`; write their own report. Nothing of EC2: a kubelet with an external cloud provider needs none of it.
 */
export function wantedWorkerRole(
  owner: Owner,
  spec: ClusterSpec,
  pool: PoolSpec,
  deployment: { readonly bucket: string; readonly keyArn: string },
): WantedNodeRole {
  const name = poolResourceName(owner.deployment, spec.name, pool.name);
  const keys = objectKeys(spec.name);
  const bucketArn = `arn:aws:s3:::${deployment.bucket}`;
  // IAM's own variable, not ours.
  const own = keys.worker('${aws:userid}');
  const readable = [`${keys.pool(pool.name)}*`, own.join, 'artifacts/*'];
  return {
    name,
    path: namesOf(owner.deployment, spec.name).rolePath,
    description: `Workers of pool ${pool.name} of cluster ${spec.name}`,
    trustPolicy: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
    },
    policy: {
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'ReadPoolAndOwn',
          Effect: 'Allow',
          Action: 's3:GetObject',
          Resource: readable.map((path) => `${bucketArn}/${path}`),
        },
        {
          // Without it S3 answers 403, not 404, for what is not written yet: it takes the key that was asked for as s3:prefix.
          Sid: 'TellMissingFromForbidden',
          Effect: 'Allow',
          Action: 's3:ListBucket',
          Resource: bucketArn,
          Condition: { StringLike: { 's3:prefix': readable } },
        },
        {
          Sid: 'WriteOwnReport',
          Effect: 'Allow',
          Action: 's3:PutObject',
          Resource: `${bucketArn}/${own.report}`,
        },
        {
          Sid: 'UseDeploymentKey',
          Effect: 'Allow',
          Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
          Resource: deployment.keyArn,
        },
      ],
    },
    tags: tagsOf({ ...owner, pool: pool.name }, name, spec.tags),
  };
}
