import type { AttachRolePolicyCommandInput, IAM, PutRolePolicyCommandInput } from '@aws-sdk/client-iam';
import { NotPlayedError } from '../../kernel/errors.ts';
import type { Operations } from '../../kernel/kernel.ts';
import { checkIdentityPolicy, checkName, page, required, withoutSpace } from './checks.ts';
import { encodeDocument } from './roles.ts';
import { changeableRole, type IamState, limitExceeded, noSuchEntity, policyOf, roleOf } from './state.ts';

/** Inline policies of roles, and managed policies attached to them. */
export function rolePolicyOperations(iam: IamState) {
  return {
    putRolePolicy: (input) => putRolePolicy(iam, input),
    getRolePolicy: (input) => {
      const role = roleOf(iam, input.RoleName);
      const document = role.inline.get(input.PolicyName ?? '');
      if (document === undefined) throw noSuchInline(input.PolicyName);
      return {
        RoleName: role.name,
        PolicyName: input.PolicyName,
        PolicyDocument: encodeDocument(document),
      };
    },
    deleteRolePolicy: (input) => {
      const role = changeableRole(iam, input.RoleName, 'DeleteRolePolicy');
      if (!role.inline.delete(input.PolicyName ?? '')) throw noSuchInline(input.PolicyName);
      return {};
    },
    listRolePolicies: (input) => {
      const { items, marks } = page(roleOf(iam, input.RoleName).inline.keys(), (name) => name, input);
      return { PolicyNames: [...items], ...marks };
    },
    attachRolePolicy: (input) => attachRolePolicy(iam, input),
    detachRolePolicy: (input) => {
      const role = changeableRole(iam, input.RoleName, 'DetachRolePolicy');
      if (role.attached.delete(required(input.PolicyArn, 'policyArn'))) return {};
      throw noSuchEntity(`Policy ${input.PolicyArn} was not found.`);
    },
    listAttachedRolePolicies: (input) => {
      const attached = [...roleOf(iam, input.RoleName).attached]
        .map((arn) => policyOf(iam, arn))
        .filter((policy) => policy.path.startsWith(input.PathPrefix ?? '/'));
      const { items, marks } = page(attached, (policy) => policy.arn, input);
      return {
        AttachedPolicies: items.map((policy) => ({ PolicyName: policy.name, PolicyArn: policy.arn })),
        ...marks,
      };
    },
  } satisfies Operations<IAM>;
}

function noSuchInline(name: string | undefined) {
  return noSuchEntity(`The role policy with name ${name} cannot be found.`);
}

/** All inline policies of a role together: 10,240 characters without white space (IAM quotas). */
function putRolePolicy(iam: IamState, input: PutRolePolicyCommandInput) {
  const role = changeableRole(iam, input.RoleName, 'PutRolePolicy');
  const name = checkName(input.PolicyName, 'policyName', 128);
  const document = checkIdentityPolicy(input.PolicyDocument);
  const others = [...role.inline].filter(([each]) => each !== name).map(([, text]) => withoutSpace(text));
  const size = others.reduce((sum, each) => sum + each, withoutSpace(document));
  if (size > 10_240) {
    throw limitExceeded(`Maximum policy size of 10240 bytes exceeded for role ${role.name}`);
  }
  role.inline.set(name, document);
  return {};
}

function attachRolePolicy(iam: IamState, input: AttachRolePolicyCommandInput) {
  const role = changeableRole(iam, input.RoleName, 'AttachRolePolicy');
  const arn = required(input.PolicyArn, 'policyArn');
  if (arn.startsWith('arn:aws:iam::aws:policy/') && !iam.policies.has(arn)) {
    throw new NotPlayedError(`the AWS managed policy ${arn}`);
  }
  const policy = policyOf(iam, arn);
  if (!role.attached.has(arn) && role.attached.size >= 10) {
    throw limitExceeded('Cannot exceed quota for PoliciesPerRole: 10');
  }
  role.attached.add(policy.arn);
  return {};
}
