import type { CreateRoleCommandInput, IAM, Role, UpdateRoleCommandInput } from '@aws-sdk/client-iam';
import type { Operations } from '../../kernel/kernel.ts';
import {
  checkName,
  checkPath,
  checkTags,
  checkTrustPolicy,
  invalid,
  mergeTags,
  page,
  withoutTags,
} from './checks.ts';
import {
  alreadyExists,
  changeableRole,
  deleteConflict,
  type IamState,
  noSuchEntity,
  roleOf,
  type StoredRole,
} from './state.ts';

/** Roles. Documents come back URL-encoded, as IAM gives them (RFC 3986). */
export function roleOperations(iam: IamState) {
  return {
    createRole: (input) => createRole(iam, input),
    getRole: (input) => ({ Role: describeRole(roleOf(iam, input.RoleName)) }),
    listRoles: (input) => {
      const { items, marks } = page(
        [...iam.roles.values()].filter((role) => role.path.startsWith(input.PathPrefix ?? '/')),
        (role) => role.name,
        input,
      );
      // ListRoles leaves out the boundary and the tags.
      return {
        Roles: items.map((role) => {
          const { PermissionsBoundary: _boundary, Tags: _tags, ...rest } = describeRole(role);
          return rest;
        }),
        ...marks,
      };
    },
    deleteRole: (input) => deleteRole(iam, input.RoleName),
    updateRole: (input) => updateRole(iam, input),
    updateAssumeRolePolicy: (input) => {
      const role = changeableRole(iam, input.RoleName, 'UpdateAssumeRolePolicy');
      role.trustPolicy = checkTrustPolicy(iam, input.PolicyDocument);
      return {};
    },
    putRolePermissionsBoundary: (input) => {
      const role = changeableRole(iam, input.RoleName, 'PutRolePermissionsBoundary');
      role.boundaryArn = checkBoundary(iam, input.PermissionsBoundary ?? '');
      return {};
    },
    deleteRolePermissionsBoundary: (input) => {
      const role = changeableRole(iam, input.RoleName, 'DeleteRolePermissionsBoundary');
      if (role.boundaryArn === undefined) {
        throw noSuchEntity(`The role with name ${role.name} does not have a permissions boundary.`);
      }
      delete role.boundaryArn;
      return {};
    },
    tagRole: (input) => {
      const role = roleOf(iam, input.RoleName);
      role.tags = mergeTags(role.tags, input.Tags);
      return {};
    },
    untagRole: (input) => {
      const role = roleOf(iam, input.RoleName);
      role.tags = withoutTags(role.tags, input.TagKeys);
      return {};
    },
    listRoleTags: (input) => {
      const { items, marks } = page(roleOf(iam, input.RoleName).tags, (tag) => tag.Key ?? '', input);
      return { Tags: [...items], ...marks };
    },
  } satisfies Operations<IAM>;
}

function createRole(iam: IamState, input: CreateRoleCommandInput) {
  const name = checkName(input.RoleName, 'roleName', 64);
  const path = checkPath(input.Path);
  const trustPolicy = checkTrustPolicy(iam, input.AssumeRolePolicyDocument);
  const tags = checkTags(input.Tags);
  const maxSessionSeconds = checkSession(input.MaxSessionDuration);
  const description = checkDescription(input.Description);
  if (iam.roles.has(name.toLowerCase())) throw alreadyExists(`Role with name ${name} already exists.`);
  const boundary = input.PermissionsBoundary;
  const role = addRole(iam, {
    name,
    path,
    trustPolicy,
    description,
    maxSessionSeconds,
    tags,
    ...(boundary !== undefined && { boundaryArn: checkBoundary(iam, boundary) }),
  });
  return { Role: describeRole(role) };
}

/** Stores a role under a new AROA id. */
export function addRole(
  iam: IamState,
  input: Omit<StoredRole, 'id' | 'arn' | 'createdAt' | 'inline' | 'attached'>,
): StoredRole {
  const role: StoredRole = {
    ...input,
    id: `AROA${iam.kernel.ids.upper(17)}`,
    arn: `arn:aws:iam::${iam.kernel.accountId}:role${input.path}${input.name}`,
    createdAt: iam.kernel.clock.now(),
    inline: new Map(),
    attached: new Set(),
  };
  iam.roles.set(role.name.toLowerCase(), role);
  return role;
}

function checkSession(seconds: number | undefined): number {
  if (seconds === undefined) return 3600;
  if (seconds >= 3600 && seconds <= 43_200) return seconds;
  throw invalid(String(seconds), 'maxSessionDuration', 'Member must have value between 3600 and 43200');
}

function checkDescription(description: string | undefined): string {
  if (description === undefined || description.length <= 1000) return description ?? '';
  throw invalid(description, 'description', 'Member must have length less than or equal to 1000');
}

function checkBoundary(iam: IamState, arn: string): string {
  if (iam.policies.has(arn)) return arn;
  throw noSuchEntity(`Scope ARN: ${arn} does not exist or is not attachable.`);
}

function deleteRole(iam: IamState, name: string | undefined) {
  const role = changeableRole(iam, name, 'DeleteRole');
  const held = [...iam.profiles.values()].some((profile) => profile.roleName === role.name);
  if (held) throw deleteConflict('Cannot delete entity, must remove roles from instance profile first.');
  if (role.attached.size > 0) throw deleteConflict('Cannot delete entity, must detach all policies first.');
  if (role.inline.size > 0) throw deleteConflict('Cannot delete entity, must delete policies first.');
  iam.roles.delete(role.name.toLowerCase());
  return {};
}

function updateRole(iam: IamState, input: UpdateRoleCommandInput) {
  const role = changeableRole(iam, input.RoleName, 'UpdateRole');
  if (input.Description !== undefined) role.description = checkDescription(input.Description);
  if (input.MaxSessionDuration !== undefined) role.maxSessionSeconds = checkSession(input.MaxSessionDuration);
  return {};
}

/** A role in the SDK's shape. */
export function describeRole(role: StoredRole): Role {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: role.arn,
    CreateDate: role.createdAt,
    AssumeRolePolicyDocument: encodeDocument(role.trustPolicy),
    ...(role.description !== '' && { Description: role.description }),
    MaxSessionDuration: role.maxSessionSeconds,
    ...(role.boundaryArn !== undefined && {
      PermissionsBoundary: {
        PermissionsBoundaryType: 'Policy' as 'PermissionsBoundaryPolicy',
        PermissionsBoundaryArn: role.boundaryArn,
      },
    }),
    ...(role.tags.length > 0 && { Tags: [...role.tags] }),
    RoleLastUsed: {},
  };
}

/** RFC 3986: what `encodeURIComponent` leaves of the reserved characters is encoded too. */
export function encodeDocument(document: string): string {
  return encodeURIComponent(document).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
