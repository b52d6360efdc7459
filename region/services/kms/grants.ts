import type { CreateGrantCommandInput, KMS } from '@aws-sdk/client-kms';
import { AwsError } from '../../kernel/errors.ts';
import type { Operations } from '../../kernel/kernel.ts';
import { pageAfter } from '../common/page.ts';
import { missingPrincipal } from '../common/principals.ts';
import { invalidMarker } from './keys.ts';
import { invalid, type Key, type KmsState, keyOf, refusePendingDeletion, required } from './state.ts';

/** Operations that a grant on a symmetric key may name. */
const grantable = new Set([
  'CreateGrant',
  'Decrypt',
  'DescribeKey',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'ReEncryptFrom',
  'ReEncryptTo',
  'RetireGrant',
]);

/** Grants, such as the one that Auto Scaling needs for encrypted volumes. */
export function grantOperations(kms: KmsState) {
  return {
    createGrant: (input) => createGrant(kms, input),
    listGrants: (input) => {
      const key = keyOf(kms, input.KeyId);
      const { items, nextToken } = pageAfter(
        [...key.grants.values()].filter(
          (grant) =>
            (input.GrantId === undefined || grant.GrantId === input.GrantId) &&
            (input.GranteePrincipal === undefined || grant.GranteePrincipal === input.GranteePrincipal),
        ),
        (grant) => grant.GrantId,
        input.Limit ?? 50,
        input.Marker,
        invalidMarker,
      );
      return {
        Grants: items.map(({ GrantToken: _secret, ...grant }) => grant),
        Truncated: nextToken !== undefined,
        ...(nextToken !== undefined && { NextMarker: nextToken }),
      };
    },
    revokeGrant: (input) => {
      removeGrant(keyOf(kms, input.KeyId), required(input.GrantId, 'grantId'));
      return {};
    },
    retireGrant: (input) => {
      if (input.GrantToken !== undefined) {
        const key = [...kms.keys.values()].find((each) => grantOfToken(each, input.GrantToken) !== undefined);
        const grantId = key && grantOfToken(key, input.GrantToken);
        if (!key || !grantId)
          throw new AwsError('InvalidGrantTokenException', 'The grant token is not valid');
        removeGrant(key, grantId);
        return {};
      }
      removeGrant(keyOf(kms, input.KeyId), required(input.GrantId, 'grantId'));
      return {};
    },
  } satisfies Operations<KMS>;
}

function createGrant(kms: KmsState, input: CreateGrantCommandInput) {
  const key = keyOf(kms, input.KeyId);
  if (key.state === 'Disabled') throw new AwsError('DisabledException', `${key.arn} is disabled.`);
  refusePendingDeletion(key);
  const operations = input.Operations ?? [];
  const unknown = operations.find((operation) => !grantable.has(operation));
  if (operations.length === 0 || unknown !== undefined) {
    throw invalid(
      `Value '${unknown ?? ''}' at 'operations' failed to satisfy constraint: not an operation of a symmetric key`,
    );
  }
  const grantee = required(input.GranteePrincipal, 'granteePrincipal');
  if (
    !/^arn:aws:(iam|sts)::(\d{12}|aws):.+$/.test(grantee) ||
    missingPrincipal(kms.kernel, [`AWS:${grantee}`]) !== undefined
  ) {
    throw new AwsError('InvalidArnException', `${grantee} is not the ARN of a principal`);
  }
  const same =
    input.Name === undefined
      ? undefined
      : [...key.grants.values()].find(
          (grant) => grant.Name === input.Name && grant.GranteePrincipal === grantee,
        );
  if (same) return { GrantId: same.GrantId, GrantToken: same.GrantToken };
  const grant = {
    KeyId: key.arn,
    GrantId: `${kms.kernel.ids.uuid()}${kms.kernel.ids.uuid()}`.replaceAll('-', ''),
    GrantToken: kms.kernel.ids.upper(64),
    CreationDate: kms.kernel.clock.now(),
    GranteePrincipal: grantee,
    IssuingAccount: `arn:aws:iam::${kms.kernel.accountId}:root`,
    Operations: [...operations],
    ...(input.Name !== undefined && { Name: input.Name }),
    ...(input.RetiringPrincipal !== undefined && { RetiringPrincipal: input.RetiringPrincipal }),
    ...(input.Constraints !== undefined && { Constraints: input.Constraints }),
  };
  key.grants.set(grant.GrantId, grant);
  return { GrantId: grant.GrantId, GrantToken: grant.GrantToken };
}

function grantOfToken(key: Key, token: string | undefined): string | undefined {
  return [...key.grants.values()].find((grant) => grant.GrantToken === token)?.GrantId;
}

function removeGrant(key: Key, grantId: string): void {
  if (key.grants.delete(grantId)) return;
  throw new AwsError('InvalidGrantIdException', `The grant ${grantId} does not exist`);
}
