import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type NodeArtifact, renderArtifactFiles } from '../../node/artifacts.ts';
import { killGroup } from '../../region/machines/leftovers.ts';
import { eventually } from '../support/eventually.ts';
import { nodeInput, writeNodeRoot } from './scripts.ts';

const root0 = process.getuid?.() === 0;
if (!root0) console.warn('the test of artifacts.sh is skipped: not root');
const sha256 = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex');
const pause = 'registry.k8s.io/pause:3.10.1';

describe('the list of artifacts', () => {
  test('says how many there are, with one line for each', () => {
    const list = (artifacts: readonly NodeArtifact[]) =>
      renderArtifactFiles(artifacts)['/etc/trivet/artifacts'];
    expect(list([])).toBe('artifacts 0\n');
    expect(
      list([
        { kind: 'package', sha256: 'a'.repeat(64), name: 'etcd' },
        { kind: 'image', sha256: 'b'.repeat(64), name: pause },
      ]),
    ).toBe(`artifacts 2\npackage ${'a'.repeat(64)} etcd\nimage ${'b'.repeat(64)} ${pause}\n`);
    expect(() => list([{ kind: 'package', sha256: 'a'.repeat(64), name: 'etcd; reboot' }])).toThrow(
      'etcd; reboot is no artifact that a list can hold',
    );
  });
});

/** artifacts.sh itself, in a folder that stands for the node's root; the AWS CLI, systemd and containerd's ctr are played. */
describe.skipIf(!root0)('artifacts.sh', () => {
  let folder: string;
  let node: ReturnType<typeof writeNodeRoot>;
  let list: NodeArtifact[];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'trivet-artifacts-'));
    mkdirSync(join(folder, 'bucket/artifacts'), { recursive: true });
    mkdirSync(join(folder, 'bin'));
    list = [];
    play(
      'aws',
      `refuse() { printf '\\nAn error occurred (%s) when calling the GetObject operation\\n' "$1" >&2; exit 254; }
shift 2
while (($#)); do case $1 in --key) key=$2; shift 2 ;; --bucket | --region) shift 2 ;; *) file=$1; shift ;; esac; done
if [[ -e "${folder}/slow" ]]; then refuse SlowDown; fi
cp "${folder}/bucket/$key" "$file" 2>/dev/null || refuse NoSuchKey`,
    );
    play('systemctl', '');
    play(
      'ctr',
      `case "$4" in
  import) basename "$5" >/dev/null; cat "$5" >>"${folder}/imported" ;;
  ls) grep -qF "\${6#name==}" "${folder}/labelled" 2>/dev/null && echo "$6" || true ;;
  label) echo "$5 $6" >>"${folder}/labelled" ;;
esac`,
    );
  });
  afterEach(() => {
    node?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const play = (name: string, code: string): void => {
    const path = join(folder, 'bin', name);
    writeFileSync(path, `#!/bin/bash\nset -euo pipefail\necho "${name} $*" >>"${folder}/calls"\n${code}\n`);
    chmodSync(path, 0o755);
  };
  const pin = (kind: NodeArtifact['kind'], name: string, content: string | Uint8Array): string => {
    const hash = sha256(content);
    writeFileSync(join(folder, 'bucket/artifacts', hash), content);
    list.push({ kind, sha256: hash, name });
    return join(folder, 'bucket/artifacts', hash);
  };
  /** A gzipped tar archive of these files. */
  const archive = (files: Readonly<Record<string, string>>): Buffer => {
    const source = mkdtempSync(join(folder, 'source-'));
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(source, path)), { recursive: true });
      writeFileSync(join(source, path), content);
    }
    return execFileSync('tar', ['-czf', '-', '-C', source, '.']);
  };
  const boot = (): void => {
    node = writeNodeRoot({ ...nodeInput, artifacts: list });
  };
  const command = () => ({
    script: join(node.root, 'usr/local/lib/trivet/artifacts.sh'),
    env: { PATH: `${join(folder, 'bin')}:${process.env.PATH}`, TRIVET_ROOT: node.root },
  });
  const run = (what: string) => {
    const { script, env } = command();
    const { status, stdout, stderr } = spawnSync('bash', [script, what], { env, encoding: 'utf8' });
    return { status, stdout, stderr };
  };
  const read = (path: string) => readFileSync(join(node.root, path), 'utf8');
  const calls = (name: string) =>
    existsSync(join(folder, 'calls'))
      ? readFileSync(join(folder, 'calls'), 'utf8')
          .split('\n')
          .filter((line) => line.startsWith(`${name} `))
      : [];

  test('without a list says so and is content', () => {
    boot();
    expect(run('etcd')).toEqual({
      status: 0,
      stdout: 'No artifacts are pinned for this node; it goes on with the etcd of its image.\n',
      stderr: '',
    });
    expect(calls('aws')).toEqual([]);
  });

  test('puts etcd in its place first, and nothing else', () => {
    const programs = { etcd: 'etcd 3.6', etcdctl: 'ctl', etcdutl: 'utl', 'README.md': 'x' };
    const files = Object.entries(programs).map(([name, text]) => [`etcd-v3.6.14-linux-arm64/${name}`, text]);
    pin('package', 'etcd', archive(Object.fromEntries(files)));
    pin('package', 'kubelet', 'a kubelet');
    boot();
    expect(run('etcd')).toEqual({ status: 0, stdout: 'Installed the package etcd.\n', stderr: '' });
    expect([read('usr/local/bin/etcd'), read('usr/local/bin/etcdctl')]).toEqual(['etcd 3.6', 'ctl']);
    expect(statSync(join(node.root, 'usr/local/bin/etcd')).mode & 0o777).toBe(0o755);
    expect(existsSync(join(node.root, 'usr/local/bin/kubelet'))).toBe(false);
  });

  test('puts every program where a node looks for it, and does it once', () => {
    pin('package', 'kubelet', 'a kubelet');
    pin('package', 'runc', 'runs');
    pin('package', 'containerd', archive({ 'bin/containerd': 'daemon', 'bin/ctr': 'client' }));
    pin('package', 'cni-plugins', archive({ bridge: 'bridge', 'host-local': 'local' }));
    pin('package', 'crictl', archive({ crictl: 'cri' }));
    boot();
    expect(run('programs')).toMatchObject({ status: 0, stderr: '' });
    expect(
      [
        'usr/local/bin/kubelet',
        'usr/local/sbin/runc',
        'usr/local/bin/containerd',
        'usr/local/bin/ctr',
        'opt/cni/bin/bridge',
        'opt/cni/bin/host-local',
        'usr/local/bin/crictl',
      ].map(read),
    ).toEqual(['a kubelet', 'runs', 'daemon', 'client', 'bridge', 'local', 'cri']);
    expect(read('etc/systemd/system/containerd.service')).toContain('ExecStart=/usr/local/bin/containerd\n');
    expect(calls('systemctl')).toEqual(['systemctl daemon-reload']);
    expect(calls('aws')).toHaveLength(5);
    expect(run('programs')).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(calls('aws')).toHaveLength(5);
  });

  test('imports images and pins them, again when one was removed', () => {
    pin('image', pause, 'an archive of pause');
    boot();
    expect(run('images')).toEqual({ status: 0, stdout: `Installed the image ${pause}.\n`, stderr: '' });
    expect(readFileSync(join(folder, 'imported'), 'utf8')).toBe('an archive of pause');
    expect(readFileSync(join(folder, 'labelled'), 'utf8')).toBe(`${pause} io.cri-containerd.pinned=pinned\n`);
    expect(run('images').stdout).toBe('');
    rmSync(join(folder, 'labelled'));
    expect(run('images').stdout).toBe(`Installed the image ${pause}.\n`);
  });

  test('goes on with what the image has where the bucket has it not, and fetches it once it is there', () => {
    const object = pin('package', 'kubelet', 'a kubelet');
    pin('package', 'runc', 'runs');
    rmSync(object);
    boot();
    const { status, stdout } = run('programs');
    expect(status).toBe(0);
    expect(stdout).toContain(
      `The package kubelet is not in the bucket (artifacts/${sha256('a kubelet')}); trivet artifacts mirror brings it.`,
    );
    expect(stdout).toContain('Installed the package runc.');
    writeFileSync(object, 'a kubelet');
    expect(run('programs').stdout).toBe('Installed the package kubelet.\n');
  });

  test('waits through what passes, and installs nothing that is not what its hash says', async () => {
    const object = pin('package', 'kubelet', 'a kubelet');
    writeFileSync(object, 'an evil kubelet');
    writeFileSync(join(folder, 'slow'), '');
    boot();
    const { script, env } = command();
    const child = spawn('bash', [script, 'programs'], {
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.on('data', (text) => {
      said += text;
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    try {
      await eventually(() => said.includes('(SlowDown)'));
      rmSync(join(folder, 'slow'));
      await eventually(() => said.includes('is something else; it is fetched again.'));
      expect(existsSync(join(node.root, 'usr/local/bin/kubelet'))).toBe(false);
      writeFileSync(object, 'a kubelet');
      expect(await ended).toBe(0);
      expect(read('usr/local/bin/kubelet')).toBe('a kubelet');
    } finally {
      if (child.pid !== undefined && child.exitCode === null) killGroup(child.pid);
    }
  });

  test('installs nothing of a list that has a bad line', () => {
    pin('package', 'kubelet', 'a kubelet');
    boot();
    const path = join(node.root, 'etc/trivet/artifacts');
    writeFileSync(path, `${readFileSync(path, 'utf8')}package short runc\n`);
    expect(run('programs')).toMatchObject({
      status: 1,
      stdout: 'The list of artifacts has a line that is not one: package short runc\n',
    });
    writeFileSync(
      path,
      readFileSync(path, 'utf8')
        .replace(/.*short runc\n/, '')
        .replace('artifacts 1', 'artifacts 2'),
    );
    expect(run('programs')).toMatchObject({ status: 1, stdout: 'The list of artifacts has 1 of 2.\n' });
    expect(calls('aws')).toEqual([]);
  });
});
