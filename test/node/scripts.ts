import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { renderNodeFiles, type SlotNodeInput } from '../../node/render.ts';

export const nodeInput: SlotNodeInput = {
  deployment: 'trivet',
  cluster: 'demo',
  slot: 'a',
  region: 'us-east-1',
  bucket: 'trivet-bucket',
  address: '127.90.1.10',
  memberName: 'demo-a',
  etcdVersion: '3.6.14',
  clusterToken: 'demo-1',
};

/** The same node with its Kubernetes part. */
export const kubernetesNodeInput: SlotNodeInput & Required<Pick<SlotNodeInput, 'kubernetes'>> = {
  ...nodeInput,
  // kubeadm takes no loopback address.
  address: '10.0.1.10',
  kubernetes: {
    version: '1.35.4',
    endpointHost: 'trivet-demo-0123.elb.us-east-1.amazonaws.com',
    podCidr: '10.244.0.0/16',
    serviceCidr: '10.96.0.0/16',
    serviceAccountIssuer: 'https://trivet-bucket-issuers.s3.us-east-1.amazonaws.com/demo-0123456789abcdef',
    apiServers: 3,
  },
};

/** A folder that stands for a node's root, with every rendered file in it. */
export function writeNodeRoot(input: SlotNodeInput = nodeInput): { root: string; remove(): void } {
  const root = mkdtempSync(join(tmpdir(), 'trivet-node-'));
  for (const { path, content, mode } of renderNodeFiles(input)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content, { mode });
  }
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) };
}

export interface BashResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs bash code after sourcing volume.sh of a node's root. */
export function runWithVolume(root: string, code: string): BashResult {
  const sourced = `set -euo pipefail\nsource '${root}/usr/local/lib/trivet/volume.sh'\n${code}\n`;
  return spawnSync('bash', ['-c', sourced], { encoding: 'utf8' });
}

export function hasProgram(name: string): boolean {
  return spawnSync('bash', ['-c', `command -v ${name}`]).status === 0;
}

/** Why loop devices cannot be used here; undefined when they can. */
export function loopDevicesMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'not root';
  for (const program of ['losetup', 'mkfs.ext4', 'blkid', 'mount', 'mountpoint', 'findmnt', 'resize2fs']) {
    if (!hasProgram(program)) return `no ${program}`;
  }
  return spawnSync('losetup', ['-f']).status === 0 ? undefined : 'no free loop device';
}

/** The kernel lets a mounted ext4 grow with CAP_SYS_RESOURCE (24), which a container's root may lack. */
export function mayGrowMounted(): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return ((BigInt(`0x${effective}`) >> 24n) & 1n) === 1n;
}

/** A loop device over a sparse file, as a blank volume. */
export function makeLoopDevice(
  folder: string,
  name: string,
  size = '16M',
): { device: string; grow(size: string): void; remove(): void } {
  const image = join(folder, `${name}.img`);
  execFileSync('truncate', ['-s', size, image]);
  const device = execFileSync('losetup', ['-f', '--show', image], { encoding: 'utf8' }).trim();
  return {
    device,
    grow: (to) => {
      execFileSync('truncate', ['-s', to, image]);
      execFileSync('losetup', ['-c', device]);
    },
    remove: () => void execFileSync('losetup', ['-d', device]),
  };
}
