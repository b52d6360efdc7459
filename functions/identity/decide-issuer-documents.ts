import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { CertificateInvalid } from '../runtime/errors.ts';
import type { Issuer } from './names.ts';

export interface WantedDocument {
  readonly key: string;
  readonly text: string;
}

/** A document as it is there. */
export interface DocumentFact {
  readonly text: string;
  readonly etag: string;
}

export interface DocumentStep {
  readonly step: 'create' | 'replace';
  readonly document: WantedDocument;
  /** Version that is replaced. */
  readonly etag?: string;
  readonly reason: string;
}

/**
 * The two documents by which anybody verifies a cluster's service-account tokens. Pure. `publicKeys` is PEM, one key or more: as long as an
 * earlier key's tokens are valid it is published beside the present one. The key set comes first, since the other names it.
 * Throws CertificateInvalid for what is no RSA public key.
 */
export function wantedIssuerDocuments({ url, keys }: Issuer, publicKeys: string): WantedDocument[] {
  const configuration = {
    issuer: url,
    jwks_uri: `${url}/openid/v1/jwks`,
    authorization_endpoint: 'urn:kubernetes:programmatic_authorization',
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    claims_supported: ['iss', 'sub', 'aud', 'exp', 'iat', 'nbf'],
  };
  return [
    { key: keys.keySet, text: render({ keys: parsePublicKeys(publicKeys).map(webKeyOf) }) },
    { key: keys.configuration, text: render(configuration) },
  ];
}

/** In the order in which they are put: a key is published before anything else points to it. */
export function decideIssuerDocuments(
  wanted: readonly WantedDocument[],
  found: Readonly<Record<string, DocumentFact | undefined>>,
): DocumentStep[] {
  return wanted.flatMap((document): DocumentStep[] => {
    const present = found[document.key];
    if (!present) return [{ step: 'create', document, reason: `${document.key} does not exist` }];
    if (present.text === document.text) return [];
    return [{ step: 'replace', document, etag: present.etag, reason: `${document.key} says something else` }];
  });
}

/** The name of a key in tokens and key sets, as kube-apiserver makes it: base64url of the SHA-256 of its SubjectPublicKeyInfo. */
function keyIdOf(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ format: 'der', type: 'spki' }))
    .digest('base64url');
}

function webKeyOf(key: KeyObject) {
  const { kty, n, e } = key.export({ format: 'jwk' });
  return { use: 'sig', kty, kid: keyIdOf(key), alg: 'RS256', n, e };
}

function parsePublicKeys(pem: string): KeyObject[] {
  const blocks = pem.match(/-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g) ?? [];
  const keys = new Map(blocks.map(parsePublicKey).map((key) => [keyIdOf(key), key]));
  if (keys.size > 0) return [...keys.values()];
  throw new CertificateInvalid('there is no public key where those of service-account tokens should be');
}

function parsePublicKey(pem: string): KeyObject {
  const key = readKey(pem);
  if (key?.asymmetricKeyType === 'rsa') return key;
  throw new CertificateInvalid('a public key of service-account tokens cannot be read or is not RSA');
}

function readKey(pem: string): KeyObject | undefined {
  try {
    return createPublicKey(pem);
  } catch {
    return undefined;
  }
}

function render(document: object): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}
