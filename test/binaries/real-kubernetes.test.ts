import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findBinaries } from '../../region/binaries.ts';
import { eventually } from '../support/eventually.ts';

/** The built programs together, each with the least that it starts with: what the region gives them is tested elsewhere. */
const { kubernetes, etcd: etcds } = findBinaries();
const etcd = etcds.find(({ version }) => version.startsWith('3.6.'));
if (!kubernetes || !etcd)
  console.warn('real Kubernetes on real etcd 3.6 is not tried: npm run binaries builds them');

const address = '127.125.1.10';

describe.skipIf(!kubernetes || !etcd)('a control plane of the built programs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'trivet-real-kubernetes-'));
  const children: ChildProcess[] = [];
  let server = '';

  const start = (path = '', args: readonly string[] = []): void => {
    children.push(spawn(path, args, { cwd: folder, stdio: 'ignore' }));
  };
  const kubectl = async (...args: string[]): Promise<string> =>
    (
      await promisify(execFile)(
        kubernetes?.kubectl ?? '',
        [`--server=${server}`, '--token=secret', '--insecure-skip-tls-verify', ...args],
        { env: { HOME: folder } },
      )
    ).stdout;

  beforeAll(async () => {
    const [client, peer, api] = await Promise.all([freePort(), freePort(), freePort()]);
    server = `https://${address}:${api}`;
    const peerUrl = `http://${address}:${peer}`;
    start(etcd?.etcd, [
      '--name=one',
      '--data-dir=etcd',
      `--listen-client-urls=http://${address}:${client}`,
      `--advertise-client-urls=http://${address}:${client}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=one=${peerUrl}`,
    ]);
    const { privateKey, publicKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    writeFileSync(join(folder, 'sa.key'), privateKey);
    writeFileSync(join(folder, 'sa.pub'), publicKey);
    writeFileSync(join(folder, 'tokens.csv'), 'secret,admin,1,system:masters\n');
    start(kubernetes?.apiServer, [
      `--etcd-servers=http://${address}:${client}`,
      `--bind-address=${address}`,
      `--secure-port=${api}`,
      '--cert-dir=certificates',
      '--token-auth-file=tokens.csv',
      '--authorization-mode=RBAC',
      '--service-account-issuer=https://issuer.invalid',
      '--service-account-key-file=sa.pub',
      '--service-account-signing-key-file=sa.key',
      '--service-cluster-ip-range=10.96.0.0/16',
      // An API server does not announce a loopback address.
      '--endpoint-reconciler-type=none',
    ]);
    await eventually(async () => (await kubectl('get', '--raw', '/readyz')) === 'ok', { timeoutMs: 90_000 });
  });

  afterAll(async () => {
    await Promise.all(
      children.map((child) => {
        const gone = new Promise((done) => child.once('exit', done));
        return child.kill('SIGKILL') ? gone : undefined;
      }),
    );
    rmSync(folder, { recursive: true, force: true });
  });

  test('the API server says the pinned version, as kubectl does', async () => {
    const version = expect.objectContaining({ gitVersion: `v${kubernetes?.version}`, major: '1' });
    expect(JSON.parse(await kubectl('version', '-o', 'json'))).toMatchObject({
      clientVersion: version,
      serverVersion: version,
    });
  });

  test('controller manager and scheduler lead, make the pod of a deployment and look for a node', async () => {
    const config = join(folder, 'kubeconfig');
    await kubectl(
      `--kubeconfig=${config}`,
      'config',
      'set-cluster',
      'one',
      `--server=${server}`,
      '--insecure-skip-tls-verify',
    );
    await kubectl(`--kubeconfig=${config}`, 'config', 'set-credentials', 'admin', '--token=secret');
    await kubectl(`--kubeconfig=${config}`, 'config', 'set-context', 'one', '--cluster=one', '--user=admin');
    await kubectl(`--kubeconfig=${config}`, 'config', 'use-context', 'one');
    const [manager, scheduler] = await Promise.all([freePort(), freePort()]);
    const common = [`--kubeconfig=${config}`, `--bind-address=${address}`];
    start(kubernetes?.controllerManager, [
      ...common,
      `--secure-port=${manager}`,
      '--cert-dir=certificates',
      '--service-account-private-key-file=sa.key',
    ]);
    start(kubernetes?.scheduler, [...common, `--secure-port=${scheduler}`]);
    await kubectl('create', 'deployment', 'web', '--image=web');
    await eventually(
      async () =>
        (await kubectl('get', 'pods', '-o', 'jsonpath={.items[*].status.conditions[*].reason}')) ===
        'Unschedulable',
      { timeoutMs: 60_000 },
    );
    const leases = await kubectl('get', 'leases', '-n', 'kube-system', '-o', 'name');
    expect(leases.split('\n')).toEqual(
      expect.arrayContaining([
        'lease.coordination.k8s.io/kube-controller-manager',
        'lease.coordination.k8s.io/kube-scheduler',
      ]),
    );
  }, 90_000);
});

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer().on('error', fail);
    server.listen(0, address, () => {
      const bound = server.address();
      server.close(() => done(typeof bound === 'object' && bound ? bound.port : 0));
    });
  });
}
