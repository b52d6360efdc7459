import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { issueLeaf, makeKey } from '../../../functions/pki/issue.ts';
import { kubeletCertificateHours } from '../../../node/kubernetes/flags.ts';
import { kubeletClientFile, pki } from '../../../node/kubernetes/paths.ts';

/** What a kubelet speaks to its API server with, PEM. */
export interface KubeletIdentity {
  readonly certificate: string;
  readonly key: string;
}

/** The name by which a kubelet's certificate says its node. */
export function nodeUser(instanceId: string): string {
  return `system:node:${instanceId}`;
}

/** What sign_kubelet_client of kubernetes.sh does: signed on the node itself, with the authority for kubelets alone. */
export async function signOnNode(root: string, instanceId: string, now: Date): Promise<KubeletIdentity> {
  const read = (name: string): string => readFileSync(join(root, pki(name)), 'utf8');
  const authority = { certificate: read('kubelet-client-ca.crt'), key: read('kubelet-client-ca.key') };
  const subject = {
    commonName: nodeUser(instanceId),
    organizations: ['system:nodes'],
    usages: ['clientAuth'],
    dnsNames: [],
    addresses: [],
  } as const;
  const key = await makeKey();
  const certificate = await issueLeaf(authority, subject, key, now, kubeletCertificateHours * 3600);
  return keepIdentity(root, { certificate, key });
}

/** Where the kubelet has it: certificate and key in one file. */
export function keepIdentity(root: string, identity: KubeletIdentity): KubeletIdentity {
  const path = join(root, kubeletClientFile);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, `${identity.certificate.trimEnd()}\n${identity.key}`, { mode: 0o600 });
  return identity;
}

/** The identity that an earlier boot of the machine has kept; undefined where there is none. */
export function keptIdentity(root: string): KubeletIdentity | undefined {
  try {
    const text = readFileSync(join(root, kubeletClientFile), 'utf8');
    const at = text.search(/-----BEGIN (?:EC )?PRIVATE KEY-----/);
    return at > 0 ? { certificate: text.slice(0, at), key: text.slice(at) } : undefined;
  } catch {
    return undefined;
  }
}
