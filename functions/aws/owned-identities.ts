import {
  DeleteInstanceProfileCommand,
  DeleteOpenIDConnectProviderCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetInstanceProfileCommand,
  GetOpenIDConnectProviderCommand,
  GetRoleCommand,
  IAMClient,
  paginateListAttachedRolePolicies,
  paginateListInstanceProfiles,
  paginateListRolePolicies,
  paginateListRoles,
  RemoveRoleFromInstanceProfileCommand,
} from '@aws-sdk/client-iam';
import { namesOf } from '../clusters/names.ts';
import { assertOwn, type Owner, readTags } from '../clusters/ownership.ts';
import type { Config } from '../runtime/config.ts';
import { calling, callingUnless } from './classify.ts';
import { abortedBy, clientSettings } from './client-settings.ts';
import { deleting, type Owned, type OwnedKind } from './owned.ts';

const missing = ['NoSuchEntity', 'NoSuchEntityException'];
const gone = { codes: missing };
const busy = { codes: ['DeleteConflict', 'DeleteConflictException'] };

/** Roles of a cluster's nodes and add-ons: those below its path. */
export interface OwnedRoles extends OwnedKind {
  /** Takes all policies from a role; IAM deletes no role that has one. */
  strip(role: Owned, owner: Owner, signal?: AbortSignal): Promise<void>;
}

export function makeOwnedRoles(config: Config): OwnedRoles {
  const client = new IAMClient(clientSettings(config));
  return {
    async ofCluster(owner, signal) {
      const pages = paginateListRoles({ client }, { PathPrefix: pathOf(owner) }, abortedBy(signal));
      const roles = await collect('iam:ListRoles', pages, ({ Roles = [] }) => Roles);
      // Lists leave tags out.
      const found = await Promise.all(
        roles.map(async ({ RoleName: id = '' }): Promise<Owned[]> => {
          const call = client.send(new GetRoleCommand({ RoleName: id }), abortedBy(signal));
          const role = (await callingUnless('iam:GetRole', missing, call))?.Role;
          return role ? [{ id, tags: readTags(role.Tags) }] : [];
        }),
      );
      return found.flat();
    },
    async strip({ id, tags }, owner, signal) {
      assertOwn(`role ${id}`, tags, owner);
      const options = abortedBy(signal);
      const inline = paginateListRolePolicies({ client }, { RoleName: id }, options);
      const names = await collect('iam:ListRolePolicies', inline, ({ PolicyNames = [] }) => PolicyNames);
      for (const PolicyName of names) {
        const call = client.send(new DeleteRolePolicyCommand({ RoleName: id, PolicyName }), options);
        await deleting('iam:DeleteRolePolicy', call, { gone });
      }
      const managed = paginateListAttachedRolePolicies({ client }, { RoleName: id }, options);
      const attached = await collect(
        'iam:ListAttachedRolePolicies',
        managed,
        ({ AttachedPolicies = [] }) => AttachedPolicies,
      );
      for (const { PolicyArn } of attached) {
        const call = client.send(new DetachRolePolicyCommand({ RoleName: id, PolicyArn }), options);
        await deleting('iam:DetachRolePolicy', call, { gone });
      }
    },
    async remove({ id, tags }, owner, signal) {
      assertOwn(`role ${id}`, tags, owner);
      const call = client.send(new DeleteRoleCommand({ RoleName: id }), abortedBy(signal));
      return deleting('iam:DeleteRole', call, { gone, busy });
    },
  };
}

/** Instance profiles of a cluster's nodes: those below its path. */
export interface OwnedProfiles extends OwnedKind<OwnedProfile> {
  /** Takes the role out of a profile; IAM deletes neither of the two before. */
  empty(profile: OwnedProfile, owner: Owner, signal?: AbortSignal): Promise<void>;
}

export interface OwnedProfile extends Owned {
  readonly roleNames: readonly string[];
}

export function makeOwnedProfiles(config: Config): OwnedProfiles {
  const client = new IAMClient(clientSettings(config));
  return {
    async ofCluster(owner, signal) {
      const request = { PathPrefix: pathOf(owner) };
      const pages = paginateListInstanceProfiles({ client }, request, abortedBy(signal));
      const profiles = await collect(
        'iam:ListInstanceProfiles',
        pages,
        ({ InstanceProfiles = [] }) => InstanceProfiles,
      );
      const found = await Promise.all(
        profiles.map(async ({ InstanceProfileName: id = '' }): Promise<OwnedProfile[]> => {
          const command = new GetInstanceProfileCommand({ InstanceProfileName: id });
          const call = client.send(command, abortedBy(signal));
          const profile = (await callingUnless('iam:GetInstanceProfile', missing, call))?.InstanceProfile;
          if (!profile) return [];
          const roleNames = (profile.Roles ?? []).map(({ RoleName = '' }) => RoleName);
          return [{ id, tags: readTags(profile.Tags), roleNames }];
        }),
      );
      return found.flat();
    },
    async empty({ id, tags, roleNames }, owner, signal) {
      assertOwn(`instance profile ${id}`, tags, owner);
      for (const RoleName of roleNames) {
        const command = new RemoveRoleFromInstanceProfileCommand({ InstanceProfileName: id, RoleName });
        const call = client.send(command, abortedBy(signal));
        await deleting('iam:RemoveRoleFromInstanceProfile', call, { gone });
      }
    },
    async remove({ id, tags }, owner, signal) {
      assertOwn(`instance profile ${id}`, tags, owner);
      const command = new DeleteInstanceProfileCommand({ InstanceProfileName: id });
      const call = client.send(command, abortedBy(signal));
      return deleting('iam:DeleteInstanceProfile', call, { gone, busy });
    },
  };
}

/** IAM's trust in a cluster's issuers, of which there is one for each cluster that has ever had its name. */
export interface OwnedProviders extends Pick<OwnedKind, 'remove'> {
  /** Those that exist among these ARNs. */
  among(arns: readonly string[], signal?: AbortSignal): Promise<Owned[]>;
}

export function makeOwnedProviders(config: Config): OwnedProviders {
  const client = new IAMClient(clientSettings(config));
  return {
    async among(arns, signal) {
      const found = await Promise.all(
        arns.map(async (id): Promise<Owned[]> => {
          const command = new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: id });
          const call = client.send(command, abortedBy(signal));
          const provider = await callingUnless('iam:GetOpenIDConnectProvider', missing, call);
          return provider ? [{ id, tags: readTags(provider.Tags) }] : [];
        }),
      );
      return found.flat();
    },
    async remove({ id, tags }, owner, signal) {
      assertOwn(`identity provider ${id}`, tags, owner);
      const command = new DeleteOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: id });
      const call = client.send(command, abortedBy(signal));
      return deleting('iam:DeleteOpenIDConnectProvider', call, { gone });
    },
  };
}

function pathOf({ deployment, cluster }: Owner): string {
  return namesOf(deployment, cluster).rolePath;
}

async function collect<Page, T>(
  call: string,
  pages: AsyncIterable<Page>,
  items: (page: Page) => readonly T[],
): Promise<T[]> {
  const all = async () => {
    const found: T[] = [];
    for await (const page of pages) found.push(...items(page));
    return found;
  };
  return calling(call, all());
}
