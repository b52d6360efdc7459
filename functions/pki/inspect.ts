import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { defaultOrganizations, type ExtendedUsage, type LeafSubject } from './issue.ts';

const usageOids: Readonly<Record<ExtendedUsage, string>> = {
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
};

/** A leaf is renewed once less than this share of its lifetime remains (L6). */
const renewalShare = 1 / 3;

/**
 * Why a leaf certificate must be issued again; undefined when it is as wanted. Pure. The key is never the reason to replace the key:
 * a certificate can be issued for it again.
 */
export function doubtLeaf(
  certificate: string,
  wanted: { readonly key: string; readonly authority: string; readonly subject: LeafSubject },
  now: Date,
): string | undefined {
  const leaf = parseCertificate(certificate);
  const authority = parseCertificate(wanted.authority);
  if (!leaf || !authority) return 'it cannot be read';
  if (!leaf.checkIssued(authority) || !leaf.verify(authority.publicKey)) return 'another authority signed it';
  if (!belongsTogether(certificate, wanted.key)) return 'it is of another key';
  if (!sameNames(leaf, wanted.subject)) return 'its names are others';
  const usages = wanted.subject.usages.map((usage) => usageOids[usage]);
  if (!sameSet(leaf.keyUsage ?? [], usages)) return 'its usages are others';
  const [from, to] = [Date.parse(leaf.validFrom), Date.parse(leaf.validTo)];
  if (now.getTime() < from) return 'it is not valid yet';
  if (to - now.getTime() < (to - from) * renewalShare) return 'it ends soon or has ended';
  return undefined;
}

/** Whether a certificate is of this private key. False for text that is neither. */
export function belongsTogether(certificate: string, key: string): boolean {
  try {
    const spki = createPublicKey(createPrivateKey(key)).export({ format: 'der', type: 'spki' });
    return new X509Certificate(certificate).publicKey.export({ format: 'der', type: 'spki' }).equals(spki);
  } catch {
    return false;
  }
}

/** Whether an authority may still sign: it is one, has begun and has not ended. */
export function isUsableAuthority(certificate: string, now: Date): boolean {
  const authority = parseCertificate(certificate);
  if (!authority?.ca) return false;
  return Date.parse(authority.validFrom) <= now.getTime() && now.getTime() < Date.parse(authority.validTo);
}

function parseCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function sameNames(leaf: X509Certificate, subject: LeafSubject): boolean {
  const { commonName, organizations = defaultOrganizations, dnsNames, addresses } = subject;
  const present = (leaf.subjectAltName ?? '').split(', ').filter((name) => name !== '');
  const wanted = [...dnsNames.map((name) => `DNS:${name}`), ...addresses.map((ip) => `IP Address:${ip}`)];
  const name = [`CN=${commonName}`, ...organizations.map((organization) => `O=${organization}`)];
  return sameSet(leaf.subject.split('\n'), name) && sameSet(present, wanted);
}

function sameSet(one: readonly string[], two: readonly string[]): boolean {
  return one.length === two.length && new Set([...one, ...two]).size === one.length;
}
