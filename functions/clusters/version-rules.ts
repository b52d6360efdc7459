import type { Problem } from './contracts.ts';

/**
 * Which versions go together: Kubernetes minors that Trivet runs, and the least etcd patch for each, which is the one that its kubeadm was
 * published with (reference aws-etcd-kubeadm-facts §6.1).
 */
const pairs = [
  { minor: 34, etcdPatchMin: 5 },
  { minor: 35, etcdPatchMin: 6 },
  { minor: 36, etcdPatchMin: 8 },
] as const;
const etcdMinor = '3.6';

/** A kubelet may be so many minors older than its API servers, and never newer (Kubernetes' version skew policy). */
const kubeletSkewMax = 3;

export interface VersionsAsked {
  readonly kubernetes: unknown;
  readonly etcd: unknown;
  /** Kubelets of pools that say a version of their own, with the place where they say it. */
  readonly kubelets: readonly { readonly path: string; readonly version: unknown }[];
}

/** Problems of versions that do not go together, each with the range that does. Pure; what is not well formed is the schema's to tell. */
export function versionProblems({ kubernetes, etcd, kubelets }: VersionsAsked): Problem[] {
  const minor = kubernetesMinor(kubernetes);
  if (minor === undefined) return [];
  const pair = pairs.find((known) => known.minor === minor);
  if (!pair)
    return [
      {
        path: 'kubernetesVersion',
        problem: `${kubernetes} is not supported: Trivet runs Kubernetes 1.34 to 1.36, on etcd ${etcdMinor}`,
        fix: 'choose a 1.34, 1.35 or 1.36 version',
      },
    ];
  return [...etcdProblems(pair, etcd), ...kubelets.flatMap((kubelet) => kubeletProblems(minor, kubelet))];
}

function etcdProblems({ minor, etcdPatchMin }: (typeof pairs)[number], etcd: unknown): Problem[] {
  const match = typeof etcd === 'string' ? /^(\d+\.\d+)\.(\d+)$/.exec(etcd) : null;
  if (!match || (match[1] === etcdMinor && Number(match[2]) >= etcdPatchMin)) return [];
  const least = `${etcdMinor}.${etcdPatchMin}`;
  return [
    {
      path: 'controlPlane.etcd.version',
      problem: `etcd ${etcd} does not go with Kubernetes 1.${minor}, which runs on etcd ${least} to ${etcdMinor}.x`,
      fix: `use ${least} or a later ${etcdMinor}, or leave it out`,
    },
  ];
}

function kubeletProblems(minor: number, { path, version }: VersionsAsked['kubelets'][number]): Problem[] {
  const kubelet = kubernetesMinor(version);
  if (kubelet === undefined || (kubelet <= minor && kubelet >= minor - kubeletSkewMax)) return [];
  const range = `1.${minor - kubeletSkewMax}.x to 1.${minor}.x`;
  const relation = kubelet > minor ? 'newer than' : `more than ${kubeletSkewMax} minors older than`;
  return [
    {
      path,
      problem: `a kubelet ${version} is ${relation} API servers 1.${minor}, with which ${range} may speak`,
      fix: `use ${range}, or leave it out`,
    },
  ];
}

function kubernetesMinor(version: unknown): number | undefined {
  const match = typeof version === 'string' ? /^1\.(\d+)\.\d+$/.exec(version) : null;
  return match ? Number(match[1]) : undefined;
}
