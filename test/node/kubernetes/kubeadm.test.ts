import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { commandOf, renderComponentFlags } from '../../../node/kubernetes/flags.ts';
import { renderKubeadmConfiguration } from '../../../node/kubernetes/kubeadm-configuration.ts';
import { binarySets, findBinary } from '../../../region/binaries.ts';
import { kubernetesNodeInput } from '../scripts.ts';

const set = binarySets.find(({ name }) => name === 'kubernetes');
const kubeadm = set && findBinary(set, 'kubeadm');
const missing = !kubeadm
  ? 'kubeadm is not built (npm run binaries)'
  : process.getuid?.() === 0
    ? undefined
    : 'not root';
if (missing) console.warn(`the tests with real kubeadm are skipped: ${missing}`);

const { cluster, address, kubernetes } = kubernetesNodeInput;
const input = { cluster, address, ...kubernetes, version: set?.version ?? kubernetes.version };

/** The real kubeadm over the rendered configuration. Its dry run writes manifests into a folder and touches nothing else. */
describe.skipIf(missing)('kubeadm', () => {
  let folder: string;
  let configuration: string;
  const manifest = (component: string) =>
    parse(readFileSync(join(folder, `${component}.yaml`), 'utf8')).spec.containers[0];

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'trivet-kubeadm-'));
    configuration = join(folder, 'kubeadm.conf');
    const text = renderKubeadmConfiguration(input).replace('@INSTANCE_ID@', 'i-0123456789abcdef0');
    writeFileSync(configuration, text);
    execFileSync(
      kubeadm ?? '',
      ['init', 'phase', 'control-plane', 'all', '--config', configuration, '--dry-run'],
      { env: { ...process.env, KUBEADM_INIT_DRYRUN_DIR: folder }, stdio: 'pipe' },
    );
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('takes the configuration without a warning', () => {
    const { status, stderr } = spawnSync(kubeadm ?? '', ['config', 'validate', '--config', configuration], {
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  test.each([
    ['kube-apiserver', 'apiServer'],
    ['kube-controller-manager', 'controllerManager'],
    ['kube-scheduler', 'scheduler'],
  ] as const)('makes a static pod of %s with exactly the flags of the table', (program, component) => {
    const [name, ...flags] = manifest(program).command as string[];
    const [, ...wanted] = commandOf(program, renderComponentFlags(input)[component]);
    expect([name, ...flags.sort()]).toEqual([program, ...wanted.sort()]);
  });

  test('writes manifests that are root’s alone (CIS 1.1.1 to 1.1.6)', () => {
    const manifests = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
    expect(manifests.sort()).toEqual([
      'kube-apiserver.yaml',
      'kube-controller-manager.yaml',
      'kube-scheduler.yaml',
    ]);
    for (const file of manifests) {
      const { mode, uid, gid } = statSync(join(folder, file));
      expect([mode & 0o777, uid, gid]).toEqual([0o600, 0, 0]);
    }
  });

  test('gives each component the folders that its flags name, and the scheduler no key but its own', () => {
    const mounts = (component: string): string[] =>
      (manifest(component).volumeMounts as { mountPath: string }[]).map(({ mountPath }) => mountPath);
    for (const component of ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler']) {
      const named = (manifest(component).command as string[]).flatMap((flag) => flag.split('=').slice(1));
      const paths = named.filter((value) => /^\/(etc|var)\//.test(value));
      const reached = mounts(component);
      expect(
        paths.filter((path) => !reached.some((folder) => path === folder || path.startsWith(`${folder}/`))),
      ).toEqual([]);
    }
    expect(mounts('kube-scheduler').sort()).toEqual([
      '/etc/kubernetes/scheduler',
      '/etc/kubernetes/scheduler.conf',
    ]);
  });

  test('has hung components restarted: each is probed where it listens', () => {
    expect(manifest('kube-apiserver').livenessProbe.httpGet).toMatchObject({
      host: '10.0.1.10',
      path: '/livez',
    });
    expect(manifest('kube-controller-manager').livenessProbe.httpGet).toMatchObject({ host: '127.0.0.1' });
    expect(manifest('kube-scheduler').livenessProbe.httpGet).toMatchObject({ host: '127.0.0.1' });
  });
});
