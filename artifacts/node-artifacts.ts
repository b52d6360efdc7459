import type { NodeArtifact } from '../node/artifacts.ts';
import { type Architecture, catalogue, idOf } from './catalog.ts';
import type { Lock } from './lock.ts';
import { common, imagesOf, releaseOf } from './versions.ts';

export interface NodeArtifactsInput {
  readonly kubernetesVersion: string;
  readonly etcdVersion: string;
  readonly architecture: Architecture;
  readonly role: 'control-plane' | 'worker';
  readonly cni: 'flannel' | 'aws-vpc-cni' | 'none';
}

type Images = ReturnType<typeof imagesOf>;

const onControlPlaneAlone: readonly (keyof Images)[] = [
  'apiServer',
  'controllerManager',
  'scheduler',
  'cloudControllerManager',
];
const ofCni: Readonly<Record<NodeArtifactsInput['cni'], readonly (keyof Images)[]>> = {
  flannel: ['flannel', 'flannelCniPlugin'],
  'aws-vpc-cni': ['awsVpcCni', 'awsVpcCniInit'],
  none: [],
};

/**
 * What a node fetches from the deployment's bucket. All or nothing: where the lock lacks a single hash, or pins other versions than the
 * cluster's, the list is empty and the node lives on what its image brings, since half of each would be neither's tested set. Pure.
 */
export function nodeArtifacts(lock: Lock, input: NodeArtifactsInput): NodeArtifact[] {
  const { kubernetesVersion, etcdVersion, architecture, role, cni } = input;
  if (releaseOf(kubernetesVersion).kubernetes !== kubernetesVersion) return [];
  if (role === 'control-plane' && etcdVersion !== common.etcd) return [];
  const minor = kubernetesVersion.split('.').slice(0, 2).join('.');
  const images = new Set(Object.values(imagesOn(role, cni, kubernetesVersion)));
  const wanted = catalogue().filter(
    (artifact) =>
      artifact.architecture === architecture &&
      artifact.kubernetes.includes(minor) &&
      (artifact.kind === 'image'
        ? images.has(artifact.name)
        : role === 'control-plane' || !['etcd', 'kubeadm', 'kubectl'].includes(artifact.name)),
  );
  const pinned = wanted.flatMap((artifact) => {
    const pin = lock.get(idOf(artifact));
    return pin ? [{ kind: artifact.kind, sha256: pin.sha256, name: artifact.name }] : [];
  });
  return pinned.length === wanted.length ? pinned : [];
}

function imagesOn(
  role: NodeArtifactsInput['role'],
  cni: NodeArtifactsInput['cni'],
  kubernetesVersion: string,
): Record<string, string> {
  const others = Object.entries(ofCni).flatMap(([name, images]) => (name === cni ? [] : images));
  const left = new Set<string>([...others, ...(role === 'worker' ? onControlPlaneAlone : [])]);
  return Object.fromEntries(Object.entries(imagesOf(kubernetesVersion)).filter(([key]) => !left.has(key)));
}
