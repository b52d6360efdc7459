import { stringify } from 'yaml';
import { type NodeArtifact, renderArtifactFiles } from '../artifacts.ts';
import { awsScript } from '../files/aws.sh.ts';
import { renderContainerdConfiguration } from '../kubernetes/containerd.ts';
import { kernelSettings, kubeletConfiguration } from '../kubernetes/kubelet-configuration.ts';
import {
  environmentFile,
  fileOf,
  type NodeFile,
  renderBootUserData,
  userDataField,
  workerKubeletConfiguration,
} from '../render.ts';
import { poolLabel } from './protocol.ts';
import { workerKubeletService, workerScript, workerService } from './worker.sh.ts';

export interface WorkerTaint {
  readonly key: string;
  readonly value: string;
  readonly effect: string;
}

/** All that a pool's instances have in common; nothing secret, nothing that changes with an instance. */
export interface WorkerNodeInput {
  readonly deployment: string;
  readonly cluster: string;
  readonly pool: string;
  readonly region: string;
  readonly bucket: string;
  /** Of the pool's role: with the instance's id it is what IAM calls `aws:userid`, by which an instance's own prefix is named. */
  readonly roleId: string;
  /** Full version of the kubelet, without a v. */
  readonly kubernetesVersion: string;
  readonly serviceCidr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly WorkerTaint[];
  readonly artifacts?: readonly NodeArtifact[];
}

/** What a worker's user data says: enough to fetch and prove everything else. */
export interface WorkerUserData {
  readonly cluster: string;
  readonly pool: string;
  readonly region: string;
  readonly bucket: string;
  readonly manifestSha256: string;
}

/** Every file of a worker of this pool, the same for each of its instances. Pure. Throws RangeError for a value that an env file cannot hold. */
export function renderWorkerFiles(input: WorkerNodeInput): NodeFile[] {
  const { labels, pool, serviceCidr, taints } = input;
  const configuration = {
    ...kubeletConfiguration({ serviceCidr }, 'worker'),
    ...(taints.length > 0 && { registerWithTaints: taints }),
  };
  const contents: Readonly<Record<string, string>> = {
    '/etc/trivet/node.env': environmentFile({
      TRIVET_DEPLOYMENT: input.deployment,
      TRIVET_CLUSTER: input.cluster,
      TRIVET_POOL: pool,
      TRIVET_REGION: input.region,
      TRIVET_BUCKET: input.bucket,
      TRIVET_ROLE_ID: input.roleId,
      TRIVET_KUBERNETES_VERSION: input.kubernetesVersion,
      TRIVET_NODE_LABELS: Object.entries({ ...labels, [poolLabel]: pool })
        .map(([key, value]) => `${key}=${value}`)
        .join(','),
    }),
    [workerKubeletConfiguration]: stringify(configuration, { lineWidth: 0 }),
    '/etc/trivet/kubelet-sysctl.conf': kernelSettings,
    '/etc/trivet/containerd.toml': renderContainerdConfiguration(input.kubernetesVersion),
    '/etc/systemd/system/kubelet.service': workerKubeletService,
    '/etc/systemd/system/trivet-worker.service': workerService,
    '/usr/local/lib/trivet/aws.sh': awsScript,
    '/usr/local/lib/trivet/worker.sh': workerScript,
    ...renderArtifactFiles(input.artifacts ?? []),
  };
  return Object.entries(contents).map(([path, content]) => fileOf(path, content));
}

/** The launch template's user data of a pool. */
export function renderWorkerUserData(
  input: Pick<WorkerNodeInput, 'cluster' | 'pool' | 'region' | 'bucket'>,
  manifestSha256: string,
): string {
  return renderBootUserData({
    what: 'worker',
    fields: {
      TRIVET_CLUSTER: input.cluster,
      TRIVET_POOL: input.pool,
      TRIVET_REGION: input.region,
      TRIVET_BUCKET: input.bucket,
      TRIVET_MANIFEST: manifestSha256,
    },
    prefix: 'clusters/$TRIVET_CLUSTER/pools/$TRIVET_POOL',
    service: 'trivet-worker.service',
  });
}

/** Reads back what `renderWorkerUserData` wrote; undefined for user data that is not of a Trivet worker. */
export function parseWorkerUserData(text: string): WorkerUserData | undefined {
  const field = (name: string): string | undefined => userDataField(text, name);
  const [cluster, pool, region] = [field('CLUSTER'), field('POOL'), field('REGION')];
  const [bucket, manifestSha256] = [field('BUCKET'), field('MANIFEST')];
  if (!cluster || !pool || !region || !bucket || !manifestSha256) return undefined;
  return { cluster, pool, region, bucket, manifestSha256 };
}
