import type { KMS } from '@aws-sdk/client-kms';
import { AwsError } from '../../kernel/errors.ts';
import type { Operations } from '../../kernel/kernel.ts';
import { pageAfter } from '../common/page.ts';
import { invalidMarker } from './keys.ts';
import {
  type Alias,
  addAlias,
  arnPrefix,
  invalid,
  type KmsState,
  keyOf,
  refusePendingDeletion,
  required,
} from './state.ts';

/** Names of keys. */
export function aliasOperations(kms: KmsState) {
  return {
    createAlias: (input) => {
      const name = checkAliasName(input.AliasName);
      if (kms.aliases.has(name)) {
        throw new AwsError(
          'AlreadyExistsException',
          `An alias with the name ${arnPrefix(kms)}:${name} already exists`,
        );
      }
      const key = keyOf(kms, targetKeyId(input.TargetKeyId));
      refusePendingDeletion(key);
      addAlias(kms, name, key.id);
      return {};
    },
    updateAlias: (input) => {
      const alias = aliasOf(kms, checkAliasName(input.AliasName));
      const key = keyOf(kms, targetKeyId(input.TargetKeyId));
      refusePendingDeletion(key);
      alias.keyId = key.id;
      alias.updatedAt = kms.kernel.clock.now();
      return {};
    },
    deleteAlias: (input) => {
      const alias = aliasOf(kms, checkAliasName(input.AliasName));
      kms.aliases.delete(alias.name);
      return {};
    },
    listAliases: (input) => {
      const keyId = input.KeyId === undefined ? undefined : keyOf(kms, input.KeyId).id;
      const { items, nextToken } = pageAfter(
        [...kms.aliases.values()].filter((alias) => keyId === undefined || alias.keyId === keyId),
        (alias) => alias.name,
        input.Limit ?? 50,
        input.Marker,
        invalidMarker,
      );
      return {
        Aliases: items.map((alias) => ({
          AliasName: alias.name,
          AliasArn: alias.arn,
          TargetKeyId: alias.keyId,
          CreationDate: alias.createdAt,
          LastUpdatedDate: alias.updatedAt,
        })),
        Truncated: nextToken !== undefined,
        ...(nextToken !== undefined && { NextMarker: nextToken }),
      };
    },
  } satisfies Operations<KMS>;
}

function checkAliasName(name: string | undefined): string {
  const asked = required(name, 'aliasName');
  if (asked.length > 256 || !asked.startsWith('alias/')) {
    throw invalid(
      `Value '${asked}' at 'aliasName' failed to satisfy constraint: Alias must start with the prefix "alias/"`,
    );
  }
  if (asked.startsWith('alias/aws/') || !/^alias\/[a-zA-Z0-9/_-]+$/.test(asked)) {
    throw new AwsError('InvalidAliasNameException', `${asked} is not a valid alias name`);
  }
  return asked;
}

function targetKeyId(keyId: string | undefined): string {
  const asked = required(keyId, 'targetKeyId');
  if (!/(^|:)alias\//.test(asked)) return asked;
  throw invalid('Aliases must refer to keys. Not aliases');
}

function aliasOf(kms: KmsState, name: string): Alias {
  const alias = kms.aliases.get(name);
  if (alias) return alias;
  throw new AwsError('NotFoundException', `Alias ${arnPrefix(kms)}:${name} is not found.`);
}
