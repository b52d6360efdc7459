import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Cni, renderAddOns } from '../../../../functions/kubernetes/add-ons/render.ts';
import { findBinaries } from '../../../../region/binaries.ts';
import { eventually } from '../../../support/eventually.ts';
import { addOnInput } from './input.ts';

const { kubernetes, etcd: etcds } = findBinaries();
const etcd = etcds.find(({ version }) => version.startsWith('3.6.'));
const missing = kubernetes && etcd ? undefined : 'npm run binaries builds them';
if (missing) console.warn(`add-ons are not applied to a real API server: ${missing}`);

const address = '127.126.1.10';

/** Every object, to a real API server that refuses fields which it does not know, and values that it does not take. */
describe.skipIf(missing)('a real API server', () => {
  const folder = mkdtempSync(join(tmpdir(), 'trivet-add-ons-'));
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
        { env: { HOME: folder }, maxBuffer: 16 * 1024 * 1024 },
      )
    ).stdout;
  const apply = (items: readonly object[]): Promise<string> => {
    const file = join(folder, 'objects.json');
    writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    return kubectl('apply', '--server-side', '--field-manager=trivet', '--validate=strict', '-f', file);
  };

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
      '--allow-privileged=true',
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

  test.each<Cni>(['flannel', 'aws-vpc-cni', 'none'])(
    'takes every object with the network %s',
    async (cni) => {
      for (const { name, objects } of renderAddOns({ ...addOnInput, cni })) {
        const lines = (await apply(objects)).trimEnd().split('\n');
        expect([name, lines.filter((line) => !line.endsWith(' serverside-applied'))]).toEqual([name, []]);
        expect(lines).toHaveLength(objects.length);
      }
    },
    120_000,
  );

  test('has them as they were rendered: to apply them again changes no generation', async () => {
    const generations = () =>
      kubectl(
        'get',
        'deployments,daemonsets',
        '-n',
        'kube-system',
        '-o',
        'jsonpath={range .items[*]}{.metadata.name} {.metadata.generation}{"\\n"}{end}',
      );
    for (const { objects } of renderAddOns(addOnInput)) await apply(objects);
    const before = await generations();
    for (const { objects } of renderAddOns(addOnInput)) await apply(objects);
    expect(await generations()).toBe(before);
    expect(before).toContain('ebs-csi-controller');
  }, 120_000);

  test('would have refused a misspelt field', async () => {
    const wrong = {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'wrong', namespace: 'kube-system', lables: {} },
    };
    await expect(apply([wrong])).rejects.toThrow('lables');
  });
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
