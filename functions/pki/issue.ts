import 'reflect-metadata';
import { createPrivateKey, createPublicKey, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

/** A certificate and its private key, both PEM (the key as PKCS #8). */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

export type ExtendedUsage = 'serverAuth' | 'clientAuth';

/** What a leaf certificate says. */
export interface LeafSubject {
  readonly commonName: string;
  /** Groups of a Kubernetes user; `Trivet` where it is left out. */
  readonly organizations?: readonly string[];
  readonly usages: readonly ExtendedUsage[];
  readonly dnsNames: readonly string[];
  readonly addresses: readonly string[];
}

/** A certificate authority lives ten years; its rotation is a workflow of its own. */
export const authorityLifetimeDays = 3650;
/** Leaves live a year and are renewed at two thirds of it (L6). */
export const leafLifetimeDays = 365;

/** Organizations of a leaf that names none. */
export const defaultOrganizations: readonly string[] = ['Trivet'];

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const daySeconds = 24 * 60 * 60;
/** A node's clock may be behind at its first boot. */
const clockSkewMilliseconds = 5 * 60 * 1000;

const usageOids: Readonly<Record<ExtendedUsage, x509.ExtendedKeyUsage>> = {
  serverAuth: x509.ExtendedKeyUsage.serverAuth,
  clientAuth: x509.ExtendedKeyUsage.clientAuth,
};

/** A new ECDSA P-256 key, as PKCS #8 PEM. */
export async function makeKey(): Promise<string> {
  const { privateKey } = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', privateKey), 'PRIVATE KEY');
}

/** The self-signed certificate of an authority for a key that is there already. It may sign leaves and nothing else. */
export async function issueAuthority(commonName: string, key: string, now: Date): Promise<string> {
  const keys = await importKeys(key);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: nameOf(commonName, defaultOrganizations),
    ...validity(now, authorityLifetimeDays * daySeconds),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return certificate.toString('pem');
}

/** A leaf certificate for a key that is there already, signed by an authority. Lives a year unless it is told otherwise, in seconds. */
export async function issueLeaf(
  authority: KeyPair,
  subject: LeafSubject,
  key: string,
  now: Date,
  lifetimeSeconds: number = leafLifetimeDays * daySeconds,
): Promise<string> {
  const { publicKey } = await importKeys(key);
  return issueFor(publicKey, authority, subject, now, lifetimeSeconds);
}

/** A leaf certificate for a public key alone: whoever asked for it keeps the private one. */
export async function issueFor(
  publicKey: webcrypto.CryptoKey,
  authority: KeyPair,
  subject: LeafSubject,
  now: Date,
  lifetimeSeconds: number,
): Promise<string> {
  const issuer = new x509.X509Certificate(authority.certificate);
  const { privateKey: signingKey } = await importKeys(authority.key);
  const names: x509.JsonGeneralNames = [
    ...subject.dnsNames.map((value) => ({ type: 'dns' as const, value })),
    ...subject.addresses.map((value) => ({ type: 'ip' as const, value })),
  ];
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: nameOf(subject.commonName, subject.organizations ?? defaultOrganizations),
    issuer: issuer.subject,
    ...validity(now, lifetimeSeconds),
    signingAlgorithm: algorithm,
    publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(subject.usages.map((usage) => usageOids[usage])),
      ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return certificate.toString('pem');
}

function validity(now: Date, lifetimeSeconds: number): { notBefore: Date; notAfter: Date } {
  return {
    notBefore: new Date(now.getTime() - clockSkewMilliseconds),
    notAfter: new Date(now.getTime() + lifetimeSeconds * 1000),
  };
}

/** 127 random bits, positive as RFC 5280 §4.1.2.2 asks. */
function serialNumber(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return Buffer.from(bytes).toString('hex');
}

function nameOf(commonName: string, organizations: readonly string[]): string {
  return new x509.Name([{ CN: [commonName] }, ...organizations.map((name) => ({ O: [name] }))]).toString();
}

/** A key as it is there, for signing and for what it signs. */
export async function importKeys(pem: string): Promise<webcrypto.CryptoKeyPair> {
  const secret = createPrivateKey(pem);
  const [pkcs8, spki] = [
    secret.export({ format: 'der', type: 'pkcs8' }),
    createPublicKey(secret).export({ format: 'der', type: 'spki' }),
  ];
  const [privateKey, publicKey] = await Promise.all([
    webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']),
    webcrypto.subtle.importKey('spki', spki, algorithm, true, ['verify']),
  ]);
  return { privateKey, publicKey };
}
