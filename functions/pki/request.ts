import 'reflect-metadata';
import type { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { importKeys } from './issue.ts';

/** What a certificate request asks for. */
export interface ReadRequest {
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly publicKey: webcrypto.CryptoKey;
}

/** A PKCS #10 request for a key (PEM) that stays where it is. */
export async function makeRequest(
  commonName: string,
  organizations: readonly string[],
  key: string,
): Promise<string> {
  const keys = await importKeys(key);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: new x509.Name([...organizations.map((name) => ({ O: [name] })), { CN: [commonName] }]).toString(),
    keys,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
  });
  return request.toString('pem');
}

/** Reads a request whose own signature proves that its key is there; undefined for any other text, and for keys other than ECDSA P-256. */
export async function readRequest(pem: string): Promise<ReadRequest | undefined> {
  try {
    const request = new x509.Pkcs10CertificateRequest(pem);
    const { algorithm } = request.publicKey;
    const { name, namedCurve } = algorithm as { name: string; namedCurve?: string };
    if (name !== 'ECDSA' || namedCurve !== 'P-256' || !(await request.verify())) return undefined;
    const subject = new x509.Name(request.subject);
    const [commonName] = subject.getField('CN');
    if (commonName === undefined) return undefined;
    return {
      commonName,
      organizations: subject.getField('O'),
      publicKey: await request.publicKey.export(),
    };
  } catch {
    return undefined;
  }
}
