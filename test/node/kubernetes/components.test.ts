import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandOf, type Flags, renderComponentFlags } from '../../../node/kubernetes/flags.ts';
import { deliveredFiles } from '../../../node/kubernetes/paths.ts';
import { renderNodeFiles } from '../../../node/render.ts';
import { findBinaries } from '../../../region/binaries.ts';
import { eventually } from '../../support/eventually.ts';
import type { FakeObjects } from '../../support/fake-objects.ts';
import { issueCertificates } from '../../support/issued-certificates.ts';
import { kubernetesNodeInput } from '../scripts.ts';

const { kubernetes, etcd: etcds } = findBinaries();
const etcd = etcds[0];
const missing = kubernetes && etcd ? undefined : 'the binaries are not built (npm run binaries)';
if (missing) console.warn(`the test of real components is skipped: ${missing}`);

const address = '127.121.1.10';
/** What stands for the node's localhost. */
const loopback = '127.185.1.10';

/** The components themselves, from the rendered files and the issued keys; only paths and localhost are mapped onto this host. */
describe.skipIf(missing)('the components of a node', () => {
  let root: string;
  let objects: FakeObjects;
  const children: ChildProcess[] = [];
  const map = (value: string): string =>
    value
      .replace(/(?<![\w.])\/(etc\/kubernetes|var\/log)(?=\/)/g, (path) => `${root}${path}`)
      .replaceAll('127.0.0.1', loopback);
  const flags = renderComponentFlags({
    cluster: 'demo',
    ...kubernetesNodeInput.kubernetes,
    version: kubernetes?.version ?? '',
    address,
  });

  const start = (program: string, given: Flags, more: readonly string[] = []): void => {
    const [, ...args] = commandOf(program, given);
    const child = spawn(program, [...args.map(map), ...more], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const log = join(root, 'log');
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => appendFileSync(log, text));
    children.push(child);
  };
  const write = (path: string, content: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  };
  const of = (path: string): string => objects.text(`clusters/demo/${path}`) ?? '';
  const ask = (path: string, identity?: string): Promise<{ status: number; text: string }> =>
    new Promise((resolve, reject) => {
      const call = request(
        {
          host: address,
          port: 6443,
          path,
          ca: of('pki/kubernetes-admin/ca.crt'),
          ...(identity && { cert: of(`${identity}.crt`), key: of(`${identity}.key`) }),
          agent: false,
        },
        (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part) => parts.push(part));
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString() }),
          );
        },
      );
      call.on('error', reject);
      call.end();
    });

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'trivet-components-'));
    objects = await issueCertificates({ a: address });
    for (const { path, content } of renderNodeFiles({ ...kubernetesNodeInput, address }))
      write(path, map(content));
    for (const file of deliveredFiles) write(`etc/kubernetes/${file}`, of(`slots/a/pki/kubernetes/${file}`));
    mkdirSync(join(root, 'var/log/kubernetes/audit'), { recursive: true });
    for (const file of ['ca.crt', 'server.crt', 'server.key', 'peer.crt', 'peer.key'])
      write(`etcd/${file}`, of(`slots/a/pki/${file}`));
    start(etcd?.etcd ?? '', {
      name: 'demo-a',
      'data-dir': join(root, 'data'),
      'listen-client-urls': `https://${address}:2379`,
      'advertise-client-urls': `https://${address}:2379`,
      'listen-peer-urls': `https://${address}:2380`,
      'initial-advertise-peer-urls': `https://${address}:2380`,
      'initial-cluster': `demo-a=https://${address}:2380`,
      'client-cert-auth': 'true',
      'trusted-ca-file': 'etcd/ca.crt',
      'cert-file': 'etcd/server.crt',
      'key-file': 'etcd/server.key',
      'peer-client-cert-auth': 'true',
      'peer-trusted-ca-file': 'etcd/ca.crt',
      'peer-cert-file': 'etcd/peer.crt',
      'peer-key-file': 'etcd/peer.key',
    });
    const apiServer = { ...flags.apiServer, 'etcd-servers': `https://${address}:2379` };
    // The endpoints of the service kubernetes may not be loopback addresses.
    start(kubernetes?.apiServer ?? '', apiServer, ['--endpoint-reconciler-type=none']);
    start(kubernetes?.controllerManager ?? '', flags.controllerManager);
    start(kubernetes?.scheduler ?? '', flags.scheduler);
    await eventually(async () => (await ask('/readyz')).status === 200, { timeoutMs: 90_000 });
  }, 100_000);
  afterAll(async () => {
    for (const child of children.reverse()) {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null)
        await new Promise((resolve) => child.once('exit', resolve));
    }
    rmSync(root, { recursive: true, force: true });
  });

  test('let strangers in to health alone', async () => {
    expect((await ask('/livez')).status).toBe(200);
    expect((await ask('/version')).status).toBe(401);
    expect((await ask('/api/v1/namespaces')).status).toBe(401);
  });

  test('know everybody by the groups and names of their certificates', async () => {
    const namespaces = '/api/v1/namespaces';
    expect((await ask(namespaces, 'pki/kubernetes-super-admin/client')).status).toBe(200);
    // Administrators are bound by the once-per-cluster step, which has not run here.
    expect((await ask(namespaces, 'pki/kubernetes-admin/client')).text).toContain('kubernetes-admin');
    expect((await ask('/api/v1/pods', 'slots/a/pki/kubernetes/scheduler/client')).status).toBe(200);
  });

  test.each(['kube-controller-manager', 'kube-scheduler'])(
    '%s leads by the certificate of its kubeconfig',
    async (name) => {
      const path = `/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/${name}`;
      const lease = await eventually(
        async () => {
          const { status, text } = await ask(path, 'pki/kubernetes-super-admin/client');
          return status === 200 ? JSON.parse(text) : undefined;
        },
        { timeoutMs: 60_000 },
      );
      expect(lease.spec.holderIdentity).toMatch(/.+/);
    },
  );

  test('a kubelet certificate that the node itself signed is believed', async () => {
    const folder = join(root, 'kubelet');
    mkdirSync(folder);
    const authority = join(root, 'etc/kubernetes/pki/kubelet-client-ca');
    const script = `set -e
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key
openssl req -new -key key -subj /O=system:nodes/CN=system:node:i-0123456789abcdef0 -out request
openssl x509 -req -in request -CA ${authority}.crt -CAkey ${authority}.key -days 1 -set_serial 7 -extfile <(echo extendedKeyUsage=clientAuth) -out crt`;
    expect(spawnSync('bash', ['-c', script], { cwd: folder }).status).toBe(0);
    objects.bodies.set('clusters/demo/kubelet.crt', readFileSync(join(folder, 'crt')));
    objects.bodies.set('clusters/demo/kubelet.key', readFileSync(join(folder, 'key')));
    expect((await ask('/api/v1/services', 'kubelet')).status).toBe(200);
    expect((await ask('/api/v1/secrets', 'kubelet')).text).toContain('system:node:i-0123456789abcdef0');
  });

  test('write the audit log', () => {
    expect(readFileSync(join(root, 'var/log/kubernetes/audit/audit.log'), 'utf8')).toContain(
      '"kind":"Event"',
    );
  });
});
