import type {
  CreatePolicyCommandInput,
  CreatePolicyVersionCommandInput,
  IAM,
  Policy,
} from '@aws-sdk/client-iam';
import type { Operations } from '../../kernel/kernel.ts';
import {
  checkIdentityPolicy,
  checkName,
  checkPath,
  checkTags,
  mergeTags,
  page,
  withoutSpace,
  withoutTags,
} from './checks.ts';
import { encodeDocument } from './roles.ts';
import {
  alreadyExists,
  deleteConflict,
  type IamState,
  limitExceeded,
  newPolicy,
  noSuchEntity,
  policyOf,
  type StoredPolicy,
} from './state.ts';

/** Managed policies and their versions. */
export function policyOperations(iam: IamState) {
  return {
    createPolicy: (input) => createPolicy(iam, input),
    getPolicy: (input) => ({ Policy: describePolicy(iam, policyOf(iam, input.PolicyArn)) }),
    listPolicies: (input) => {
      const scope = input.Scope ?? 'All';
      const asked = [...iam.policies.values()].filter((policy) => {
        const ours = !policy.arn.startsWith('arn:aws:iam::aws:');
        return (
          (scope === 'All' || (scope === 'Local') === ours) &&
          policy.path.startsWith(input.PathPrefix ?? '/') &&
          (!input.OnlyAttached || attachments(iam, policy) > 0)
        );
      });
      const { items, marks } = page(asked, (policy) => policy.arn, input);
      return { Policies: items.map((policy) => describePolicy(iam, policy)), ...marks };
    },
    deletePolicy: (input) => {
      const policy = policyOf(iam, input.PolicyArn);
      if (attachments(iam, policy) + boundaries(iam, policy) > 0) {
        throw deleteConflict('Cannot delete a policy attached to entities.');
      }
      if (policy.versions.size > 1) {
        throw deleteConflict(
          "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
        );
      }
      iam.policies.delete(policy.arn);
      return {};
    },
    tagPolicy: (input) => {
      const policy = policyOf(iam, input.PolicyArn);
      policy.tags = mergeTags(policy.tags, input.Tags);
      return {};
    },
    untagPolicy: (input) => {
      const policy = policyOf(iam, input.PolicyArn);
      policy.tags = withoutTags(policy.tags, input.TagKeys);
      return {};
    },
    ...versionOperations(iam),
  } satisfies Operations<IAM>;
}

function versionOperations(iam: IamState) {
  const versionOf = (policy: StoredPolicy, id: string | undefined) => {
    const version = policy.versions.get(id ?? '');
    if (version) return version;
    throw noSuchEntity(`Policy ${policy.arn} version ${id} does not exist or is not attachable.`);
  };
  return {
    createPolicyVersion: (input) => createPolicyVersion(iam, input),
    getPolicyVersion: (input) => {
      const policy = policyOf(iam, input.PolicyArn);
      const version = versionOf(policy, input.VersionId);
      return {
        PolicyVersion: {
          Document: encodeDocument(version.document),
          VersionId: version.versionId,
          IsDefaultVersion: version.versionId === policy.defaultVersionId,
          CreateDate: version.createdAt,
        },
      };
    },
    listPolicyVersions: (input) => {
      const policy = policyOf(iam, input.PolicyArn);
      return {
        Versions: [...policy.versions.values()].reverse().map((version) => ({
          VersionId: version.versionId,
          IsDefaultVersion: version.versionId === policy.defaultVersionId,
          CreateDate: version.createdAt,
        })),
        IsTruncated: false,
      };
    },
    setDefaultPolicyVersion: (input) => {
      const policy = policyOf(iam, input.PolicyArn);
      policy.defaultVersionId = versionOf(policy, input.VersionId).versionId;
      return {};
    },
    deletePolicyVersion: (input) => {
      const policy = policyOf(iam, input.PolicyArn);
      const { versionId } = versionOf(policy, input.VersionId);
      if (versionId === policy.defaultVersionId) {
        throw deleteConflict('Cannot delete the default version of a policy.');
      }
      policy.versions.delete(versionId);
      return {};
    },
  } satisfies Operations<IAM>;
}

function createPolicy(iam: IamState, input: CreatePolicyCommandInput) {
  const name = checkName(input.PolicyName, 'policyName', 128);
  const path = checkPath(input.Path);
  const document = checkDocument(input.PolicyDocument);
  const tags = checkTags(input.Tags);
  const taken = [...iam.policies.values()].some(
    (policy) =>
      policy.name.toLowerCase() === name.toLowerCase() && !policy.arn.startsWith('arn:aws:iam::aws:'),
  );
  if (taken) throw alreadyExists(`A policy called ${name} already exists. Duplicate names are not allowed.`);
  const policy = newPolicy(iam, {
    arn: `arn:aws:iam::${iam.kernel.accountId}:policy${path}${name}`,
    path,
    name,
    document,
    description: input.Description ?? '',
    tags,
  });
  iam.policies.set(policy.arn, policy);
  return { Policy: describePolicy(iam, policy) };
}

function checkDocument(document: string | undefined): string {
  const text = checkIdentityPolicy(document);
  if (withoutSpace(text) <= 6144) return text;
  throw limitExceeded('Cannot exceed quota for PolicySize: 6144');
}

function createPolicyVersion(iam: IamState, input: CreatePolicyVersionCommandInput) {
  const policy = policyOf(iam, input.PolicyArn);
  const document = checkDocument(input.PolicyDocument);
  if (policy.versions.size >= 5) {
    throw limitExceeded(
      'A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.',
    );
  }
  policy.versionsMade += 1;
  const versionId = `v${policy.versionsMade}`;
  const createdAt = iam.kernel.clock.now();
  policy.versions.set(versionId, { versionId, document, createdAt });
  if (input.SetAsDefault) policy.defaultVersionId = versionId;
  policy.updatedAt = createdAt;
  return {
    PolicyVersion: {
      VersionId: versionId,
      IsDefaultVersion: input.SetAsDefault === true,
      CreateDate: createdAt,
    },
  };
}

function attachments(iam: IamState, policy: StoredPolicy): number {
  return [...iam.roles.values()].filter((role) => role.attached.has(policy.arn)).length;
}

function boundaries(iam: IamState, policy: StoredPolicy): number {
  return [...iam.roles.values()].filter((role) => role.boundaryArn === policy.arn).length;
}

function describePolicy(iam: IamState, policy: StoredPolicy): Policy {
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: policy.defaultVersionId,
    AttachmentCount: attachments(iam, policy),
    PermissionsBoundaryUsageCount: boundaries(iam, policy),
    IsAttachable: true,
    ...(policy.description !== '' && { Description: policy.description }),
    CreateDate: policy.createdAt,
    UpdateDate: policy.updatedAt,
    ...(policy.tags.length > 0 && { Tags: [...policy.tags] }),
  };
}
