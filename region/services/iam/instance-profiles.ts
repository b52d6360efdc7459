import type { CreateInstanceProfileCommandInput, IAM, InstanceProfile } from '@aws-sdk/client-iam';
import type { Operations } from '../../kernel/kernel.ts';
import { checkName, checkPath, checkTags, mergeTags, page, withoutTags } from './checks.ts';
import { describeRole } from './roles.ts';
import {
  alreadyExists,
  changeableRole,
  deleteConflict,
  type IamState,
  limitExceeded,
  noSuchEntity,
  profileOf,
  roleOf,
  type StoredProfile,
} from './state.ts';

/** Instance profiles: each holds one role at most. */
export function instanceProfileOperations(iam: IamState) {
  return {
    createInstanceProfile: (input) => createInstanceProfile(iam, input),
    getInstanceProfile: (input) => ({
      InstanceProfile: describeProfile(iam, profileOf(iam, input.InstanceProfileName)),
    }),
    listInstanceProfiles: (input) => {
      const asked = [...iam.profiles.values()].filter((each) =>
        each.path.startsWith(input.PathPrefix ?? '/'),
      );
      const { items, marks } = page(asked, (profile) => profile.name, input);
      return { InstanceProfiles: items.map((profile) => describeProfile(iam, profile)), ...marks };
    },
    listInstanceProfilesForRole: (input) => {
      const { name } = roleOf(iam, input.RoleName);
      const holders = [...iam.profiles.values()].filter((profile) => profile.roleName === name);
      const { items, marks } = page(holders, (profile) => profile.name, input);
      return { InstanceProfiles: items.map((profile) => describeProfile(iam, profile)), ...marks };
    },
    deleteInstanceProfile: (input) => {
      const profile = profileOf(iam, input.InstanceProfileName);
      if (profile.roleName !== undefined) {
        throw deleteConflict('Cannot delete entity, must remove roles from instance profile first.');
      }
      iam.profiles.delete(profile.name.toLowerCase());
      return {};
    },
    addRoleToInstanceProfile: (input) => {
      const profile = profileOf(iam, input.InstanceProfileName);
      const role = changeableRole(iam, input.RoleName, 'AddRoleToInstanceProfile');
      if (profile.roleName !== undefined) {
        throw limitExceeded('Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1');
      }
      profile.roleName = role.name;
      return {};
    },
    removeRoleFromInstanceProfile: (input) => {
      const profile = profileOf(iam, input.InstanceProfileName);
      const role = roleOf(iam, input.RoleName);
      if (profile.roleName !== role.name) {
        throw noSuchEntity(`Role ${role.name} is not associated with the instance profile ${profile.name}.`);
      }
      delete profile.roleName;
      return {};
    },
    ...tagOperations(iam),
  } satisfies Operations<IAM>;
}

function tagOperations(iam: IamState) {
  return {
    tagInstanceProfile: (input) => {
      const profile = profileOf(iam, input.InstanceProfileName);
      profile.tags = mergeTags(profile.tags, input.Tags);
      return {};
    },
    untagInstanceProfile: (input) => {
      const profile = profileOf(iam, input.InstanceProfileName);
      profile.tags = withoutTags(profile.tags, input.TagKeys);
      return {};
    },
    listInstanceProfileTags: (input) => {
      const { items, marks } = page(
        profileOf(iam, input.InstanceProfileName).tags,
        (tag) => tag.Key ?? '',
        input,
      );
      return { Tags: [...items], ...marks };
    },
  } satisfies Operations<IAM>;
}

function createInstanceProfile(iam: IamState, input: CreateInstanceProfileCommandInput) {
  const name = checkName(input.InstanceProfileName, 'instanceProfileName', 128);
  const path = checkPath(input.Path);
  const tags = checkTags(input.Tags);
  if (iam.profiles.has(name.toLowerCase())) throw alreadyExists(`Instance Profile ${name} already exists.`);
  const profile: StoredProfile = {
    name,
    id: `AIPA${iam.kernel.ids.upper(17)}`,
    arn: `arn:aws:iam::${iam.kernel.accountId}:instance-profile${path}${name}`,
    path,
    createdAt: iam.kernel.clock.now(),
    tags,
  };
  iam.profiles.set(name.toLowerCase(), profile);
  return { InstanceProfile: describeProfile(iam, profile) };
}

function describeProfile(iam: IamState, profile: StoredProfile): InstanceProfile {
  return {
    Path: profile.path,
    InstanceProfileName: profile.name,
    InstanceProfileId: profile.id,
    Arn: profile.arn,
    CreateDate: profile.createdAt,
    Roles: profile.roleName === undefined ? [] : [describeRole(roleOf(iam, profile.roleName))],
    ...(profile.tags.length > 0 && { Tags: [...profile.tags] }),
  };
}
