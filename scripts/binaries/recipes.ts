import type { BinarySet } from '../../region/binaries.ts';

/** How one program of a set is built: everything that `go build` is told beside where to put it. */
export interface Recipe {
  /** Import path of its main package. */
  readonly package: string;
  readonly flags: readonly string[];
}

/** Says where the code came from, since a module tells no commit. */
const treeState = 'archive';

const etcdPackages: Readonly<Record<string, string>> = {
  etcd: 'go.etcd.io/etcd/server/v3',
  etcdctl: 'go.etcd.io/etcd/etcdctl/v3',
  etcdutl: 'go.etcd.io/etcd/etcdutl/v3',
};

export function recipeOf(set: BinarySet, name: string): Recipe {
  if (set.name === 'kubernetes') {
    return {
      package: `k8s.io/kubernetes/cmd/${name}`,
      // The tags of the project's own releases (its hack/lib/golang.sh).
      flags: [...common, '-tags=selinux,notest,grpcnotrace', linkerFlags(kubernetesStamps(set))],
    };
  }
  return {
    package: etcdPackages[name] ?? '',
    flags: [...common, linkerFlags({ 'go.etcd.io/etcd/api/v3/version.GitSHA': treeState })],
  };
}

const common = ['-mod=readonly', '-trimpath', '-buildvcs=false'];

/** Without symbols and debug information, which halves the time of linking. */
function linkerFlags(stamps: Readonly<Record<string, string>>): string {
  return `-ldflags=${['-s -w', ...Object.entries(stamps).map(([key, value]) => `-X ${key}=${value}`)].join(' ')}`;
}

/** What Kubernetes' releases stamp (its hack/lib/version.sh). Without them every program says v0.0.0-master. */
function kubernetesStamps({ version, publishedAt }: BinarySet): Record<string, string> {
  const [major, minor] = version.split('.');
  const values = {
    gitVersion: `v${version}`,
    gitMajor: `${major}`,
    gitMinor: `${minor}`,
    gitCommit: '',
    gitTreeState: treeState,
    buildDate: publishedAt,
  };
  return Object.fromEntries(
    ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((path) =>
      Object.entries(values).map(([key, value]) => [`${path}.${key}`, value]),
    ),
  );
}
