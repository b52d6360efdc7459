import type { CreateKeyCommandInput, KMS, PutKeyPolicyCommandInput, Tag } from '@aws-sdk/client-kms';
import { AwsError, NotPlayedError } from '../../kernel/errors.ts';
import type { Operations, Principal } from '../../kernel/kernel.ts';
import { pageAfter } from '../common/page.ts';
import {
  namesAction,
  namesPrincipal,
  PolicyInvalid,
  parsePolicy,
  principalsOf,
} from '../common/policy-document.ts';
import { missingPrincipal } from '../common/principals.ts';
import {
  addKey,
  describe,
  invalid,
  type KmsState,
  keyOf,
  refuseManaged,
  refusePendingDeletion,
  required,
} from './state.ts';

/** Making keys, their policies, tags, rotation and end. */
export function keyOperations(kms: KmsState) {
  return {
    createKey: (input, context) => createKey(kms, input, context.principal),
    describeKey: (input) => ({ KeyMetadata: describe(kms, keyOf(kms, input.KeyId)) }),
    listKeys: (input) => {
      const { items, nextToken } = pageAfter(
        kms.keys.values(),
        (key) => key.id,
        input.Limit ?? 100,
        input.Marker,
        invalidMarker,
      );
      return {
        Keys: items.map((key) => ({ KeyId: key.id, KeyArn: key.arn })),
        Truncated: nextToken !== undefined,
        ...(nextToken !== undefined && { NextMarker: nextToken }),
      };
    },
    getKeyPolicy: (input) => {
      const key = keyOf(kms, input.KeyId);
      checkPolicyName(input.PolicyName);
      return { Policy: key.policy, PolicyName: 'default' };
    },
    putKeyPolicy: (input, context) => putKeyPolicy(kms, input, context.principal),
    listKeyPolicies: (input) => {
      keyOf(kms, input.KeyId);
      return { PolicyNames: ['default'], Truncated: false };
    },
    updateKeyDescription: (input) => {
      const key = keyOf(kms, input.KeyId);
      refuseManaged(kms, key, 'UpdateKeyDescription');
      key.description = checkDescription(input.Description ?? '');
      return {};
    },
    ...lifeOperations(kms),
    ...rotationOperations(kms),
    ...tagOperations(kms),
  } satisfies Operations<KMS>;
}

export function invalidMarker(): AwsError {
  return new AwsError('InvalidMarkerException', 'Invalid marker');
}

function createKey(kms: KmsState, input: CreateKeyCommandInput, principal: Principal) {
  const spec = input.KeySpec ?? input.CustomerMasterKeySpec ?? 'SYMMETRIC_DEFAULT';
  if (spec !== 'SYMMETRIC_DEFAULT') throw new NotPlayedError(`a KMS key of the spec ${spec}`);
  if (input.KeyUsage !== undefined && input.KeyUsage !== 'ENCRYPT_DECRYPT') {
    throw invalid(`KeyUsage ${input.KeyUsage} is not compatible with KeySpec SYMMETRIC_DEFAULT`);
  }
  if (input.Origin !== undefined && input.Origin !== 'AWS_KMS') {
    throw new NotPlayedError(`KMS key material of the origin ${input.Origin}`);
  }
  if (input.Policy !== undefined) {
    checkPolicy(kms, input.Policy, principal, input.BypassPolicyLockoutSafetyCheck === true);
  }
  const key = addKey(kms, {
    manager: 'CUSTOMER',
    description: checkDescription(input.Description ?? ''),
    policy: input.Policy,
    tags: checkTags(input.Tags ?? []),
    multiRegion: input.MultiRegion,
  });
  return { KeyMetadata: describe(kms, key) };
}

function checkDescription(description: string): string {
  if (description.length <= 8192) return description;
  throw invalid(
    `Value at 'description' failed to satisfy constraint: Member must have length less than or equal to 8192`,
  );
}

function checkPolicyName(name: string | undefined): void {
  if (name === undefined || name === 'default') return;
  throw new AwsError('NotFoundException', `No such policy exists`);
}

function putKeyPolicy(kms: KmsState, input: PutKeyPolicyCommandInput, principal: Principal) {
  const key = keyOf(kms, input.KeyId);
  checkPolicyName(input.PolicyName);
  refuseManaged(kms, key, 'PutKeyPolicy');
  refusePendingDeletion(key);
  const policy = required(input.Policy, 'policy');
  checkPolicy(kms, policy, principal, input.BypassPolicyLockoutSafetyCheck === true);
  key.policy = policy;
  return {};
}

/** A key policy: 32 KB at most, valid, and it must leave the caller able to change it again (KMS, "lockout safety check"). */
function checkPolicy(kms: KmsState, text: string, principal: Principal, bypass: boolean): void {
  if (Buffer.byteLength(text) > 32_768) {
    throw new AwsError('LimitExceededException', 'The key policy exceeds the maximum size of 32768 bytes');
  }
  const { accountId } = kms.kernel;
  try {
    const statements = parsePolicy(text, 'resource');
    if (missingPrincipal(kms.kernel, principalsOf(statements)) !== undefined) {
      throw new PolicyInvalid('Policy contains a statement with one or more invalid principals.');
    }
    const changeable = statements.some(
      (statement) =>
        statement.effect === 'Allow' &&
        namesAction(statement, 'kms:PutKeyPolicy') &&
        // The region's own services act for the account's administrator.
        namesPrincipal(
          statement,
          principal.kind === 'service' ? { kind: 'user', arn: `arn:aws:iam::${accountId}:root` } : principal,
          accountId,
        ),
    );
    if (changeable || bypass) return;
  } catch (error) {
    if (!(error instanceof PolicyInvalid)) throw error;
    throw new AwsError('MalformedPolicyDocumentException', error.message);
  }
  throw new AwsError(
    'MalformedPolicyDocumentException',
    'The new key policy will not allow you to update the key policy in the future.',
  );
}

function lifeOperations(kms: KmsState) {
  const change = (keyId: string | undefined, operation: string) => {
    const key = keyOf(kms, keyId);
    refuseManaged(kms, key, operation);
    return key;
  };
  return {
    enableKey: (input) => {
      const key = change(input.KeyId, 'EnableKey');
      refusePendingDeletion(key);
      key.state = 'Enabled';
      return {};
    },
    disableKey: (input) => {
      const key = change(input.KeyId, 'DisableKey');
      refusePendingDeletion(key);
      key.state = 'Disabled';
      return {};
    },
    scheduleKeyDeletion: (input) => {
      const key = change(input.KeyId, 'ScheduleKeyDeletion');
      refusePendingDeletion(key);
      const days = input.PendingWindowInDays ?? 30;
      if (days < 7 || days > 30) {
        throw invalid(
          `Value '${days}' at 'pendingWindowInDays' failed to satisfy constraint: must be between 7 and 30`,
        );
      }
      key.state = 'PendingDeletion';
      key.deletionDate = new Date(kms.kernel.clock.now().getTime() + days * 86_400_000);
      return {
        KeyId: key.arn,
        DeletionDate: key.deletionDate,
        KeyState: key.state,
        PendingWindowInDays: days,
      };
    },
    cancelKeyDeletion: (input) => {
      const key = change(input.KeyId, 'CancelKeyDeletion');
      if (key.state !== 'PendingDeletion') {
        throw new AwsError('KMSInvalidStateException', `${key.arn} is not pending deletion.`);
      }
      key.state = 'Disabled';
      delete key.deletionDate;
      return { KeyId: key.arn };
    },
  } satisfies Operations<KMS>;
}

function rotationOperations(kms: KmsState) {
  return {
    enableKeyRotation: (input) => {
      const key = keyOf(kms, input.KeyId);
      refuseManaged(kms, key, 'EnableKeyRotation');
      if (key.state === 'Disabled') throw new AwsError('DisabledException', `${key.arn} is disabled.`);
      refusePendingDeletion(key);
      const periodInDays = input.RotationPeriodInDays ?? 365;
      if (periodInDays < 90 || periodInDays > 2560) {
        throw invalid(
          `Value '${periodInDays}' at 'rotationPeriodInDays' failed to satisfy constraint: must be between 90 and 2560`,
        );
      }
      key.rotation = { periodInDays, since: kms.kernel.clock.now() };
      return {};
    },
    disableKeyRotation: (input) => {
      const key = keyOf(kms, input.KeyId);
      refuseManaged(kms, key, 'DisableKeyRotation');
      delete key.rotation;
      return {};
    },
    getKeyRotationStatus: (input) => {
      const key = keyOf(kms, input.KeyId);
      if (!key.rotation) return { KeyId: key.arn, KeyRotationEnabled: false };
      const { periodInDays, since } = key.rotation;
      return {
        KeyId: key.arn,
        KeyRotationEnabled: true,
        RotationPeriodInDays: periodInDays,
        NextRotationDate: new Date(since.getTime() + periodInDays * 86_400_000),
      };
    },
  } satisfies Operations<KMS>;
}

function tagOperations(kms: KmsState) {
  return {
    tagResource: (input) => {
      const key = keyOf(kms, input.KeyId);
      const added = checkTags(input.Tags ?? []);
      const names = new Set(added.map((tag) => tag.TagKey));
      key.tags = checkTags([...key.tags.filter((tag) => !names.has(tag.TagKey)), ...added]);
      return {};
    },
    untagResource: (input) => {
      const key = keyOf(kms, input.KeyId);
      key.tags = key.tags.filter((tag) => !input.TagKeys?.includes(tag.TagKey ?? ''));
      return {};
    },
    listResourceTags: (input) => ({ Tags: [...keyOf(kms, input.KeyId).tags], Truncated: false }),
  } satisfies Operations<KMS>;
}

function checkTags(tags: readonly Tag[]): Tag[] {
  if (tags.length > 50) throw new AwsError('LimitExceededException', 'Too many tags');
  for (const { TagKey = '', TagValue = '' } of tags) {
    if (TagKey === '' || TagKey.length > 128 || TagKey.startsWith('aws:') || TagValue.length > 256) {
      throw new AwsError('TagException', `The tag ${TagKey} is not valid`);
    }
  }
  if (new Set(tags.map((tag) => tag.TagKey)).size < tags.length) {
    throw new AwsError('TagException', 'Duplicate tag keys');
  }
  return [...tags];
}
