import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { binarySets } from '../../region/binaries.ts';
import { jobsDefault } from '../../scripts/binaries/go.ts';

/** `npm run binaries` with a Go that only writes down what it is told. */
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trivet-binaries-'));
  mkdirSync(join(folder, 'path'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const variables = () => ({ TRIVET_BINARIES: join(folder, 'built'), PATH: join(folder, 'path') });
const script = join(import.meta.dirname, '..', '..', 'scripts', 'binaries', 'main.ts');

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
    env: variables(),
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

function onPath(name: string, code: string): void {
  writeFileSync(join(folder, 'path', name), `#!/bin/bash\n${code}\n`);
  chmodSync(join(folder, 'path', name), 0o755);
}

const installGo = (version = 'go1.26.1'): void =>
  onPath(
    'go',
    `if [ "$1" = env ]; then echo ${version}; exit; fi
printf '%s\\n' "$PWD" "$@" "CGO_ENABLED=$CGO_ENABLED" >>${folder}/told
while [ "$1" != -o ]; do shift; done
echo '#!/bin/sh' >"$2"; /bin/chmod +x "$2"`,
  );
const told = (): string[] => {
  const path = join(folder, 'told');
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
};
const version = binarySets.find(({ name }) => name === 'kubernetes')?.version ?? '';

describe('npm run binaries', () => {
  test('--help names every option', () => {
    const { status, stdout } = run('--help');
    expect(status).toBe(0);
    expect(stdout.match(/--\w+/g)).toEqual(['--only', '--list', '--force', '--jobs', '--help']);
  });

  test('--list says what would be built, and needs no Go', () => {
    onPath('kubectl', `echo "Client Version: v${version}"`);
    const { status, stdout, stderr } = run('--list');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    const expected = binarySets.flatMap((set) =>
      set.binaries.map((binary) => {
        const standing = binary === 'kubectl' ? `on PATH ${join(folder, 'path', 'kubectl')}` : 'to be built';
        return `${binary} ${set.version} ${standing}`;
      }),
    );
    expect(lines.map((line) => line.replaceAll(/ +/g, ' '))).toEqual(expected);
  });

  test('--only with another name lists the names', () => {
    const { status, stderr } = run('--only', 'kubectl,kubelet');
    expect(status).toBe(1);
    expect(stderr).toMatch(/^trivet: There is no kubelet; there are: etcd-3\.6, etcd, /);
  });

  test('builds what is asked for in the folder of its go.mod, and not a second time', () => {
    installGo();
    const first = run('--only', 'kubectl', '--jobs', '3');
    expect(first.stderr).toBe('');
    expect(first.stdout).toMatch(
      /^kubectl \S+: building with go1\.26\.1\nkubectl \S+: built in \d+ s, \d+ MB\n$/,
    );
    expect(told()).toEqual([
      expect.stringMatching(/binaries\/kubernetes$/),
      'build',
      '-p=3',
      '-mod=readonly',
      '-trimpath',
      '-buildvcs=false',
      '-tags=selinux,notest,grpcnotrace',
      expect.stringMatching(/^-ldflags=-s -w -X /),
      '-o',
      expect.stringContaining(`kubernetes-${version}/.kubectl.`),
      'k8s.io/kubernetes/cmd/kubectl',
      'CGO_ENABLED=0',
    ]);
    const again = run('--only', 'kubectl');
    expect(again.stdout).toMatch(/^kubectl \S+: built, \S+\/kubectl\n$/);
    expect(told()).toHaveLength(12);
  });

  test('builds again what was built from other pins, and what --force names', () => {
    installGo();
    run('--only', 'kubectl');
    writeFileSync(join(folder, 'built', `kubernetes-${version}`, '.kubectl.inputs'), 'other');
    expect(run('--only', 'kubectl', '--list').stdout).toContain('to be built again');
    run('--only', 'kubectl');
    expect(told()).toHaveLength(24);
    run('--only', 'kubectl', '--force');
    expect(told()).toHaveLength(36);
  });

  test('leaves nothing behind when Go fails, and shows its last words', () => {
    onPath('go', 'if [ "$1" = env ]; then echo go1.26.1; exit; fi\necho "no space left" >&2; exit 1');
    const { status, stderr } = run('--only', 'kubectl');
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: 'trivet: go build failed (exit code 1):\nno space left\n\n',
    });
    expect(run('--only', 'kubectl', '--list').stdout).toContain('to be built');
  });

  test('without Go says which one is needed, where from, and what does without it', () => {
    const { status, stderr } = run('--only', 'kubectl');
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: `trivet: There is no Go here. Trivet builds kubernetes with Go ≥ 1.25.0, from go.dev or Debian's golang package; or put the binaries of ${version} on PATH.\n`,
    });
  });

  test.each(['go1.19.8', 'go1.24.13'])('refuses %s, which is too old', (old) => {
    installGo(old);
    expect(run('--only', 'kubectl').stderr).toMatch(`trivet: This Go is too old (${old}). Trivet builds`);
    expect(told()).toEqual([]);
  });
});

describe('jobs', () => {
  test('are one a core, and fewer where memory is short', () => {
    expect([jobsDefault(2, 8e9), jobsDefault(16, 8e9), jobsDefault(4, 1e9)]).toEqual([2, 4, 1]);
  });
});
