import type { InstanceProfileFact, NodeRoleFact } from '../aws/node-roles.ts';
import type { SlotLayout } from './contracts.ts';
import { tagReason } from './decide-security-groups.ts';
import { artifactPrefix, namesOf, objectKeys } from './names.ts';
import { missingTags, type Owner, type Tags, tagsOf } from './ownership.ts';
import type { ClusterSpec } from './spec-schema.ts';

export interface WantedNodeRole {
  readonly name: string;
  readonly path: string;
  readonly description: string;
  readonly trustPolicy: object;
  readonly policy: object;
  readonly tags: Tags;
}

export type NodeRoleStep =
  | { readonly step: 'create' | 'policy' | 'create-profile' | 'add-role'; readonly reason: string }
  | { readonly step: 'tag'; readonly tags: Tags; readonly reason: string };

/**
 * What a slot's instances may do: read what was put under the slot's own prefix and the deployment's artifacts, write their reports, and
 * nothing else. The CAs' keys lie outside (S22).
 */
export function wantedNodeRole(
  owner: Owner,
  spec: ClusterSpec,
  slot: SlotLayout,
  deployment: { readonly bucket: string; readonly keyArn: string },
): WantedNodeRole {
  const keys = objectKeys(spec.name);
  const bucketArn = `arn:aws:s3:::${deployment.bucket}`;
  return {
    name: slot.resourceName,
    path: namesOf(owner.deployment, spec.name).rolePath,
    description: `Instances of slot ${slot.slot} of cluster ${spec.name}`,
    trustPolicy: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
    },
    policy: {
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'ReadOwnSlotAndArtifacts',
          Effect: 'Allow',
          Action: 's3:GetObject',
          Resource: [`${bucketArn}/${keys.slot(slot.slot)}*`, `${bucketArn}/${artifactPrefix}*`],
        },
        {
          // Without it S3 answers 403, not 404, for a directive that is not written yet: it takes the key that was asked for as s3:prefix.
          Sid: 'TellMissingFromForbidden',
          Effect: 'Allow',
          Action: 's3:ListBucket',
          Resource: bucketArn,
          Condition: { StringLike: { 's3:prefix': [`${keys.slot(slot.slot)}*`, `${artifactPrefix}*`] } },
        },
        {
          Sid: 'WriteOwnReports',
          Effect: 'Allow',
          Action: 's3:PutObject',
          Resource: `${bucketArn}/${keys.reports(slot.slot)}*`,
        },
        {
          Sid: 'UseDeploymentKey',
          Effect: 'Allow',
          Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
          Resource: deployment.keyArn,
        },
      ],
    },
    tags: tagsOf({ ...owner, slot: slot.slot }, slot.resourceName, spec.tags),
  };
}

/** In the order in which they have to be done. */
export function decideNodeRole(
  wanted: WantedNodeRole,
  role: NodeRoleFact | undefined,
  profile: InstanceProfileFact | undefined,
): NodeRoleStep[] {
  const steps: NodeRoleStep[] = [];
  if (!role) steps.push({ step: 'create', reason: `role ${wanted.name} does not exist` });
  if (!same(role?.policy, wanted.policy))
    steps.push({ step: 'policy', reason: role?.policy ? 'its policy differs' : 'it has no policy' });
  if (!profile) steps.push({ step: 'create-profile', reason: `profile ${wanted.name} does not exist` });
  if (!profile?.roleNames.includes(wanted.name))
    steps.push({ step: 'add-role', reason: 'the profile does not hold the role' });
  const tags = role ? missingTags(role.tags, wanted.tags) : {};
  if (Object.keys(tags).length > 0) steps.push({ step: 'tag', tags, reason: tagReason(tags) });
  return steps;
}

/** AWS gives a policy document back as it was put, so that its text tells. */
function same(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
