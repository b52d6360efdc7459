import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { binarySets, findBinaries, setDir } from '../../region/binaries.ts';
import { findEtcd } from '../../region/machines/find-etcd.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trivet-binaries-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const variables = () => ({ TRIVET_BINARIES: join(folder, 'built'), PATH: join(folder, 'path') });
const setOf = (name: string) => binarySets.filter((set) => set.name === name);

function program(path: string, says = ''): void {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, `#!/bin/sh\necho "${says}"\n`);
  chmodSync(path, 0o755);
}

const build = (name: string): void => {
  for (const set of setOf(name))
    for (const binary of set.binaries) program(join(setDir(set, variables()), binary));
};

/** Puts a set's programs on PATH; each says its version as the real ones do. */
const install = (name: string, version: string): void => {
  for (const set of setOf(name))
    for (const binary of set.binaries)
      program(
        join(folder, 'path', binary),
        name === 'kubernetes' ? `Kubernetes v${version}` : `${binary} version: ${version}`,
      );
};

const [etcd36 = ''] = setOf('etcd-3.6').map(({ version }) => version);
const [kubernetes = ''] = setOf('kubernetes').map(({ version }) => version);

describe('findBinaries', () => {
  test('finds nothing where nothing is built', () => {
    expect(findBinaries(variables())).toEqual({ etcd: [] });
  });

  test('takes built sets without running anything', () => {
    build('kubernetes');
    build('etcd-3.6');
    const built = join(folder, 'built');
    expect(findBinaries(variables())).toEqual({
      kubernetes: {
        version: kubernetes,
        apiServer: join(built, `kubernetes-${kubernetes}`, 'kube-apiserver'),
        controllerManager: join(built, `kubernetes-${kubernetes}`, 'kube-controller-manager'),
        scheduler: join(built, `kubernetes-${kubernetes}`, 'kube-scheduler'),
        kubectl: join(built, `kubernetes-${kubernetes}`, 'kubectl'),
        kubeadm: join(built, `kubernetes-${kubernetes}`, 'kubeadm'),
      },
      etcd: [
        {
          version: etcd36,
          etcd: join(built, `etcd-${etcd36}`, 'etcd'),
          etcdctl: join(built, `etcd-${etcd36}`, 'etcdctl'),
          etcdutl: join(built, `etcd-${etcd36}`, 'etcdutl'),
        },
      ],
    });
  });

  test('takes a set from PATH in exactly the pinned version', () => {
    install('kubernetes', kubernetes);
    expect(findBinaries(variables()).kubernetes?.apiServer).toBe(join(folder, 'path', 'kube-apiserver'));
  });

  test.each(['1.20.0', `${kubernetes}-rc.1`, `${kubernetes}+vendor`])('passes over %s on PATH', (version) => {
    install('kubernetes', version);
    expect(findBinaries(variables()).kubernetes).toBeUndefined();
  });

  test('takes no part of a set', () => {
    build('kubernetes');
    for (const set of setOf('kubernetes')) rmSync(join(setDir(set, variables()), 'kube-scheduler'));
    expect(findBinaries(variables()).kubernetes).toBeUndefined();
  });
});

describe('TRIVET_ETCD_VERSION', () => {
  test.each(['3.6', etcd36])('asks for %s, and gets the built one before another on PATH', (wanted) => {
    build('etcd-3.6');
    program(join(folder, 'path', 'etcd'), 'etcd Version: 3.4.23');
    expect(findEtcd({ ...variables(), TRIVET_ETCD_VERSION: wanted })).toEqual({
      version: etcd36,
      path: join(folder, 'built', `etcd-${etcd36}`, 'etcd'),
    });
  });

  test('absent, changes nothing: PATH comes first, and what is built is not looked at', () => {
    build('etcd-3.6');
    program(join(folder, 'path', 'etcd'), 'etcd Version: 3.4.23');
    expect(findEtcd(variables())).toEqual({ version: '3.4.23', path: join(folder, 'path', 'etcd') });
  });

  test('is met by the etcd that TRIVET_ETCD names, if that one is of the version', () => {
    build('etcd-3.6');
    const path = join(folder, 'mine', 'etcd');
    program(path, 'etcd Version: 3.6.2');
    expect(findEtcd({ ...variables(), TRIVET_ETCD: path, TRIVET_ETCD_VERSION: '3.6' })).toEqual({
      version: '3.6.2',
      path,
    });
  });

  test('that is not here is told with the command that brings it', () => {
    program(join(folder, 'path', 'etcd'), 'etcd Version: 3.4.23');
    expect(() => findEtcd({ ...variables(), TRIVET_ETCD_VERSION: '3.6' })).toThrow(
      'TRIVET_ETCD_VERSION asks for etcd 3.6, which is not here. Run: npm run binaries (needs Go), or set TRIVET_ETCD to one.',
    );
  });
});
