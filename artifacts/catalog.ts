import { common, imagesOf, releases } from './versions.ts';

/** What the lock pins, made of the versions alone: which programs and images, from where, for which Kubernetes minors. Pure. */

export const architectures = ['arm64', 'amd64'] as const;
export type Architecture = (typeof architectures)[number];

interface Common {
  readonly architecture: Architecture;
  /** Kubernetes minors that it is for. */
  readonly kubernetes: readonly string[];
}

/** A program or an archive of programs, as its project releases it. */
export interface PackageArtifact extends Common {
  readonly kind: 'package';
  /** Decides where a node puts it (node/files/artifacts.sh.ts). */
  readonly name: string;
  readonly version: string;
  readonly url: string;
  /** Where the project says its sha256. */
  readonly checksumUrl: string;
}

/** A container image of one architecture. */
export interface ImageArtifact extends Common {
  readonly kind: 'image';
  /** As pods name it, with its tag. */
  readonly name: string;
}

export type Artifact = PackageArtifact | ImageArtifact;

/** What tells an artifact from all others. */
export function idOf(artifact: Artifact): string {
  const version = artifact.kind === 'package' ? ` ${artifact.version}` : '';
  return `${artifact.name}${version} ${artifact.architecture}`;
}

/** Every artifact of every Kubernetes minor and architecture, each once, in the order of the lock. */
export function catalogue(): Artifact[] {
  const found = new Map<string, Artifact>();
  for (const [minor, { kubernetes }] of Object.entries(releases))
    for (const architecture of architectures) {
      const of = { architecture, kubernetes: [minor] };
      const images = Object.values(imagesOf(kubernetes));
      const all: Artifact[] = [
        ...packagesOf(minor, architecture),
        ...images.map((name): ImageArtifact => ({ kind: 'image', name, ...of })),
      ];
      for (const artifact of all) {
        const known = found.get(idOf(artifact));
        const minors = [...(known?.kubernetes ?? []), minor];
        found.set(idOf(artifact), { ...artifact, kubernetes: minors });
      }
    }
  return [...found.values()].sort(
    (left, right) => order(left.kind, right.kind, -1) || order(idOf(left), idOf(right), 1),
  );
}

function order(left: string, right: string, sign: number): number {
  return left === right ? 0 : left < right ? -sign : sign;
}

function packagesOf(minor: string, architecture: Architecture): PackageArtifact[] {
  const release = releases[minor];
  if (!release) throw new RangeError(`no versions are pinned for Kubernetes ${minor}`);
  const of = (name: string, version: string, url: string, checksumUrl: string): PackageArtifact => ({
    kind: 'package',
    name,
    version,
    architecture,
    kubernetes: [minor],
    url,
    checksumUrl,
  });
  const github = (project: string, version: string) =>
    `https://github.com/${project}/releases/download/v${version}`;
  const program = (name: string): PackageArtifact => {
    const url = `https://dl.k8s.io/release/v${release.kubernetes}/bin/linux/${architecture}/${name}`;
    return of(name, release.kubernetes, url, `${url}.sha256`);
  };
  const { etcd, containerd, runc, cniPlugins } = common;
  const etcdFolder = github('etcd-io/etcd', etcd);
  const runcFolder = github('opencontainers/runc', runc);
  const containerdArchive = `${github('containerd/containerd', containerd)}/containerd-${containerd}-linux-${architecture}.tar.gz`;
  const cniArchive = `${github('containernetworking/plugins', cniPlugins)}/cni-plugins-linux-${architecture}-v${cniPlugins}.tgz`;
  const crictlArchive = `${github('kubernetes-sigs/cri-tools', release.crictl)}/crictl-v${release.crictl}-linux-${architecture}.tar.gz`;
  return [
    of('etcd', etcd, `${etcdFolder}/etcd-v${etcd}-linux-${architecture}.tar.gz`, `${etcdFolder}/SHA256SUMS`),
    of('containerd', containerd, containerdArchive, `${containerdArchive}.sha256sum`),
    of('runc', runc, `${runcFolder}/runc.${architecture}`, `${runcFolder}/runc.sha256sum`),
    of('cni-plugins', cniPlugins, cniArchive, `${cniArchive}.sha256`),
    of('crictl', release.crictl, crictlArchive, `${crictlArchive}.sha256`),
    ...['kubelet', 'kubeadm', 'kubectl'].map(program),
  ];
}
