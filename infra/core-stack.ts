import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { IManagedPolicy } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { DeploymentBucket } from './core/bucket.ts';
import { DeploymentKey } from './core/key.ts';
import { NodeBoundary } from './core/node-boundary.ts';
import { Registry } from './core/registry.ts';
import type { Deployment } from './names.ts';

/** What lasts: the key, the registry, the bucket, and the boundary of the nodes' roles. */
export class CoreStack extends Stack {
  readonly key: IKey;
  readonly table: Table;
  readonly bucket: Bucket;
  readonly nodeBoundary: IManagedPolicy;

  constructor(scope: Construct, id: string, deployment: Deployment, props: StackProps) {
    super(scope, id, props);
    const { name } = deployment;
    this.key = new DeploymentKey(this, 'Encryption', { name }).key;
    this.table = new Registry(this, 'Registry', { name }).table;
    this.bucket = new DeploymentBucket(this, 'Storage', { name, key: this.key }).bucket;
    this.nodeBoundary = new NodeBoundary(this, 'NodeBoundary', { name, key: this.key }).policy;
  }
}
