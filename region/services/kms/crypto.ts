import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type {
  DecryptCommandInput,
  EncryptCommandInput,
  GenerateDataKeyCommandInput,
  KMS,
  ReEncryptCommandInput,
} from '@aws-sdk/client-kms';
import { AwsError, NotPlayedError } from '../../kernel/errors.ts';
import type { Operations } from '../../kernel/kernel.ts';
import { invalid, type Key, type KmsState, keyOf, required, usableKey } from './state.ts';

type Context = Record<string, string> | undefined;

const algorithm = 'SYMMETRIC_DEFAULT' as const;

/** Encrypting and decrypting with AES-256-GCM. A ciphertext names its key, and is bound to its encryption context. */
export function cryptoOperations(kms: KmsState) {
  return {
    encrypt: (input) => encrypt(kms, input),
    decrypt: (input) => decrypt(kms, input),
    reEncrypt: (input) => reEncrypt(kms, input),
    generateDataKey: (input) => {
      const { plaintext, ...rest } = dataKey(kms, input);
      return { ...rest, Plaintext: plaintext };
    },
    generateDataKeyWithoutPlaintext: (input) => {
      const { plaintext: _unseen, ...rest } = dataKey(kms, input);
      return rest;
    },
    generateRandom: (input) => ({ Plaintext: randomBytes(checkLength(input.NumberOfBytes)) }),
  } satisfies Operations<KMS>;
}

/** Format of a ciphertext: version 1, the length of the key id, the key id, 12 bytes of nonce, 16 of tag, the rest. */
const version = 1;
const nonceLength = 12;
const tagLength = 16;

function seal(key: Key, plaintext: Uint8Array, context: Context): Uint8Array {
  const nonce = randomBytes(nonceLength);
  const cipher = createCipheriv('aes-256-gcm', key.material, nonce);
  cipher.setAAD(additionalData(key.id, context));
  const sealed = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  const id = Buffer.from(key.id);
  return Buffer.concat([Buffer.from([version, id.byteLength]), id, nonce, cipher.getAuthTag(), sealed]);
}

/** The key that a ciphertext names, and how to open it. InvalidCiphertextException for anything that no key here made. */
function open(kms: KmsState, blob: Uint8Array): { key: Key; unseal(context: Context): Uint8Array } {
  const bytes = Buffer.from(blob);
  const idLength = bytes[1] ?? 0;
  const body = 2 + idLength;
  const key = kms.keys.get(bytes.subarray(2, body).toString());
  if (bytes[0] !== version || !key || bytes.byteLength < body + nonceLength + tagLength)
    throw invalidCiphertext();
  return {
    key,
    unseal: (context) => {
      const nonce = bytes.subarray(body, body + nonceLength);
      const decipher = createDecipheriv('aes-256-gcm', key.material, nonce);
      decipher.setAAD(additionalData(key.id, context));
      decipher.setAuthTag(bytes.subarray(body + nonceLength, body + nonceLength + tagLength));
      const sealed = bytes.subarray(body + nonceLength + tagLength);
      try {
        return Buffer.concat([decipher.update(sealed), decipher.final()]);
      } catch {
        throw invalidCiphertext();
      }
    },
  };
}

/** The context in one canonical form: its order does not count, every byte of it does. */
function additionalData(keyId: string, context: Context): Uint8Array {
  const pairs = Object.entries(context ?? {}).sort(([left], [right]) => (left < right ? -1 : 1));
  return Buffer.from(JSON.stringify([keyId, pairs]));
}

function invalidCiphertext(): AwsError {
  return new AwsError('InvalidCiphertextException', '');
}

function checkAlgorithm(asked: string | undefined): void {
  if (asked === undefined || asked === algorithm) return;
  throw new AwsError('InvalidKeyUsageException', `The algorithm ${asked} does not fit a symmetric key`);
}

function checkPlayed(input: { DryRun?: boolean | undefined; Recipient?: unknown }): void {
  if (input.Recipient !== undefined) throw new NotPlayedError('KMS for Nitro Enclaves');
  if (!input.DryRun) return;
  throw new AwsError(
    'DryRunOperationException',
    'The request would have succeeded, but the DryRun option is set.',
  );
}

function encrypt(kms: KmsState, input: EncryptCommandInput) {
  const plaintext = required(input.Plaintext, 'plaintext');
  if (plaintext.byteLength < 1 || plaintext.byteLength > 4096) {
    throw invalid(
      `Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096 and at least 1`,
    );
  }
  checkAlgorithm(input.EncryptionAlgorithm);
  const key = usableKey(kms, input.KeyId);
  checkPlayed(input);
  return {
    CiphertextBlob: seal(key, plaintext, input.EncryptionContext),
    KeyId: key.arn,
    EncryptionAlgorithm: algorithm,
  };
}

function decrypt(kms: KmsState, input: DecryptCommandInput) {
  const blob = required(input.CiphertextBlob, 'ciphertextBlob');
  checkAlgorithm(input.EncryptionAlgorithm);
  const { key, unseal } = open(kms, blob);
  if (input.KeyId !== undefined && keyOf(kms, input.KeyId) !== key) {
    throw new AwsError(
      'IncorrectKeyException',
      'The key ID in the request does not identify a CMK that can perform this operation.',
    );
  }
  usableKey(kms, key.id);
  checkPlayed(input);
  return { Plaintext: unseal(input.EncryptionContext), KeyId: key.arn, EncryptionAlgorithm: algorithm };
}

function reEncrypt(kms: KmsState, input: ReEncryptCommandInput) {
  const { Plaintext, KeyId } = decrypt(kms, {
    CiphertextBlob: input.CiphertextBlob,
    KeyId: input.SourceKeyId,
    EncryptionContext: input.SourceEncryptionContext,
    EncryptionAlgorithm: input.SourceEncryptionAlgorithm,
  });
  const sealed = encrypt(kms, {
    KeyId: input.DestinationKeyId,
    Plaintext,
    EncryptionContext: input.DestinationEncryptionContext,
    EncryptionAlgorithm: input.DestinationEncryptionAlgorithm,
    DryRun: input.DryRun,
  });
  return {
    CiphertextBlob: sealed.CiphertextBlob,
    SourceKeyId: KeyId,
    KeyId: sealed.KeyId,
    SourceEncryptionAlgorithm: algorithm,
    DestinationEncryptionAlgorithm: algorithm,
  };
}

function dataKey(kms: KmsState, input: GenerateDataKeyCommandInput) {
  if ((input.KeySpec === undefined) === (input.NumberOfBytes === undefined)) {
    throw new AwsError('ValidationException', 'Please specify either number of bytes or key spec.');
  }
  const length = input.KeySpec ? (input.KeySpec === 'AES_128' ? 16 : 32) : checkLength(input.NumberOfBytes);
  const key = usableKey(kms, input.KeyId);
  checkPlayed(input);
  const plaintext = randomBytes(length);
  return { plaintext, CiphertextBlob: seal(key, plaintext, input.EncryptionContext), KeyId: key.arn };
}

function checkLength(length: number | undefined): number {
  const asked = required(length, 'numberOfBytes');
  if (asked >= 1 && asked <= 1024) return asked;
  throw invalid(
    `Value '${asked}' at 'numberOfBytes' failed to satisfy constraint: must be between 1 and 1024`,
  );
}
