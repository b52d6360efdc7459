import type { Tag } from '@aws-sdk/client-iam';
import { AwsError } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { managedPolicies } from './managed-policies.ts';

export interface StoredRole {
  readonly name: string;
  readonly id: string;
  readonly arn: string;
  readonly path: string;
  readonly createdAt: Date;
  /** A service-linked role belongs to its service: nobody else changes it. */
  readonly linkedTo?: string;
  trustPolicy: string;
  description: string;
  maxSessionSeconds: number;
  boundaryArn?: string;
  tags: Tag[];
  readonly inline: Map<string, string>;
  /** ARNs of managed policies. */
  readonly attached: Set<string>;
}

export interface StoredProfile {
  readonly name: string;
  readonly id: string;
  readonly arn: string;
  readonly path: string;
  readonly createdAt: Date;
  roleName?: string;
  tags: Tag[];
}

export interface StoredProvider {
  readonly arn: string;
  /** The issuer's URL without `https://`. */
  readonly name: string;
  readonly createdAt: Date;
  clientIds: string[];
  thumbprints: string[];
  tags: Tag[];
}

export interface PolicyVersionRecord {
  readonly versionId: string;
  readonly document: string;
  readonly createdAt: Date;
}

export interface StoredPolicy {
  readonly name: string;
  readonly id: string;
  readonly arn: string;
  readonly path: string;
  readonly createdAt: Date;
  readonly description: string;
  updatedAt: Date;
  defaultVersionId: string;
  versionsMade: number;
  readonly versions: Map<string, PolicyVersionRecord>;
  tags: Tag[];
}

export interface IamState {
  readonly kernel: Kernel;
  /** By name: names are unique in an account whatever the path, and case does not tell them apart. */
  readonly roles: Map<string, StoredRole>;
  readonly profiles: Map<string, StoredProfile>;
  /** By ARN; AWS's own policies are among them. */
  readonly policies: Map<string, StoredPolicy>;
  /** OpenID Connect providers, by ARN. */
  readonly providers: Map<string, StoredProvider>;
}

export function createState(kernel: Kernel): IamState {
  const iam: IamState = {
    kernel,
    roles: new Map(),
    profiles: new Map(),
    policies: new Map(),
    providers: new Map(),
  };
  for (const { path, name, document } of managedPolicies) {
    const arn = `arn:aws:iam::aws:policy${path}${name}`;
    iam.policies.set(arn, newPolicy(iam, { arn, path, name, document: JSON.stringify(document) }));
  }
  return iam;
}

/** A new managed policy with its version v1. */
export function newPolicy(
  iam: IamState,
  input: { arn: string; path: string; name: string; document: string; description?: string; tags?: Tag[] },
): StoredPolicy {
  const createdAt = iam.kernel.clock.now();
  return {
    name: input.name,
    id: `ANPA${iam.kernel.ids.upper(17)}`,
    arn: input.arn,
    path: input.path,
    createdAt,
    description: input.description ?? '',
    updatedAt: createdAt,
    defaultVersionId: 'v1',
    versionsMade: 1,
    versions: new Map([['v1', { versionId: 'v1', document: input.document, createdAt }]]),
    tags: input.tags ?? [],
  };
}

export function roleOf(iam: IamState, name: string | undefined): StoredRole {
  const role = iam.roles.get((name ?? '').toLowerCase());
  if (role) return role;
  throw noSuchEntity(`The role with name ${name} cannot be found.`);
}

/** The role, unless it is service-linked: then UnmodifiableEntity. */
export function changeableRole(iam: IamState, name: string | undefined, operation: string): StoredRole {
  const role = roleOf(iam, name);
  if (role.linkedTo === undefined) return role;
  throw new AwsError(
    'UnmodifiableEntity',
    `Cannot perform the operation on the protected role '${role.name}' - this role is only modifiable by AWS: ${operation}`,
  );
}

export function profileOf(iam: IamState, name: string | undefined): StoredProfile {
  const profile = iam.profiles.get((name ?? '').toLowerCase());
  if (profile) return profile;
  throw noSuchEntity(`Instance Profile ${name} cannot be found.`);
}

export function policyOf(iam: IamState, arn: string | undefined): StoredPolicy {
  const policy = iam.policies.get(arn ?? '');
  if (policy) return policy;
  throw noSuchEntity(`Policy ${arn} was not found.`);
}

/** The text of a managed policy's default version. */
export function defaultDocument(policy: StoredPolicy): string {
  return policy.versions.get(policy.defaultVersionId)?.document ?? '';
}

export function noSuchEntity(message: string): AwsError {
  return new AwsError('NoSuchEntity', message, { status: 404 });
}

export function alreadyExists(message: string): AwsError {
  return new AwsError('EntityAlreadyExists', message, { status: 409 });
}

export function deleteConflict(message: string): AwsError {
  return new AwsError('DeleteConflict', message, { status: 409 });
}

export function limitExceeded(message: string): AwsError {
  return new AwsError('LimitExceeded', message, { status: 409 });
}
