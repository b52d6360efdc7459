import * as z from 'zod/mini';
import { ConfigInvalid } from './errors.ts';

/** Lambda's own limit; used where the deployment names no shorter one, because waiting longer is the safe side. */
const lambdaTimeoutSecondsMax = 900;

const list = z.pipe(
  z.string(),
  z.transform((text: string) => text.split(',').filter((part) => part !== '')),
);
const name = z.string().check(z.minLength(1));

const environment = z.object({
  // As infra/names.ts checks it. No hyphen: the policies' `trivet-*` must not match a deployment called `trivet-two`.
  TRIVET_DEPLOYMENT: z.string().check(z.regex(/^[a-z][a-z0-9]{0,9}$/)),
  TRIVET_REGISTRY_TABLE: name,
  TRIVET_BUCKET: name,
  TRIVET_KEY_ARN: name,
  TRIVET_VPC_ID: name,
  TRIVET_SUBNET_IDS: list,
  TRIVET_ETCD_CLIENT_SECURITY_GROUP_ID: name,
  TRIVET_PERMISSIONS_BOUNDARY_ARN: name,
  TRIVET_ADD_ON_BOUNDARY_ARN: name,
  TRIVET_STATE_MACHINE_ARN_PREFIX: name,
  TRIVET_LONGEST_TASK_TIMEOUT_SECONDS: z.optional(z.string().check(z.regex(/^[0-9]{1,3}$/))),
  AWS_REGION: name,
});

/** What the deployment tells every task (plan §3). */
export interface Config {
  /** Prefix of all physical names. */
  readonly deployment: string;
  readonly region: string;
  readonly registryTable: string;
  readonly bucket: string;
  readonly keyArn: string;
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  /** Security group of the tasks that talk to etcd. */
  readonly etcdClientSecurityGroupId: string;
  readonly permissionsBoundaryArn: string;
  /** The most that an add-on's role may be allowed. */
  readonly addOnBoundaryArn: string;
  /** What the ARNs of the deployment's workflows begin with, up to the workflow's name. */
  readonly stateMachineArnPrefix: string;
  /** A lease is taken over only when its holder has ended and this long has passed since (design §5). */
  readonly longestTaskTimeoutSeconds: number;
}

/** Reads the environment. Throws ConfigInvalid naming every variable that is missing or malformed, never a value. */
export function readConfig(variables: Readonly<Record<string, string | undefined>>): Config {
  const parsed = environment.safeParse(variables);
  if (!parsed.success) {
    const names = parsed.error.issues.map((issue) => issue.path.join('.'));
    throw new ConfigInvalid(`missing or malformed environment variables: ${names.join(', ')}`);
  }
  const read = parsed.data;
  return {
    deployment: read.TRIVET_DEPLOYMENT,
    region: read.AWS_REGION,
    registryTable: read.TRIVET_REGISTRY_TABLE,
    bucket: read.TRIVET_BUCKET,
    keyArn: read.TRIVET_KEY_ARN,
    vpcId: read.TRIVET_VPC_ID,
    subnetIds: read.TRIVET_SUBNET_IDS,
    etcdClientSecurityGroupId: read.TRIVET_ETCD_CLIENT_SECURITY_GROUP_ID,
    permissionsBoundaryArn: read.TRIVET_PERMISSIONS_BOUNDARY_ARN,
    addOnBoundaryArn: read.TRIVET_ADD_ON_BOUNDARY_ARN,
    stateMachineArnPrefix: read.TRIVET_STATE_MACHINE_ARN_PREFIX,
    longestTaskTimeoutSeconds: Number(read.TRIVET_LONGEST_TASK_TIMEOUT_SECONDS ?? lambdaTimeoutSecondsMax),
  };
}

let coldStart: Config | undefined;

/** The process's own configuration, read once: the only place in functions/ that looks at the environment. */
export function config(): Config {
  coldStart ??= readConfig(process.env);
  return coldStart;
}
