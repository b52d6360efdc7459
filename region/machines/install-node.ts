import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { deliveredFiles, kubernetesFolder } from '../../node/kubernetes/paths.ts';
import { modeOf, parseManifest, sha256, type UserData } from '../../node/render.ts';
import type { NodeStore } from './node-store.ts';

/** Files that bootstrap.sh fetches from the slot's pki prefix. */
const certificateFiles = [
  'ca.crt',
  'server.crt',
  'server.key',
  'peer.crt',
  'peer.key',
  'client.crt',
  'client.key',
];

export interface InstallingFiles {
  readonly store: NodeStore;
  /** Where the node's manifests and files lie, without a slash at the end. */
  readonly prefix: string;
  readonly manifestSha256: string;
  readonly root: string;
  say(line: string): void;
  /** Waits a little before the next try; rejects when the machine is terminated. */
  pause(): Promise<void>;
}

/** A control-plane node's. */
export interface Installing extends InstallingFiles {
  readonly userData: UserData;
}

/** S3 prefix of the slot. */
export function slotPrefix({ cluster, slot }: UserData): string {
  return `clusters/${cluster}/slots/${slot}`;
}

/** What the user data does: the pinned manifest, then every file by its hash; whatever does not match is not installed. */
export async function installFiles(node: InstallingFiles): Promise<void> {
  const { manifestSha256, prefix } = node;
  const manifest = await fetchPinned(node, `${prefix}/manifests`, manifestSha256);
  const entries = parseManifest(manifest.toString('utf8'));
  const contents = await Promise.all(
    entries.map((entry) => fetchPinned(node, `${prefix}/files`, entry.sha256)),
  );
  for (const [index, { path }] of entries.entries()) {
    writeInto(node.root, path, contents[index] ?? Buffer.alloc(0), modeOf(path));
  }
  node.say(`installed ${entries.length} files of manifest ${manifestSha256.slice(0, 12)}`);
}

/** What bootstrap.sh does: the slot's certificates and keys, awaited if they are not there yet. */
export async function installCertificates(node: Installing): Promise<void> {
  const fetched = await Promise.all(
    certificateFiles.map((name) => fetchAwaited(node, `${slotPrefix(node.userData)}/pki/${name}`)),
  );
  for (const [index, name] of certificateFiles.entries()) {
    writeInto(node.root, `/etc/trivet/pki/etcd/${name}`, fetched[index] ?? Buffer.alloc(0), 0o600);
  }
}

/** What kubernetes.sh does: the slot's Kubernetes certificates and keys, awaited if they are not there yet. */
export async function installKubernetesFiles(node: Installing): Promise<void> {
  const prefix = `${slotPrefix(node.userData)}/pki/kubernetes`;
  const fetched = await Promise.all(deliveredFiles.map((name) => fetchAwaited(node, `${prefix}/${name}`)));
  for (const [index, name] of deliveredFiles.entries()) {
    writeInto(node.root, `${kubernetesFolder}/${name}`, fetched[index] ?? Buffer.alloc(0), 0o600);
  }
}

async function fetchPinned(node: InstallingFiles, folder: string, hash: string): Promise<Buffer> {
  const content = await fetchAwaited(node, `${folder}/${hash}`);
  if (sha256(content) !== hash)
    throw new Error(`${folder}/${hash} does not have the hash that its name says`);
  return content;
}

export async function fetchAwaited(
  node: Pick<InstallingFiles, 'store' | 'say' | 'pause'>,
  key: string,
): Promise<Buffer> {
  for (let said = false; ; said = true) {
    const body = await node.store.get(key);
    if (body) return Buffer.from(body);
    if (!said) node.say(`${key} is not there yet`);
    await node.pause();
  }
}

function writeInto(root: string, path: string, content: Buffer, mode: number): void {
  const target = join(root, path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, content, { mode });
  chmodSync(target, mode);
}
