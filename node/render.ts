import { createHash } from 'node:crypto';
import { type NodeArtifact, renderArtifactFiles } from './artifacts.ts';
import { type EtcdInput, etcdEnvironment } from './etcd-environment.ts';
import { awsScript } from './files/aws.sh.ts';
import { bootstrapScript } from './files/bootstrap.sh.ts';
import { etcdSlice } from './files/kubernetes-units.ts';
import { lastLogIndexScript } from './files/last-log-index.py.ts';
import { markerScript } from './files/marker.sh.ts';
import { bootstrapService, etcdService, markerService, markerTimer } from './files/units.ts';
import { volumeScript } from './files/volume.sh.ts';
import type { KubernetesInput } from './kubernetes/input.ts';
import { renderKubernetesFiles } from './kubernetes/render.ts';
import { etcdMinors } from './policy.ts';

/** All that a slot's instances have in common; nothing secret, nothing that changes with an instance. */
export interface SlotNodeInput extends EtcdInput {
  readonly deployment: string;
  readonly cluster: string;
  readonly slot: string;
  readonly region: string;
  readonly bucket: string;
  /** The etcd version that the spec wants; the node takes the configuration that fits the one it has. */
  readonly etcdVersion: string;
  /** etcd's initial cluster token, where a directive does not bring its own. */
  readonly clusterToken: string;
  /** What the node fetches of programs and images; without any it lives on what its image brings. */
  readonly artifacts?: readonly NodeArtifact[];
  /** What runs beside etcd; a node without it is etcd alone. */
  readonly kubernetes?: Omit<KubernetesInput, 'cluster' | 'address'>;
}

/** A file of a node. `mode` follows from the path (`modeOf`), so that the manifest need not carry it. */
export interface NodeFile {
  readonly path: string;
  readonly mode: number;
  readonly owner: 'root:root';
  readonly content: string;
}

/** What the user data says: enough to fetch and prove everything else. */
export interface UserData {
  readonly cluster: string;
  readonly slot: string;
  readonly region: string;
  readonly bucket: string;
  readonly manifestSha256: string;
}

/** Values go unquoted into env files and quoted into bash: this charset needs no escaping in either. */
const plain = /^[A-Za-z0-9._:/,=@+-]+$/;

/** sha256 in hex, the name of files and manifests in the bucket. */
export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** The kubelet's configuration on a worker; on a control-plane node kubeadm writes it. */
export const workerKubeletConfiguration = '/etc/trivet/kubelet.yaml';

/** Scripts are executable; Kubernetes' configuration is root's alone (CIS 1.1, 4.1), everything else read only to all but root. */
export function modeOf(path: string): number {
  if (path.endsWith('.sh')) return 0o755;
  const rootsAlone =
    path.startsWith('/etc/kubernetes/') ||
    path.endsWith('/kubelet.service') ||
    path === workerKubeletConfiguration;
  return rootsAlone ? 0o600 : 0o644;
}

/** `KEY=VALUE` lines. Throws RangeError for a value that such a line cannot hold unquoted. */
export function environmentFile(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([key, value]) => {
      if (!plain.test(value)) throw new RangeError(`${key} has a character that an env file cannot hold`);
      return `${key}=${value}\n`;
    })
    .join('');
}

/** Reads `KEY=VALUE` lines, as systemd's EnvironmentFile and bash do for what `renderNodeFiles` writes. */
export function parseEnvironmentFile(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => line !== '');
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

function nodeEnvironment(input: SlotNodeInput): string {
  return environmentFile({
    TRIVET_DEPLOYMENT: input.deployment,
    TRIVET_CLUSTER: input.cluster,
    TRIVET_SLOT: input.slot,
    TRIVET_REGION: input.region,
    TRIVET_BUCKET: input.bucket,
    TRIVET_ADDRESS: input.address,
    TRIVET_ETCD_VERSION: input.etcdVersion,
    TRIVET_CLUSTER_TOKEN: input.clusterToken,
    TRIVET_ETCD: '/usr/local/bin/etcd',
    TRIVET_ETCD_USER: 'etcd',
    TRIVET_LOCAL_ENDPOINT: 'https://127.0.0.1:2379',
    ...(input.kubernetes && { TRIVET_KUBERNETES_VERSION: input.kubernetes.version }),
  });
}

/**
 * Every file of a control-plane node of this slot, the same for each of its instances. Pure.
 * Throws RangeError for a value that an env file cannot hold.
 */
export function renderNodeFiles(input: SlotNodeInput): NodeFile[] {
  const { cluster, address } = input;
  const contents: Readonly<Record<string, string>> = {
    '/etc/trivet/node.env': nodeEnvironment(input),
    ...Object.fromEntries(
      etcdMinors.map((minor) => [
        `/etc/trivet/etcd-${minor}.env`,
        environmentFile(etcdEnvironment(minor, input)),
      ]),
    ),
    '/etc/systemd/system/etcd.service': etcdService,
    '/etc/systemd/system/etcd.slice': etcdSlice,
    '/etc/systemd/system/trivet-bootstrap.service': bootstrapService,
    '/etc/systemd/system/trivet-marker.service': markerService,
    '/etc/systemd/system/trivet-marker.timer': markerTimer,
    '/usr/local/lib/trivet/aws.sh': awsScript,
    '/usr/local/lib/trivet/bootstrap.sh': bootstrapScript,
    '/usr/local/lib/trivet/last-log-index.py': lastLogIndexScript,
    '/usr/local/lib/trivet/marker.sh': markerScript,
    '/usr/local/lib/trivet/volume.sh': volumeScript,
    ...renderArtifactFiles(input.artifacts ?? []),
    ...(input.kubernetes && renderKubernetesFiles({ ...input.kubernetes, cluster, address })),
  };
  return Object.entries(contents).map(([path, content]) => fileOf(path, content));
}

/** A file with the mode that its path says. */
export function fileOf(path: string, content: string): NodeFile {
  return { path, mode: modeOf(path), owner: 'root:root', content };
}

/** The manifest that the user data pins: `sha256sum --check` form, sorted by path. */
export function renderManifest(files: readonly NodeFile[]): { text: string; sha256: string } {
  const text = [...files]
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map((file) => `${sha256(file.content)}  ${file.path}\n`)
    .join('');
  return { text, sha256: sha256(text) };
}

/** Reads a manifest. Throws RangeError for a line that is not one, or a path outside a node's folders. */
export function parseManifest(text: string): { sha256: string; path: string }[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [, hash, path] =
        /^([0-9a-f]{64}) {2}(\/(?:etc\/trivet|etc\/systemd\/system|etc\/kubernetes(?:\/apiserver)?|usr\/local\/lib\/trivet)\/[a-z0-9.-]+)$/.exec(
          line,
        ) ?? [];
      if (!hash || !path) throw new RangeError('the manifest has a line that is not one');
      return { sha256: hash, path };
    });
}

/** The launch template's user data of a slot. */
export function renderUserData(
  input: Pick<SlotNodeInput, 'cluster' | 'slot' | 'region' | 'bucket'>,
  manifestSha256: string,
): string {
  return renderBootUserData({
    what: 'control-plane node',
    fields: {
      TRIVET_CLUSTER: input.cluster,
      TRIVET_SLOT: input.slot,
      TRIVET_REGION: input.region,
      TRIVET_BUCKET: input.bucket,
      TRIVET_MANIFEST: manifestSha256,
    },
    prefix: 'clusters/$TRIVET_CLUSTER/slots/$TRIVET_SLOT',
    service: 'trivet-bootstrap.service',
  });
}

export interface BootUserData {
  /** For people who read it. */
  readonly what: string;
  readonly fields: Readonly<Record<string, string>>;
  /** Where manifests and files lie, in terms of the fields. */
  readonly prefix: string;
  /** Enabled and started once everything is installed. */
  readonly service: string;
}

/**
 * User data of any node: cloud-init runs it once, as root. It holds no secret and names one thing, the manifest, by its hash; what does not
 * match is not installed. Throws RangeError for a value that it cannot hold.
 */
export function renderBootUserData({ what, fields, prefix, service }: BootUserData): string {
  const assignments = Object.entries(fields).map(([key, value]) => {
    if (!plain.test(value)) throw new RangeError(`${key} has a character that user data cannot hold`);
    return `${key}='${value}'\n`;
  });
  return `#!/bin/bash
# A Trivet ${what}. No secrets: everything is fetched by the hash of its manifest.
set -euo pipefail
${assignments.join('')}
prefix=${prefix}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fetch() {
  until aws s3api get-object --region "$TRIVET_REGION" --bucket "$TRIVET_BUCKET" --key "$prefix/$1" "$2" >/dev/null; do
    sleep 2
  done
}

fetch "manifests/$TRIVET_MANIFEST" "$work/manifest"
echo "$TRIVET_MANIFEST  $work/manifest" | sha256sum --check --quiet
mkdir "$work/files"
while read -r hash path; do
  case $path in
    *..*) exit 1 ;;
    /etc/trivet/* | /etc/systemd/system/* | /etc/kubernetes/* | /usr/local/lib/trivet/*) ;;
    *) exit 1 ;;
  esac
  fetch "files/$hash" "$work/files/$hash"
  echo "$hash  $work/files/$hash" | sha256sum --check --quiet
done <"$work/manifest"
while read -r hash path; do
  mode=0644
  case $path in
    *.sh) mode=0755 ;;
    /etc/kubernetes/* | */kubelet.service | ${workerKubeletConfiguration}) mode=0600 ;;
  esac
  install -D -o root -g root -m "$mode" "$work/files/$hash" "$path"
done <"$work/manifest"
sha256sum --check --quiet "$work/manifest"
systemctl daemon-reload
systemctl enable --now ${service}
`;
}

/** Reads back what `renderUserData` wrote; undefined for user data that is not of a Trivet node. */
export function parseUserData(text: string): UserData | undefined {
  const field = (name: string): string | undefined => userDataField(text, name);
  const [cluster, slot, region] = [field('CLUSTER'), field('SLOT'), field('REGION')];
  const [bucket, manifestSha256] = [field('BUCKET'), field('MANIFEST')];
  if (!cluster || !slot || !region || !bucket || !manifestSha256) return undefined;
  return { cluster, slot, region, bucket, manifestSha256 };
}

/** The value of `TRIVET_<name>` in user data; undefined where it says none. */
export function userDataField(text: string, name: string): string | undefined {
  return new RegExp(`^TRIVET_${name}='([^']+)'$`, 'm').exec(text)?.[1];
}
