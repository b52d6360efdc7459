import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import versions from '../binaries/versions.json' with { type: 'json' };

/**
 * The real Kubernetes and etcd programs that `npm run binaries` builds, or that PATH has in exactly the pinned versions
 * (binaries/README.md). Nothing here needs Go, and nothing needs the binaries to be there.
 */
export interface BinarySet<Name extends string = string> {
  /** Also the name of its folder in binaries/. */
  readonly name: keyof typeof versions;
  /** Without a leading v: `1.35.4`. */
  readonly version: string;
  /** When the version was published, ISO 8601: what the programs give as their build date. */
  readonly publishedAt: string;
  readonly binaries: readonly Name[];
}

const etcdBinaries = ['etcd', 'etcdctl', 'etcdutl'] as const;
const etcdSets: readonly BinarySet<(typeof etcdBinaries)[number]>[] = [
  { name: 'etcd-3.6', ...versions['etcd-3.6'], binaries: etcdBinaries },
  { name: 'etcd-3.5', ...versions['etcd-3.5'], binaries: etcdBinaries },
];
const kubernetesBinaries = [
  'kubectl',
  'kubeadm',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
] as const;
const kubernetesSet: BinarySet<(typeof kubernetesBinaries)[number]> = {
  name: 'kubernetes',
  ...versions.kubernetes,
  binaries: kubernetesBinaries,
};

/** Every set in the order in which it is built: what is quick and useful alone comes first. */
export const binarySets: readonly BinarySet[] = [...etcdSets, kubernetesSet];

/** Absolute paths. */
export interface KubernetesBinaries {
  readonly version: string;
  readonly apiServer: string;
  readonly controllerManager: string;
  readonly scheduler: string;
  readonly kubectl: string;
  readonly kubeadm: string;
}

/** Absolute paths. */
export interface EtcdBinaries {
  readonly version: string;
  readonly etcd: string;
  readonly etcdctl: string;
  readonly etcdutl: string;
}

export interface Binaries {
  /** Absent unless all five are there. */
  readonly kubernetes?: KubernetesBinaries;
  /** Whole sets alone, newest first. Debian's etcd is none of them: machines/find-etcd.ts finds that one. */
  readonly etcd: readonly EtcdBinaries[];
}

/** Environment variables: PATH, and TRIVET_BINARIES for a folder of built programs other than `.trivet/binaries`. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** The folder of one set's built programs, such as `.trivet/binaries/etcd-3.6.14`. */
export function setDir(set: BinarySet, variables: Variables = process.env): string {
  const built = variables.TRIVET_BINARIES ?? join(import.meta.dirname, '..', '.trivet', 'binaries');
  return resolve(built, `${set.name.replace(/-.*/, '')}-${set.version}`);
}

/** What is there of all sets. Built programs are taken as they are; one from PATH is asked for its version first. */
export function findBinaries(variables: Variables = process.env): Binaries {
  const kubernetes = findSet(kubernetesSet, variables);
  return {
    ...(kubernetes && {
      kubernetes: {
        version: kubernetesSet.version,
        apiServer: kubernetes['kube-apiserver'],
        controllerManager: kubernetes['kube-controller-manager'],
        scheduler: kubernetes['kube-scheduler'],
        kubectl: kubernetes.kubectl,
        kubeadm: kubernetes.kubeadm,
      },
    }),
    etcd: etcdSets.flatMap((set) => {
      const paths = findSet(set, variables);
      return paths ? [{ version: set.version, ...paths }] : [];
    }),
  };
}

/** The path of each program of a set; undefined unless every one is there. */
function findSet<Name extends string>(
  set: BinarySet<Name>,
  variables: Variables,
): Readonly<Record<Name, string>> | undefined {
  const paths: Partial<Record<Name, string>> = {};
  // From the last one, which few have on PATH: a lone kubectl is not even asked.
  for (const name of set.binaries.toReversed()) {
    const path = findBinary(set, name, variables);
    if (!path) return undefined;
    paths[name] = path;
  }
  return paths as Record<Name, string>;
}

/** The path of one program of a set: the built one, else the first on PATH that says it is of the set's version. */
export function findBinary(
  set: BinarySet,
  name: string,
  variables: Variables = process.env,
): string | undefined {
  const built = join(setDir(set, variables), name);
  if (isExecutable(built)) return built;
  const folders = (variables.PATH ?? '').split(delimiter).filter(Boolean);
  return folders
    .map((folder) => resolve(folder, name))
    .find((candidate) => isExecutable(candidate) && askVersion(candidate, name) === set.version);
}

const versionArguments: Readonly<Record<string, readonly string[]>> = {
  kubectl: ['version', '--client'],
  kubeadm: ['version', '-o', 'short'],
  etcdctl: ['version'],
  etcdutl: ['version'],
};

/** The version that a program says it has, `1.35.4` or `1.35.4+vendor`; undefined when it does not run or says none. */
export function askVersion(path: string, name: string): string | undefined {
  try {
    const said = execFileSync(path, versionArguments[name] ?? ['--version'], {
      encoding: 'utf8',
      timeout: 10_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return /[\sv](\d+\.\d+\.\d+\S*)/.exec(said)?.[1];
  } catch {
    return undefined;
  }
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
