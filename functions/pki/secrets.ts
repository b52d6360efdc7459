import { createPrivateKey, createPublicKey, generateKeyPair, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import * as z from 'zod/mini';
import { renderEncryptionConfiguration, secretboxProvider } from '../../node/kubernetes/encryption.ts';
import { CertificateInvalid } from '../runtime/errors.ts';
import { readJson } from '../runtime/read-json.ts';

const generate = promisify(generateKeyPair);

/** A new key for signing service-account tokens, PKCS #8 PEM. RSA: RS256 is what every verifier of such tokens takes, AWS's too. */
export async function makeServiceAccountKey(): Promise<string> {
  const { privateKey } = await generate('rsa', { modulusLength: 2048 });
  return privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
}

/** The public half of a private key, SPKI PEM. */
export function publicKeyOf(key: string): string {
  return createPublicKey(createPrivateKey(key)).export({ format: 'pem', type: 'spki' }).toString();
}

const encryptionKeys = z
  .array(z.strictObject({ name: z.string().check(z.minLength(1)), secret: z.string().check(z.length(44)) }))
  .check(z.minLength(1));

/** A new list of one secretbox key: the first writes, and a rotation adds to the list. JSON. */
export async function makeEncryptionKeys(now: Date): Promise<string> {
  const name = `key-${now.toISOString().slice(0, 10)}`;
  return `${JSON.stringify([{ name, secret: randomBytes(32).toString('base64') }])}\n`;
}

/** The EncryptionConfiguration of API servers from a list of keys. Throws CertificateInvalid, without saying what it read (S22). */
export function encryptionConfigurationOf(keys: string): string {
  const parsed = encryptionKeys.safeParse(readJson(keys));
  if (!parsed.success) throw new CertificateInvalid('the list of encryption keys cannot be read');
  return renderEncryptionConfiguration([secretboxProvider(parsed.data)]);
}
