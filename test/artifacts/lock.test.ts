import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Architecture, catalogue, idOf } from '../../artifacts/catalog.ts';
import {
  choose,
  committedLock,
  type Lock,
  missingOf,
  type Pin,
  parseLock,
  renderLock,
} from '../../artifacts/lock.ts';
import { type NodeArtifactsInput, nodeArtifacts } from '../../artifacts/node-artifacts.ts';
import { common, imagesOf, releases } from '../../artifacts/versions.ts';
import { etcdVersionDefault } from '../../functions/clusters/spec-schema.ts';
import { type Cni, renderAddOns } from '../../functions/kubernetes/add-ons/render.ts';
import { addOnInput, podOf } from '../functions/kubernetes/add-ons/input.ts';

const all = catalogue();
const ids = all.map(idOf);
const pinOf = (index: number, kind: string): Pin => {
  const sha256 = index.toString(16).padStart(64, '0');
  return { sha256, bytes: 1000 + index, ...(kind === 'image' && { digest: `sha256:${sha256}` }) };
};
const full: Lock = new Map(all.map((artifact, index) => [idOf(artifact), pinOf(index, artifact.kind)]));

describe('the catalogue', () => {
  test('has every artifact once, for both architectures', () => {
    expect(new Set(ids).size).toBe(ids.length);
    const of = (architecture: Architecture) => all.filter((one) => one.architecture === architecture);
    expect(of('arm64').map(({ name }) => name)).toEqual(of('amd64').map(({ name }) => name));
  });

  test('names where projects release, and where they say the hash', () => {
    const packages = Object.fromEntries(
      all.flatMap((one) => (one.kind === 'package' ? [[idOf(one), [one.url, one.checksumUrl]]] : [])),
    );
    expect(packages['kubelet 1.35.4 arm64']).toEqual([
      'https://dl.k8s.io/release/v1.35.4/bin/linux/arm64/kubelet',
      'https://dl.k8s.io/release/v1.35.4/bin/linux/arm64/kubelet.sha256',
    ]);
    expect(packages['etcd 3.6.14 amd64']).toEqual([
      'https://github.com/etcd-io/etcd/releases/download/v3.6.14/etcd-v3.6.14-linux-amd64.tar.gz',
      'https://github.com/etcd-io/etcd/releases/download/v3.6.14/SHA256SUMS',
    ]);
    expect(packages['runc 1.4.3 arm64']).toEqual([
      'https://github.com/opencontainers/runc/releases/download/v1.4.3/runc.arm64',
      'https://github.com/opencontainers/runc/releases/download/v1.4.3/runc.sha256sum',
    ]);
    for (const urls of Object.values(packages)) for (const url of urls) expect(url).toMatch(/^https:\/\//);
  });

  test('shares what several minors have', () => {
    const minors = Object.fromEntries(all.map((one) => [idOf(one), one.kubernetes]));
    expect(minors['runc 1.4.3 arm64']).toEqual(['1.34', '1.35', '1.36']);
    expect(minors['registry.k8s.io/pause:3.10.1 arm64']).toEqual(['1.34', '1.35']);
    expect(minors['registry.k8s.io/kube-proxy:v1.35.4 amd64']).toEqual(['1.35']);
  });

  test('goes with the versions of specs, and of what npm run binaries builds', () => {
    expect(common.etcd).toBe(etcdVersionDefault);
    const built = JSON.parse(readFileSync(new URL('../../binaries/versions.json', import.meta.url), 'utf8'));
    expect(releases['1.35']?.kubernetes).toBe(built.kubernetes.version);
    expect(common.etcd).toBe(built['etcd-3.6'].version);
  });
});

test.each(Object.values(releases).map(({ kubernetes }) => kubernetes))(
  'every image of the add-ons of %s is in the catalogue',
  (kubernetesVersion) => {
    for (const cni of ['flannel', 'aws-vpc-cni', 'none'] as const satisfies Cni[]) {
      const addOns = renderAddOns({ ...addOnInput, kubernetesVersion, cni });
      const workloads = addOns.flatMap(({ awaits }) => awaits.map(({ name }) => podOf(addOns, name)));
      const images = workloads.flatMap(({ initContainers = [], containers }) =>
        [...initContainers, ...containers].map(({ image }) => image),
      );
      expect(images.length).toBeGreaterThan(10);
      for (const image of images) expect(ids).toContain(`${image} arm64`);
    }
  },
);

describe('the lock', () => {
  test('that is committed lists every artifact, filled or not, as it is written', () => {
    const text = readFileSync(new URL('../../artifacts/lock.json', import.meta.url), 'utf8');
    expect(text).toBe(renderLock(committedLock));
  });

  test('comes back as it was written', () => {
    expect(parseLock(JSON.parse(renderLock(full)))).toEqual(full);
    expect(parseLock(JSON.parse(renderLock(new Map())))).toEqual(new Map());
  });

  test('says what is missing', () => {
    const lock = new Map(full);
    lock.delete('etcd 3.6.14 arm64');
    expect(missingOf(lock, all).map(idOf)).toEqual(['etcd 3.6.14 arm64']);
  });

  test.each([
    ['a hash that is none', { sha256: 'abc', bytes: 1 }],
    ['a hash without a size', { sha256: 'a'.repeat(64), bytes: null }],
    ['a package with a digest', { sha256: 'a'.repeat(64), bytes: 1, digest: `sha256:${'a'.repeat(64)}` }],
    ['an image without a digest', { kind: 'image', sha256: 'a'.repeat(64), bytes: 1, digest: null }],
  ])('with %s is refused', (_what, pin) => {
    expect(() => parseLock({ artifacts: [{ id: 'etcd', kind: 'package', ...pin }] })).toThrow(
      "the lock's pin of etcd is not well formed",
    );
  });

  test('chooses by name, minor and architecture, and knows what it does not know', () => {
    const chosen = choose(all, { only: ['kubelet', 'coredns'], kubernetes: '1.35', architecture: 'arm64' });
    expect(chosen.map(idOf)).toEqual([
      'kubelet 1.35.4 arm64',
      'registry.k8s.io/coredns/coredns:v1.13.1 arm64',
    ]);
    expect(() => choose(all, { only: ['kublet'] })).toThrow('there is no artifact kublet');
  });
});

describe('a node', () => {
  const input: NodeArtifactsInput = {
    kubernetesVersion: '1.35.4',
    etcdVersion: '3.6.14',
    architecture: 'arm64',
    role: 'control-plane',
    cni: 'flannel',
  };
  const namesOn = (changes: Partial<NodeArtifactsInput>) =>
    nodeArtifacts(full, { ...input, ...changes }).map(({ name }) => name);

  test('of the control plane gets all programs, its own images and those of its network', () => {
    const images = imagesOf('1.35.4');
    expect(namesOn({})).toEqual([
      'cni-plugins',
      'containerd',
      'crictl',
      'etcd',
      'kubeadm',
      'kubectl',
      'kubelet',
      'runc',
      ...Object.entries(images)
        .filter(([key]) => !key.startsWith('awsVpc'))
        .map(([, name]) => name)
        .sort(),
    ]);
  });

  test('that is a worker gets neither etcd nor the control plane’s images', () => {
    const names = namesOn({ role: 'worker', cni: 'none' });
    expect(names.slice(0, 5)).toEqual(['cni-plugins', 'containerd', 'crictl', 'kubelet', 'runc']);
    expect(names.join()).not.toMatch(/kube-apiserver|kube-scheduler|cloud-controller|flannel|amazon-k8s-cni/);
    expect(names).toContain('registry.k8s.io/kube-proxy:v1.35.4');
    // etcd's version is nothing to a worker.
    expect(namesOn({ role: 'worker', cni: 'none', etcdVersion: '3.6.13' })).toEqual(names);
  });

  test('gets nothing of another patch release, of another etcd, or while a single hash is missing', () => {
    expect(namesOn({ kubernetesVersion: '1.35.2' })).toEqual([]);
    expect(namesOn({ etcdVersion: '3.6.13' })).toEqual([]);
    const lock = new Map(full);
    lock.delete('runc 1.4.3 arm64');
    expect(nodeArtifacts(lock, input)).toEqual([]);
    expect(nodeArtifacts(lock, { ...input, architecture: 'amd64' })).not.toEqual([]);
    expect(nodeArtifacts(new Map(), input)).toEqual([]);
  });
});
