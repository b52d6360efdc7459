import type { GrantListEntry, KeyMetadata, KeyState, Tag } from '@aws-sdk/client-kms';
import { AwsError } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';

export interface Key {
  readonly id: string;
  readonly arn: string;
  readonly createdAt: Date;
  /** 32 random bytes; never leaves the process. */
  readonly material: Uint8Array;
  readonly manager: 'AWS' | 'CUSTOMER';
  readonly multiRegion: boolean;
  description: string;
  state: KeyState;
  deletionDate?: Date;
  policy: string;
  rotation?: { readonly periodInDays: number; readonly since: Date };
  tags: Tag[];
  readonly grants: Map<string, GrantListEntry & { readonly GrantId: string; readonly GrantToken: string }>;
}

export interface Alias {
  readonly name: string;
  readonly arn: string;
  keyId: string;
  readonly createdAt: Date;
  updatedAt: Date;
}

export interface KmsState {
  readonly kernel: Kernel;
  readonly keys: Map<string, Key>;
  readonly aliases: Map<string, Alias>;
}

export function arnPrefix(kms: KmsState): string {
  return `arn:aws:kms:${kms.kernel.region}:${kms.kernel.accountId}`;
}

/**
 * The key that an id, ARN, alias name or alias ARN means. Aliases of AWS managed keys (`alias/aws/ebs`) get their key at first use,
 * as in an account. Errors: NotFoundException, InvalidArnException.
 */
export function keyOf(kms: KmsState, keyId: string | undefined): Key {
  const asked = required(keyId, 'keyId');
  const prefix = `${arnPrefix(kms)}:`;
  if (asked.startsWith('arn:') && !asked.startsWith(prefix)) {
    if (!/^arn:aws:kms:[a-z0-9-]+:\d{12}:(key|alias)\/.+$/.test(asked)) {
      throw new AwsError('InvalidArnException', `${asked} is not a valid KMS ARN`);
    }
    throw new AwsError('NotFoundException', `Key '${asked}' does not exist`);
  }
  const name = asked.startsWith(prefix) ? asked.slice(prefix.length).replace(/^key\//, '') : asked;
  if (name.startsWith('alias/')) return aliasedKey(kms, name);
  const key = kms.keys.get(name);
  if (key) return key;
  throw new AwsError('NotFoundException', `Key '${prefix}key/${name}' does not exist`);
}

function aliasedKey(kms: KmsState, name: string): Key {
  const alias = kms.aliases.get(name);
  const key = alias && kms.keys.get(alias.keyId);
  if (key) return key;
  if (!name.startsWith('alias/aws/')) {
    throw new AwsError('NotFoundException', `Alias ${arnPrefix(kms)}:${name} is not found.`);
  }
  const service = name.slice('alias/aws/'.length);
  const managed = addKey(kms, {
    manager: 'AWS',
    description: `Default key that protects my ${service} data when no other key is defined`,
  });
  addAlias(kms, name, managed.id);
  return managed;
}

/** Makes a key with random material and AWS's default policy: the account decides by IAM. */
export function addKey(
  kms: KmsState,
  input: {
    manager: Key['manager'];
    description?: string | undefined;
    policy?: string | undefined;
    tags?: readonly Tag[] | undefined;
    multiRegion?: boolean | undefined;
  },
): Key {
  const id = input.multiRegion ? `mrk-${kms.kernel.ids.uuid().replaceAll('-', '')}` : kms.kernel.ids.uuid();
  const key: Key = {
    id,
    arn: `${arnPrefix(kms)}:key/${id}`,
    createdAt: kms.kernel.clock.now(),
    material: crypto.getRandomValues(new Uint8Array(32)),
    manager: input.manager,
    multiRegion: input.multiRegion ?? false,
    description: input.description ?? '',
    state: 'Enabled',
    policy: input.policy ?? defaultPolicy(kms),
    tags: [...(input.tags ?? [])],
    grants: new Map(),
  };
  kms.keys.set(id, key);
  return key;
}

function defaultPolicy(kms: KmsState): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Id: 'key-default-1',
    Statement: [
      {
        Sid: 'Enable IAM User Permissions',
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${kms.kernel.accountId}:root` },
        Action: 'kms:*',
        Resource: '*',
      },
    ],
  });
}

export function addAlias(kms: KmsState, name: string, keyId: string): void {
  const now = kms.kernel.clock.now();
  kms.aliases.set(name, { name, arn: `${arnPrefix(kms)}:${name}`, keyId, createdAt: now, updatedAt: now });
}

/** The key, usable for cryptography: else DisabledException or KMSInvalidStateException. */
export function usableKey(kms: KmsState, keyId: string | undefined): Key {
  const key = keyOf(kms, keyId);
  if (key.state === 'Disabled') throw new AwsError('DisabledException', `${key.arn} is disabled.`);
  refusePendingDeletion(key);
  return key;
}

export function refusePendingDeletion(key: Key): void {
  if (key.state !== 'PendingDeletion') return;
  throw new AwsError('KMSInvalidStateException', `${key.arn} is pending deletion.`);
}

/** AWS managed keys can be used and looked at, and nothing else. */
export function refuseManaged(kms: KmsState, key: Key, operation: string): void {
  if (key.manager !== 'AWS') return;
  throw new AwsError(
    'AccessDeniedException',
    `User: arn:aws:iam::${kms.kernel.accountId}:root is not authorized to perform: kms:${operation} on resource: ${key.arn}: it is an AWS managed key`,
  );
}

export function describe(kms: KmsState, key: Key): KeyMetadata {
  return {
    AWSAccountId: kms.kernel.accountId,
    KeyId: key.id,
    Arn: key.arn,
    CreationDate: key.createdAt,
    Enabled: key.state === 'Enabled',
    Description: key.description,
    KeyUsage: 'ENCRYPT_DECRYPT',
    KeyState: key.state,
    ...(key.deletionDate && { DeletionDate: key.deletionDate }),
    Origin: 'AWS_KMS',
    KeyManager: key.manager,
    CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
    KeySpec: 'SYMMETRIC_DEFAULT',
    EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
    MultiRegion: key.multiRegion,
  };
}

export function required<T>(value: T | undefined, member: string): T {
  if (value !== undefined && value !== '') return value;
  throw invalid(`Value null at '${member}' failed to satisfy constraint: Member must not be null`);
}

/** KMS's ValidationException in its usual words. */
export function invalid(problem: string): AwsError {
  return new AwsError('ValidationException', `1 validation error detected: ${problem}`);
}
