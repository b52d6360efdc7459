import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { staticPodDelay } from '../../../node/policy.ts';
import type { KubernetesBinaries } from '../../../region/binaries.ts';
import { createClock } from '../../../region/kernel/clock.ts';
import type { Kernel } from '../../../region/kernel/kernel.ts';
import { boundLogs, type ComponentHost, keepRunning } from '../../../region/machines/component-process.ts';
import { createConsole } from '../../../region/machines/console.ts';
import { prepareComponents } from '../../../region/machines/kubernetes-components.ts';
import { type KubernetesReport, runKubernetes } from '../../../region/machines/kubernetes-machine.ts';
import { kubernetesNodeInput, nodeInput, writeNodeRoot } from '../../node/scripts.ts';
import { eventually } from '../../support/eventually.ts';

const binaries: KubernetesBinaries = {
  version: '1.35.4',
  apiServer: '/programs/kube-apiserver',
  controllerManager: '/programs/kube-controller-manager',
  scheduler: '/programs/kube-scheduler',
  kubectl: '/programs/kubectl',
  kubeadm: '/programs/kubeadm',
};

let stateDir: string;
let ending: AbortController;
let root: string;
let removeRoot: () => void;
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'trivet-kubernetes-'));
  ending = new AbortController();
  const made = writeNodeRoot({ ...kubernetesNodeInput, address: '127.90.1.10' });
  root = made.root;
  removeRoot = made.remove;
});
afterEach(() => {
  ending.abort();
  rmSync(stateDir, { recursive: true, force: true });
  removeRoot();
});

const hostAt = (folder: string): ComponentHost => ({
  clock: createClock(),
  console: createConsole(join(stateDir, 'console.log'), () => new Date()),
  stateDir,
  root: folder,
  instanceId: 'i-0123456789abcdef0',
  waitScale: 0.001,
  signal: ending.signal,
});
const script = (code: string) => ({
  name: 'kube-example',
  path: '/bin/bash',
  arguments: ['-c', code],
  logPath: join(stateDir, 'logs', 'kube-example.log'),
});
const recorded = (): string[] =>
  existsSync(join(stateDir, 'pids')) ? readdirSync(join(stateDir, 'pids')) : [];

describe('the command lines of a machine’s components', () => {
  test('are the rendered ones, with what must differ where three nodes share one host', () => {
    const { apiServer, controllerManager, scheduler } = prepareComponents({
      binaries,
      root,
      privateIp: '127.90.1.10',
    });
    expect(apiServer).toMatchObject({ name: 'kube-apiserver', path: '/programs/kube-apiserver' });
    expect(apiServer.arguments).toEqual(
      expect.arrayContaining([
        '--bind-address=127.90.1.10',
        '--secure-port=6443',
        '--etcd-servers=https://127.90.1.10:2379',
        `--etcd-cafile=${root}/etc/kubernetes/pki/etcd/ca.crt`,
        `--audit-log-path=${root}/var/log/kubernetes/audit/audit.log`,
        `--authentication-config=${root}/run/trivet/etc/kubernetes/apiserver/authentication.yaml`,
        `--encryption-provider-config=${root}/etc/kubernetes/encryption/config.yaml`,
        '--authorization-mode=Node,RBAC',
      ]),
    );
    expect(controllerManager.arguments).toEqual(
      expect.arrayContaining([
        '--bind-address=127.154.1.10',
        `--kubeconfig=${root}/run/trivet/etc/kubernetes/controller-manager.conf`,
        '--cluster-signing-cert-file=',
        `--cluster-signing-kubelet-client-key-file=${root}/etc/kubernetes/pki/kubelet-client-ca.key`,
      ]),
    );
    expect(scheduler.arguments).toEqual(
      expect.arrayContaining(['--bind-address=127.154.1.10', '--leader-elect=true']),
    );
  });

  test('name no path outside the machine’s root, and neither do the files that they name', () => {
    const components = prepareComponents({ binaries, root, privateIp: '127.90.1.10' });
    const texts = [
      ...Object.values(components).flatMap((component) => component.arguments),
      readFileSync(join(root, 'run/trivet/etc/kubernetes/scheduler.conf'), 'utf8'),
      readFileSync(join(root, 'run/trivet/etc/kubernetes/apiserver/admission.yaml'), 'utf8'),
    ];
    const paths = texts.flatMap((text) => text.match(/\S*\/(?:etc|var)\/\S+/g) ?? []);
    expect(paths.length).toBeGreaterThan(20);
    expect(paths.filter((path) => !path.includes(root))).toEqual([]);
    // What the manifest pins is as it was delivered.
    expect(readFileSync(join(root, 'etc/kubernetes/scheduler.conf'), 'utf8')).toContain(
      'client-key: /etc/kubernetes/scheduler/client.key',
    );
  });
});

describe('a component', () => {
  test('that ends is started again at once, then after waits that double up to five minutes', async () => {
    expect([0, 1, 2, 3, 4, 5, 6, 7].map(staticPodDelay)).toEqual([
      0, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000,
    ]);
    const host = hostAt(root);
    const life = keepRunning(script('echo trouble; exit 3'), host).catch(() => 'ended');
    await eventually(() => host.console.output().includes('again in 0.02 s'));
    ending.abort();
    expect(await life).toBe('ended');
    expect(
      host.console
        .output()
        .match(/ended with code 3 after 0 s; again in \S+ s/g)
        ?.slice(0, 3),
    ).toEqual([
      'ended with code 3 after 0 s; again in 0 s',
      'ended with code 3 after 0 s; again in 0.01 s',
      'ended with code 3 after 0 s; again in 0.02 s',
    ]);
    expect(readFileSync(join(stateDir, 'logs', 'kube-example.log'), 'utf8')).toMatch(/^(trouble\n){3,}$/);
  });

  test('is killed with all that it started when the machine ends, and is written down until then', async () => {
    const life = keepRunning(script('sleep 600 & echo $!; wait'), hostAt(root)).catch(() => 'ended');
    const log = join(stateDir, 'logs', 'kube-example.log');
    const child = await eventually(() => existsSync(log) && Number(readFileSync(log, 'utf8')));
    expect(recorded()).toHaveLength(1);
    ending.abort();
    expect(await life).toBe('ended');
    expect(recorded()).toEqual([]);
    await eventually(
      () =>
        !existsSync(`/proc/${child}`) || /^State:\sZ/m.test(readFileSync(`/proc/${child}/status`, 'utf8')),
    );
  });

  test('that cannot be started is tried again too', async () => {
    const host = hostAt(root);
    const life = keepRunning({ ...script(''), path: '/nowhere/kube-example' }, host).catch(() => 'ended');
    await eventually(() => host.console.output().includes('ended with spawn /nowhere/kube-example ENOENT'));
    ending.abort();
    expect(await life).toBe('ended');
  });

  test('that says too much has its log emptied', async () => {
    const { clock, ...host } = hostAt(root);
    const component = { ...script(''), logPath: join(stateDir, 'kube-example.log') };
    writeFileSync(component.logPath, Buffer.alloc(9 * 1024 * 1024));
    const sleep = (_: number, signal?: AbortSignal): Promise<void> => clock.sleep(1, signal);
    const life = boundLogs([component], { ...host, clock: { ...clock, sleep } }).catch(() => 'ended');
    await eventually(() => readFileSync(component.logPath).length === 0);
    ending.abort();
    expect(await life).toBe('ended');
  });
});

describe('a machine', () => {
  /** Plays a machine that cannot fetch its files, until it has reported `count` times. */
  const play = async (folder: string, there: KubernetesBinaries | undefined, count: number) => {
    const reports: KubernetesReport[] = [];
    const host = hostAt(folder);
    const untouched = () => Promise.reject(new Error('nothing is fetched'));
    const life = runKubernetes({
      // Nothing is asked of the region before the files are there.
      kernel: {} as Kernel,
      host,
      privateIp: '127.90.1.10',
      binaries: there,
      installing: {
        store: { get: untouched, put: untouched },
        prefix: '',
        manifestSha256: '',
        userData: { cluster: 'demo', slot: 'a', region: 'us-east-1', bucket: 'b', manifestSha256: '' },
        root: folder,
        say: () => {},
        pause: untouched,
      },
      report: async (said) => void reports.push(said),
    });
    if (count > 0) {
      await eventually(() => reports.length >= count);
      ending.abort();
    }
    await life;
    return { reports: reports.slice(0, count), said: host.console.output() };
  };

  test('without the programs says plainly that a stand-in for the API runs', async () => {
    const { reports, said } = await play(root, undefined, 1);
    expect(reports).toEqual([{ kubernetes: 'starting', kubernetesVersion: '1.35.4+trivet.standin' }]);
    expect(said).toContain(
      'its programs are not here (npm run binaries builds them); a stand-in for its API runs, and no pods',
    );
  });

  test('with programs of another version than the spec’s does not run them', async () => {
    const { reports, said } = await play(root, { ...binaries, version: '1.34.9' }, 1);
    expect(reports).toEqual([{ kubernetes: 'starting', kubernetesVersion: '1.35.4+trivet.standin' }]);
    expect(said).toContain(
      'the programs here are 1.34.9, the spec wants 1.35.4; a stand-in for its API runs, and no pods',
    );
  });

  test('that was rendered for etcd alone says nothing of Kubernetes', async () => {
    const { root: bare, remove } = writeNodeRoot(nodeInput);
    try {
      expect((await play(bare, binaries, 0)).reports).toEqual([]);
    } finally {
      remove();
    }
  });
});
