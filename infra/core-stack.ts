import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { IManagedPolicy } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { AddOnBoundary } from './core/add-on-boundary.ts';
import { DeploymentBucket } from './core/bucket.ts';
import { IssuersBucket } from './core/issuers-bucket.ts';
import { DeploymentKey } from './core/key.ts';
import { NodeBoundary } from './core/node-boundary.ts';
import { Registry } from './core/registry.ts';
import type { Deployment } from './names.ts';

/** What lasts: the key, the registry, the buckets, and the boundaries of the roles that tasks make. */
export class CoreStack extends Stack {
  readonly key: IKey;
  readonly table: Table;
  readonly bucket: Bucket;
  readonly nodeBoundary: IManagedPolicy;
  readonly addOnBoundary: IManagedPolicy;

  constructor(scope: Construct, id: string, deployment: Deployment, props: StackProps) {
    super(scope, id, props);
    const { name } = deployment;
    this.key = new DeploymentKey(this, 'Encryption', { name }).key;
    this.table = new Registry(this, 'Registry', { name }).table;
    const storage = new DeploymentBucket(this, 'Storage', { name, key: this.key });
    this.bucket = storage.bucket;
    new IssuersBucket(this, 'Issuers', { name, logs: storage.logs });
    this.nodeBoundary = new NodeBoundary(this, 'NodeBoundary', { name, key: this.key }).policy;
    this.addOnBoundary = new AddOnBoundary(this, 'AddOnBoundary', { name, key: this.key }).policy;
  }
}
