import type { Kernel, Service } from '../../kernel/kernel.ts';
import { identityProviderOperations } from './identity-providers.ts';
import { instanceProfileOperations } from './instance-profiles.ts';
import { policyOperations } from './policies.ts';
import { rolePolicyOperations } from './role-policies.ts';
import { roleOperations } from './roles.ts';
import { serviceLinkedRoleOperations } from './service-linked-roles.ts';
import { createState, defaultDocument, type IamState, type StoredRole } from './state.ts';

/** A role as the services that assume it see it. Documents are JSON text. */
export interface IamRole {
  readonly name: string;
  /** `AROA…`: the first half of `${aws:userid}`. */
  readonly id: string;
  readonly arn: string;
  readonly path: string;
  readonly trustPolicy: string;
  readonly maxSessionSeconds: number;
  readonly tags: Readonly<Record<string, string>>;
  /** Inline and attached policies together. */
  readonly policies: readonly { readonly name: string; readonly document: string }[];
  readonly boundary?: { readonly arn: string; readonly document: string };
}

export interface IamService extends Service {
  readonly id: 'iam';
  /** The role of an AROA id, an ARN or a name; undefined when there is none. */
  roleById(idArnOrName: string): IamRole | undefined;
  /** The role in an instance profile, by the profile's name or ARN; undefined for no profile or an empty one. */
  roleForProfile(nameOrArn: string): IamRole | undefined;
  /** The ARN and id of an instance profile, by name or ARN. */
  profileById(
    nameOrArn: string,
  ): { readonly name: string; readonly arn: string; readonly id: string } | undefined;
  /** The OpenID Connect provider of an issuer, by its URL; `name` is the URL without `https://`. */
  identityProvider(
    url: string,
  ): { readonly arn: string; readonly name: string; readonly clientIds: readonly string[] } | undefined;
}

/** IAM: roles, policies, instance profiles and identity providers with real ARNs, ids and refusals. Who may do what is the kernel's `authorize`. */
export function createIam(kernel: Kernel): IamService {
  const iam = createState(kernel);
  const roleById = (asked: string): IamRole | undefined => {
    const stored = [...iam.roles.values()].find(
      (role) => role.id === asked || role.arn === asked || role.name.toLowerCase() === asked.toLowerCase(),
    );
    return stored && view(iam, stored);
  };
  const profileOf = (asked: string) =>
    [...iam.profiles.values()].find(
      (profile) => profile.arn === asked || profile.name.toLowerCase() === asked.toLowerCase(),
    );
  return {
    id: 'iam',
    operations: {
      ...roleOperations(iam),
      ...rolePolicyOperations(iam),
      ...policyOperations(iam),
      ...instanceProfileOperations(iam),
      ...identityProviderOperations(iam),
      ...serviceLinkedRoleOperations(iam),
    },
    roleById,
    roleForProfile: (asked) => {
      const roleName = profileOf(asked)?.roleName;
      return roleName === undefined ? undefined : roleById(roleName);
    },
    profileById: (asked) => {
      const profile = profileOf(asked);
      return profile && { name: profile.name, arn: profile.arn, id: profile.id };
    },
    identityProvider: (url) => [...iam.providers.values()].find(({ name }) => `https://${name}` === url),
  };
}

function view(iam: IamState, role: StoredRole): IamRole {
  const attached = [...role.attached].flatMap((arn) => {
    const policy = iam.policies.get(arn);
    return policy ? [{ name: policy.name, document: defaultDocument(policy) }] : [];
  });
  const boundary = role.boundaryArn === undefined ? undefined : iam.policies.get(role.boundaryArn);
  return {
    name: role.name,
    id: role.id,
    arn: role.arn,
    path: role.path,
    trustPolicy: role.trustPolicy,
    maxSessionSeconds: role.maxSessionSeconds,
    tags: Object.fromEntries(role.tags.map((tag) => [tag.Key ?? '', tag.Value ?? ''])),
    policies: [...[...role.inline].map(([name, document]) => ({ name, document })), ...attached],
    ...(boundary && { boundary: { arn: boundary.arn, document: defaultDocument(boundary) } }),
  };
}
