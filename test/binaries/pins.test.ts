import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readSpecFile } from '../../cli/spec-file.ts';
import { etcdVersionDefault } from '../../functions/clusters/spec-schema.ts';
import { binarySets } from '../../region/binaries.ts';
import { recipeOf } from '../../scripts/binaries/recipes.ts';

const root = join(import.meta.dirname, '..', '..');
const goModOf = (name: string): string => readFileSync(join(root, 'binaries', name, 'go.mod'), 'utf8');
const versionOf = (name: string): string => binarySets.find((set) => set.name === name)?.version ?? '';

/** `module version` of every line of go.mod that requires a module or puts one in another's place. */
function pinsOf(name: string, wanted: RegExp): Map<string, string> {
  const lines = goModOf(name).matchAll(/^\s*(?:\S+ => )?([a-z][\w./-]+) (v\S+)/gm);
  return new Map(
    [...lines].flatMap(([, module = '', version = '']) => (wanted.test(module) ? [[module, version]] : [])),
  );
}

describe('versions.json', () => {
  test.each(['etcd-3.6', 'etcd-3.5'])('says what the go.mod of %s pins', (name) => {
    const pins = pinsOf(name, /^go\.etcd\.io\/etcd\/.*v3$/);
    expect([...pins.keys()]).toEqual(
      expect.arrayContaining([
        'go.etcd.io/etcd/api/v3',
        'go.etcd.io/etcd/etcdctl/v3',
        'go.etcd.io/etcd/etcdutl/v3',
        'go.etcd.io/etcd/server/v3',
      ]),
    );
    expect([...new Set(pins.values())]).toEqual([`v${versionOf(name)}`]);
  });

  test('says what the go.mod of kubernetes pins, with every module of its own at the same release', () => {
    const version = versionOf('kubernetes');
    expect([...pinsOf('kubernetes', /^k8s\.io\/kubernetes$/).values()]).toEqual([`v${version}`]);
    const staged = [...goModOf('kubernetes').matchAll(/^\tk8s\.io\/\S+ => (\S+) (\S+)$/gm)];
    expect(staged.length).toBeGreaterThan(25);
    expect([...new Set(staged.map(([, , pinned]) => pinned))]).toEqual([version.replace(/^1\./, 'v0.')]);
  });

  test('fits what a cluster spec asks for', () => {
    expect(versionOf('etcd-3.6')).toBe(etcdVersionDefault);
    expect(readSpecFile('examples/ha.yaml')).toMatchObject({ kubernetesVersion: versionOf('kubernetes') });
  });

  test('pins an etcd 3.5 from which 3.6 may be reached, 3.5.32 or later (S18)', () => {
    const [, patch] = /^3\.5\.(\d+)$/.exec(versionOf('etcd-3.5')) ?? [];
    expect(Number(patch)).toBeGreaterThanOrEqual(32);
  });
});

describe('each program', () => {
  const programs = binarySets.flatMap((set) => set.binaries.map((binary) => ({ set, binary })));

  test.each(programs)('$binary of $set.name is a tool of its go.mod', ({ set, binary }) => {
    expect(goModOf(set.name)).toContain(`\n\t${recipeOf(set, binary).package}\n`);
  });

  test('of Kubernetes is told its version, in both places where it looks', () => {
    const set = binarySets.find(({ name }) => name === 'kubernetes');
    const flags = set ? recipeOf(set, 'kubectl').flags.join('\n') : '';
    expect(flags).toContain(`-X k8s.io/component-base/version.gitVersion=v${versionOf('kubernetes')} `);
    expect(flags).toContain(`-X k8s.io/client-go/pkg/version.gitVersion=v${versionOf('kubernetes')} `);
  });
});
