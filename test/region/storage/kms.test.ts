import { beforeEach, describe, expect, test } from 'vitest';
import type { Kernel } from '../../../region/kernel/kernel.ts';
import { createIam } from '../../../region/services/iam/index.ts';
import { createKms } from '../../../region/services/kms/index.ts';
import { caller, refusal, refusedWith, regionOf } from './support.ts';

let kernel: Kernel;
let kms: ReturnType<typeof caller>;
let keyId: string;
let keyArn: string;

const secret = new Uint8Array(Buffer.from('a secret'));

beforeEach(async () => {
  kernel = await regionOf(createKms);
  kms = caller(kernel, 'kms');
  const { KeyMetadata } = await kms<{ KeyMetadata: { KeyId: string; Arn: string } }>('createKey', {
    Description: 'of the tests',
  });
  keyId = KeyMetadata.KeyId;
  keyArn = KeyMetadata.Arn;
});

async function encrypt(context?: Record<string, string>): Promise<Uint8Array> {
  const { CiphertextBlob } = await kms<{ CiphertextBlob: Uint8Array }>('encrypt', {
    KeyId: keyId,
    Plaintext: secret,
    EncryptionContext: context,
  });
  return CiphertextBlob;
}

describe('encryption', () => {
  test('a secret comes back under the same context, whatever its order, and the ciphertext hides it', async () => {
    const blob = await encrypt({ cluster: 'demo', slot: 'a' });
    expect(Buffer.from(blob).includes(Buffer.from(secret))).toBe(false);
    const opened = await kms<{ Plaintext: Uint8Array; KeyId: string }>('decrypt', {
      CiphertextBlob: blob,
      EncryptionContext: { slot: 'a', cluster: 'demo' },
    });
    expect(Buffer.from(opened.Plaintext).toString()).toBe('a secret');
    expect(opened.KeyId).toBe(keyArn);
  });

  test('another context, a changed byte and foreign bytes are invalid ciphertexts', async () => {
    const blob = await encrypt({ cluster: 'demo' });
    const changed = Buffer.from(blob);
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    const attempts = [
      { CiphertextBlob: blob, EncryptionContext: { cluster: 'other' } },
      { CiphertextBlob: blob },
      { CiphertextBlob: changed, EncryptionContext: { cluster: 'demo' } },
      { CiphertextBlob: Buffer.from('something else') },
    ];
    for (const attempt of attempts) {
      expect(await refusedWith(kms('decrypt', attempt))).toBe('InvalidCiphertextException');
    }
  });

  test('a ciphertext of another key than the named one is refused', async () => {
    const other = await kms<{ KeyMetadata: { KeyId: string } }>('createKey');
    const CiphertextBlob = await encrypt();
    expect(await refusedWith(kms('decrypt', { CiphertextBlob, KeyId: other.KeyMetadata.KeyId }))).toBe(
      'IncorrectKeyException',
    );
  });

  test('a data key is what its ciphertext opens to', async () => {
    const made = await kms<{ Plaintext: Uint8Array; CiphertextBlob: Uint8Array }>('generateDataKey', {
      KeyId: keyArn,
      KeySpec: 'AES_256',
    });
    expect(made.Plaintext.byteLength).toBe(32);
    const opened = await kms<{ Plaintext: Uint8Array }>('decrypt', { CiphertextBlob: made.CiphertextBlob });
    expect(Buffer.compare(opened.Plaintext, made.Plaintext)).toBe(0);
  });

  test('more than 4096 bytes are refused', async () => {
    expect(await refusedWith(kms('encrypt', { KeyId: keyId, Plaintext: new Uint8Array(4097) }))).toBe(
      'ValidationException',
    );
  });
});

describe('a key’s life', () => {
  test('an unknown key is not found, by id, ARN or alias', async () => {
    for (const KeyId of [
      '00000000-0000-4000-a000-000000000000',
      'alias/none',
      `${keyArn.slice(0, -4)}0000`,
    ]) {
      expect(await refusedWith(kms('describeKey', { KeyId }))).toBe('NotFoundException');
    }
  });

  test('a disabled key neither encrypts nor decrypts until it is enabled again', async () => {
    const CiphertextBlob = await encrypt();
    await kms('disableKey', { KeyId: keyId });
    expect(await refusedWith(encrypt())).toBe('DisabledException');
    expect(await refusal(kms('decrypt', { CiphertextBlob }))).toMatchObject({
      code: 'DisabledException',
      message: `${keyArn} is disabled.`,
    });
    await kms('enableKey', { KeyId: keyId });
    await kms('decrypt', { CiphertextBlob });
  });

  test('a key whose deletion is scheduled cannot be used, and comes back disabled', async () => {
    expect(await refusedWith(kms('scheduleKeyDeletion', { KeyId: keyId, PendingWindowInDays: 6 }))).toBe(
      'ValidationException',
    );
    await kms('scheduleKeyDeletion', { KeyId: keyId, PendingWindowInDays: 7 });
    expect(await refusedWith(encrypt())).toBe('KMSInvalidStateException');
    await kms('cancelKeyDeletion', { KeyId: keyId });
    expect(await kms('describeKey', { KeyId: keyId })).toMatchObject({
      KeyMetadata: { KeyState: 'Disabled' },
    });
  });

  test('rotation is remembered', async () => {
    expect(await kms('getKeyRotationStatus', { KeyId: keyId })).toMatchObject({ KeyRotationEnabled: false });
    await kms('enableKeyRotation', { KeyId: keyId });
    expect(await kms('getKeyRotationStatus', { KeyId: keyId })).toMatchObject({
      KeyRotationEnabled: true,
      RotationPeriodInDays: 365,
    });
  });
});

describe('names, policies and grants', () => {
  test('an alias stands for its key; a taken or reserved one is refused', async () => {
    await kms('createAlias', { AliasName: 'alias/trivet', TargetKeyId: keyId });
    expect(await kms('describeKey', { KeyId: 'alias/trivet' })).toMatchObject({
      KeyMetadata: { KeyId: keyId },
    });
    const again = { AliasName: 'alias/trivet', TargetKeyId: keyId };
    expect(await refusedWith(kms('createAlias', again))).toBe('AlreadyExistsException');
    expect(await refusedWith(kms('createAlias', { ...again, AliasName: 'alias/aws/mine' }))).toBe(
      'InvalidAliasNameException',
    );
    await kms('deleteAlias', { AliasName: 'alias/trivet' });
    expect(await refusedWith(kms('deleteAlias', { AliasName: 'alias/trivet' }))).toBe('NotFoundException');
  });

  test('an AWS managed key is there when it is first named, and cannot be changed', async () => {
    const { KeyMetadata } = await kms<{ KeyMetadata: { KeyId: string } }>('describeKey', {
      KeyId: 'alias/aws/ebs',
    });
    expect(KeyMetadata).toMatchObject({ KeyManager: 'AWS' });
    expect(await refusedWith(kms('disableKey', { KeyId: KeyMetadata.KeyId }))).toBe('AccessDeniedException');
  });

  test('a key policy must be valid and must not lock its account out', async () => {
    const statement = { Effect: 'Allow', Action: 'kms:*', Resource: '*' };
    const policy = (principal: string) =>
      JSON.stringify({ Version: '2012-10-17', Statement: [{ ...statement, Principal: { AWS: principal } }] });
    await kms('putKeyPolicy', { KeyId: keyId, Policy: policy('arn:aws:iam::123456789012:root') });
    const { Policy } = await kms<{ Policy: string }>('getKeyPolicy', { KeyId: keyId });
    expect(Policy).toContain('123456789012:root');
    for (const bad of ['{', '{"Statement":[]}', policy('arn:aws:iam::123456789012:role/other')]) {
      expect(await refusedWith(kms('putKeyPolicy', { KeyId: keyId, Policy: bad }))).toBe(
        'MalformedPolicyDocumentException',
      );
    }
  });

  test('a key policy or grant that names a role which is not there is refused', async () => {
    const region = await regionOf(createIam, createKms);
    const call = caller(region, 'kms');
    const { KeyMetadata } = await call<{ KeyMetadata: { KeyId: string } }>('createKey');
    const role =
      'arn:aws:iam::123456789012:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling';
    const administrator = 'arn:aws:iam::123456789012:root';
    const Policy = JSON.stringify({
      Statement: [
        { Effect: 'Allow', Principal: { AWS: [administrator, role] }, Action: 'kms:*', Resource: '*' },
      ],
    });
    const grant = { KeyId: KeyMetadata.KeyId, GranteePrincipal: role, Operations: ['Decrypt'] };
    expect(await refusedWith(call('putKeyPolicy', { KeyId: KeyMetadata.KeyId, Policy }))).toBe(
      'MalformedPolicyDocumentException',
    );
    expect(await refusedWith(call('createGrant', grant))).toBe('InvalidArnException');
    await caller(region, 'iam')('createServiceLinkedRole', { AWSServiceName: 'autoscaling.amazonaws.com' });
    await call('putKeyPolicy', { KeyId: KeyMetadata.KeyId, Policy });
    await call('createGrant', grant);
  });

  test('a grant is listed until it is revoked', async () => {
    const { GrantId } = await kms<{ GrantId: string }>('createGrant', {
      KeyId: keyArn,
      GranteePrincipal:
        'arn:aws:iam::123456789012:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling',
      Operations: ['Encrypt', 'Decrypt', 'CreateGrant'],
    });
    const { Grants } = await kms<{ Grants: object[] }>('listGrants', { KeyId: keyArn });
    expect(Grants).toHaveLength(1);
    await kms('revokeGrant', { KeyId: keyArn, GrantId });
    expect(await kms('listGrants', { KeyId: keyArn })).toEqual({ Grants: [], Truncated: false });
    expect(await refusedWith(kms('revokeGrant', { KeyId: keyArn, GrantId }))).toBe('InvalidGrantIdException');
  });
});
