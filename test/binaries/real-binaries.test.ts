import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { askVersion, binarySets, findBinaries, findBinary } from '../../region/binaries.ts';

const programs = binarySets.flatMap((set) =>
  set.binaries.flatMap((binary) => {
    const path = findBinary(set, binary);
    return path ? [{ set: set.name, binary, version: set.version, path }] : [];
  }),
);
const all = binarySets.flatMap((set) => set.binaries).length;
if (programs.length < all)
  console.warn(
    `${all - programs.length} of ${all} real programs are not asked: npm run binaries builds them`,
  );

describe.skipIf(programs.length === 0)('the real programs', () => {
  test.each(programs)('$binary of $set says that it is $version', ({ path, binary, version }) => {
    expect(askVersion(path, binary)).toBe(version);
  });
});

const { kubernetes } = findBinaries();

describe.skipIf(!kubernetes)('real Kubernetes', () => {
  test('kubectl knows its release as clients are asked for it', () => {
    const said = execFileSync(kubernetes?.kubectl ?? '', ['version', '--client', '-o', 'json'], {
      encoding: 'utf8',
    });
    expect(JSON.parse(said)).toMatchObject({
      clientVersion: { gitVersion: `v${kubernetes?.version}`, major: '1', gitTreeState: 'archive' },
    });
  });

  test('kubeadm takes its own release as the one to install, without asking anyone', () => {
    const said = execFileSync(kubernetes?.kubeadm ?? '', ['config', 'print', 'init-defaults'], {
      encoding: 'utf8',
    });
    expect(said).toContain('apiVersion: kubeadm.k8s.io/v1beta4');
  });
});
