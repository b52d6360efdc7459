import { Aws } from 'aws-cdk-lib';
import type { TaskEntry } from '../functions/catalog.ts';

/** All that the stacks need to know of the deployment; its name is the prefix of every physical name. */
export interface Deployment {
  readonly name: string;
  readonly catalog: readonly TaskEntry[];
  /** Folder with one folder per task, each with the `index.mjs` that is to be uploaded. */
  readonly bundleDir: string;
  /** Folder with the workflows, `<workflow>.asl.json`. */
  readonly workflowDir: string;
}

/** No hyphen: the policies' `trivet-*` must not match the names of a deployment called `trivet-two`. */
const deploymentNamePattern = /^[a-z][a-z0-9]{0,9}$/;

/** Returns `name`, or throws when AWS would refuse the names that are made from it. */
export function checkedDeploymentName(name: string): string {
  if (deploymentNamePattern.test(name)) return name;
  throw new Error(
    `The deployment name "${name}" is not one to ten lower-case letters and digits that begin with a letter: ` +
      'set the context "deployment" to such a name',
  );
}

/** `plan-cluster` → `PlanCluster`: the placeholder in workflows and the construct id (one name, four casings). */
export function pascalCase(name: string): string {
  return name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}

/** Tag on everything that belongs to a deployment; policies are conditioned on it (S20). */
export const deploymentTag = 'trivet:deployment';

/** ARN of a resource of this account and region, for example `arn('ec2', 'volume/*')`. */
export function arn(service: string, resource: string): string {
  return `arn:${Aws.PARTITION}:${service}:${Aws.REGION}:${Aws.ACCOUNT_ID}:${resource}`;
}

/** ARN of what lies under `path` in the deployment's bucket; with the path `''` of the bucket itself. */
export function bucketArn(deployment: string, path = ''): string {
  const bucket = `arn:${Aws.PARTITION}:s3:::${bucketName(deployment)}`;
  return path === '' ? bucket : `${bucket}/${path}`;
}

/** The log group of all tasks. */
export function taskLogGroupName(deployment: string): string {
  return `/${deployment}/tasks`;
}

export function bucketName(deployment: string): string {
  return `${deployment}-${Aws.ACCOUNT_ID}-${Aws.REGION}`;
}

/** The bucket of the clusters' issuers; its name is part of each issuer's URL (node/kubernetes/input.ts). */
export function issuersBucketName(deployment: string): string {
  return `${bucketName(deployment)}-issuers`;
}

/** ARN of what lies under `path` in the bucket of the clusters' issuers; with the path `''` of the bucket itself. */
export function issuersBucketArn(deployment: string, path = ''): string {
  const bucket = `arn:${Aws.PARTITION}:s3:::${issuersBucketName(deployment)}`;
  return path === '' ? bucket : `${bucket}/${path}`;
}

/** ARN of an IAM resource, which has no region. */
export function iamArn(resource: string): string {
  return `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:${resource}`;
}
