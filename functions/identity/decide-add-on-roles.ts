import type { IdentityProviderFact } from '../aws/identity-providers.ts';
import type { NodeRoleFact } from '../aws/node-roles.ts';
import { tagReason } from '../clusters/decide-security-groups.ts';
import { namesOf } from '../clusters/names.ts';
import { missingTags, type Owner, type Tags, tagsOf } from '../clusters/ownership.ts';
import type { ClusterSpec } from '../clusters/spec-schema.ts';
import {
  type AddOnPlace,
  cloudControllerManagerPolicy,
  ebsCsiDriverPolicy,
  type PolicyDocument,
  vpcCniPolicy,
} from './add-on-policies.ts';
import {
  type AddOnKey,
  accountOf,
  addOnRoleName,
  addOns,
  type IdentityPlace,
  type Issuer,
  tokenAudience,
} from './names.ts';

export interface WantedProvider {
  readonly arn: string;
  readonly url: string;
  readonly clientId: string;
  readonly tags: Tags;
}

export type ProviderStep =
  | { readonly step: 'create' | 'client-id'; readonly reason: string }
  | { readonly step: 'tag'; readonly tags: Tags; readonly reason: string };

/** IAM's trust in a cluster's issuer. */
export function wantedProvider(owner: Owner, spec: ClusterSpec, issuer: Issuer): WantedProvider {
  const name = namesOf(owner.deployment, owner.cluster).prefix;
  return {
    arn: issuer.providerArn,
    url: issuer.url,
    clientId: tokenAudience,
    tags: tagsOf(owner, name, spec.tags),
  };
}

/** Other client ids are other people's, and stay: the add-ons' roles ask for the audience themselves. */
export function decideProvider(
  wanted: WantedProvider,
  found: IdentityProviderFact | undefined,
): ProviderStep[] {
  if (!found) return [{ step: 'create', reason: `IAM does not know ${wanted.url}` }];
  const steps: ProviderStep[] = [];
  if (!found.clientIds.includes(wanted.clientId))
    steps.push({ step: 'client-id', reason: `tokens for ${wanted.clientId} are not taken` });
  const tags = missingTags(found.tags, wanted.tags);
  if (Object.keys(tags).length > 0) steps.push({ step: 'tag', tags, reason: tagReason(tags) });
  return steps;
}

export interface WantedAddOnRole {
  readonly addOn: AddOnKey;
  readonly name: string;
  readonly path: string;
  readonly description: string;
  readonly trustPolicy: object;
  readonly policy: PolicyDocument;
  readonly tags: Tags;
}

export type AddOnRoleStep =
  | { readonly step: 'create' | 'trust' | 'policy'; readonly reason: string }
  | { readonly step: 'tag'; readonly tags: Tags; readonly reason: string };

/** A role for each add-on of the cluster that calls AWS, which its own service account may take and nobody else. */
export function wantedAddOnRoles(
  owner: Owner,
  spec: ClusterSpec,
  issuer: Issuer,
  deployment: IdentityPlace & { readonly vpcId: string },
): WantedAddOnRole[] {
  const { deployment: name, cluster } = owner;
  const { region, keyArn, vpcId } = deployment;
  const place: AddOnPlace = {
    ...accountOf(deployment),
    region,
    keyArn,
    vpcId,
    deployment: name,
    cluster,
  };
  const wanted = (addOn: AddOnKey, policy: PolicyDocument): WantedAddOnRole => {
    const roleName = addOnRoleName(name, cluster, addOn);
    return {
      addOn,
      name: roleName,
      path: namesOf(name, cluster).rolePath,
      description: `Add-on ${addOns[addOn].suffix} of cluster ${cluster}`,
      trustPolicy: trustOf(issuer, addOns[addOn].serviceAccount),
      policy,
      tags: tagsOf(owner, roleName, spec.tags),
    };
  };
  return [
    wanted('cloudControllerManager', cloudControllerManagerPolicy(place)),
    wanted('ebsCsiDriver', ebsCsiDriverPolicy(place)),
    ...(choosesVpcCni(spec) ? [wanted('cni', vpcCniPolicy(place))] : []),
  ];
}

/** In the order in which they have to be done. */
export function decideAddOnRole(wanted: WantedAddOnRole, role: NodeRoleFact | undefined): AddOnRoleStep[] {
  const steps: AddOnRoleStep[] = [];
  if (!role) steps.push({ step: 'create', reason: `role ${wanted.name} does not exist` });
  // A role that is left of an earlier cluster of this name trusts that one's issuer.
  if (role && !same(role.trustPolicy, wanted.trustPolicy))
    steps.push({ step: 'trust', reason: `${wanted.name} trusts somebody else` });
  if (!same(role?.policy, wanted.policy))
    steps.push({
      step: 'policy',
      reason: role?.policy ? `the policy of ${wanted.name} differs` : `${wanted.name} has no policy`,
    });
  const tags = role ? missingTags(role.tags, wanted.tags) : {};
  if (Object.keys(tags).length > 0) steps.push({ step: 'tag', tags, reason: tagReason(tags) });
  return steps;
}

function trustOf({ providerArn, name }: Issuer, serviceAccount: string): object {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: providerArn },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringEquals: {
            [`${name}:sub`]: `system:serviceaccount:kube-system:${serviceAccount}`,
            [`${name}:aud`]: tokenAudience,
          },
        },
      },
    ],
  };
}

/** A spec that says nothing of its CNI does not choose this one. */
function choosesVpcCni({ network }: ClusterSpec): boolean {
  return 'cni' in network && network.cni === 'aws-vpc-cni';
}

/** AWS gives a policy document back as it was put, so that its text tells. */
function same(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
