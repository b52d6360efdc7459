import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  GetInstanceProfileCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  PutRolePolicyCommand,
  TagRoleCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { assertOwn, missingTags, type Owner, readTags, type Tags, writeTags } from '../clusters/ownership.ts';
import type { Config } from '../runtime/config.ts';
import { calling, callingUnless } from './classify.ts';
import { abortedBy, clientSettings } from './client-settings.ts';

export interface NodeRoleFact {
  readonly name: string;
  /** Its unique id, `AROA…`: begins the `aws:userid` of whoever has taken the role. */
  readonly roleId: string;
  readonly tags: Tags;
  /** The inline policy's document, parsed; undefined when there is none. */
  readonly policy?: unknown;
  /** Who may take the role: the document, parsed. */
  readonly trustPolicy?: unknown;
}

export interface InstanceProfileFact {
  readonly name: string;
  readonly tags: Tags;
  readonly roleNames: readonly string[];
}

/** Roles that Trivet makes for nodes and add-ons, and nodes' instance profiles. A role's inline policy and its profile have the role's own name. */
export interface NodeRoles {
  find(name: string, signal?: AbortSignal): Promise<NodeRoleFact | undefined>;
  findProfile(name: string, signal?: AbortSignal): Promise<InstanceProfileFact | undefined>;
  create(
    request: {
      readonly name: string;
      readonly path: string;
      readonly description: string;
      readonly trustPolicy: object;
      readonly tags: Tags;
      /** The most that it may be allowed; nodes' boundary unless another is named. */
      readonly boundaryArn?: string;
    },
    signal?: AbortSignal,
  ): Promise<NodeRoleFact>;
  putTrustPolicy(role: NodeRoleFact, document: object, owner: Owner, signal?: AbortSignal): Promise<void>;
  putPolicy(role: NodeRoleFact, document: object, owner: Owner, signal?: AbortSignal): Promise<void>;
  createProfile(
    request: { readonly name: string; readonly path: string; readonly tags: Tags },
    signal?: AbortSignal,
  ): Promise<InstanceProfileFact>;
  addRole(profile: InstanceProfileFact, roleName: string, owner: Owner, signal?: AbortSignal): Promise<void>;
  tag(role: NodeRoleFact, wanted: Tags, owner: Owner, signal?: AbortSignal): Promise<void>;
}

const missing = ['NoSuchEntity', 'NoSuchEntityException'];
const existsAlready = ['EntityAlreadyExists', 'EntityAlreadyExistsException'];

export function makeNodeRoles(config: Config): NodeRoles {
  const client = new IAMClient(clientSettings(config));
  return { ...rolesOf(client, config), ...profilesOf(client) };
}

function rolesOf(
  client: IAMClient,
  config: Config,
): Pick<NodeRoles, 'find' | 'create' | 'putTrustPolicy' | 'putPolicy' | 'tag'> {
  return {
    async find(name, signal) {
      const role = new GetRoleCommand({ RoleName: name });
      const found = await callingUnless('iam:GetRole', missing, client.send(role, abortedBy(signal)));
      if (!found?.Role) return undefined;
      const inline = new GetRolePolicyCommand({ RoleName: name, PolicyName: name });
      const call = client.send(inline, abortedBy(signal));
      const policy = await callingUnless('iam:GetRolePolicy', missing, call);
      return {
        name,
        roleId: found.Role.RoleId ?? '',
        tags: readTags(found.Role.Tags),
        trustPolicy: parseDocument(found.Role.AssumeRolePolicyDocument),
        policy: parseDocument(policy?.PolicyDocument),
      };
    },
    async create({ name, path, description, trustPolicy, tags, boundaryArn }, signal) {
      const command = new CreateRoleCommand({
        RoleName: name,
        Path: path,
        Description: description,
        AssumeRolePolicyDocument: JSON.stringify(trustPolicy),
        PermissionsBoundary: boundaryArn ?? config.permissionsBoundaryArn,
        Tags: writeTags(tags),
      });
      const made = await calling('iam:CreateRole', client.send(command, abortedBy(signal)));
      return { name, roleId: made.Role?.RoleId ?? '', tags, trustPolicy };
    },
    async putTrustPolicy(role, document, owner, signal) {
      assertOwn(`role ${role.name}`, role.tags, owner);
      const command = new UpdateAssumeRolePolicyCommand({
        RoleName: role.name,
        PolicyDocument: JSON.stringify(document),
      });
      await calling('iam:UpdateAssumeRolePolicy', client.send(command, abortedBy(signal)));
    },
    async putPolicy(role, document, owner, signal) {
      assertOwn(`role ${role.name}`, role.tags, owner);
      const command = new PutRolePolicyCommand({
        RoleName: role.name,
        PolicyName: role.name,
        PolicyDocument: JSON.stringify(document),
      });
      await calling('iam:PutRolePolicy', client.send(command, abortedBy(signal)));
    },
    async tag(role, wanted, owner, signal) {
      assertOwn(`role ${role.name}`, role.tags, owner);
      const Tags = writeTags(missingTags(role.tags, wanted));
      await calling(
        'iam:TagRole',
        client.send(new TagRoleCommand({ RoleName: role.name, Tags }), abortedBy(signal)),
      );
    },
  };
}

/** IAM gives documents URL-encoded. */
function parseDocument(encoded: string | undefined): unknown {
  return encoded === undefined ? undefined : JSON.parse(decodeURIComponent(encoded));
}

function profilesOf(client: IAMClient): Pick<NodeRoles, 'findProfile' | 'createProfile' | 'addRole'> {
  return {
    async findProfile(name, signal) {
      const command = new GetInstanceProfileCommand({ InstanceProfileName: name });
      const call = client.send(command, abortedBy(signal));
      const profile = (await callingUnless('iam:GetInstanceProfile', missing, call))?.InstanceProfile;
      if (!profile) return undefined;
      const roleNames = (profile.Roles ?? []).map(({ RoleName = '' }) => RoleName);
      return { name, tags: readTags(profile.Tags), roleNames };
    },
    async createProfile({ name, path, tags }, signal) {
      const command = new CreateInstanceProfileCommand({
        InstanceProfileName: name,
        Path: path,
        Tags: writeTags(tags),
      });
      await calling('iam:CreateInstanceProfile', client.send(command, abortedBy(signal)));
      return { name, tags, roleNames: [] };
    },
    async addRole(profile, roleName, owner, signal) {
      assertOwn(`instance profile ${profile.name}`, profile.tags, owner);
      const command = new AddRoleToInstanceProfileCommand({
        InstanceProfileName: profile.name,
        RoleName: roleName,
      });
      // A profile holds one role: LimitExceeded says that it has one already, and ours is the only one that ever goes in.
      const call = client.send(command, abortedBy(signal));
      const already = [...existsAlready, 'LimitExceeded', 'LimitExceededException'];
      await callingUnless('iam:AddRoleToInstanceProfile', already, call);
    },
  };
}
