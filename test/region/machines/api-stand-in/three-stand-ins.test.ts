import { execFile, execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEtcdClient } from '../../../../functions/etcd/client.ts';
import type { KubernetesClient, KubernetesObject } from '../../../../functions/kubernetes/client.ts';
import { findBinaries } from '../../../../region/binaries.ts';
import { eventually } from '../../../support/eventually.ts';
import { createTestCluster, type Identity, standInVersion, type TestCluster } from './cluster.ts';

const slots = ['a', 'b', 'c'] as const;
const kubectlPath = findBinaries().kubernetes?.kubectl ?? onPath('kubectl');
if (!kubectlPath)
  console.warn('kubectl is not tried against the API stand-in: it is not here (npm run binaries)');

function onPath(program: string): string | undefined {
  try {
    return execFileSync('bash', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

const run = promisify(execFile);

/** Three members of one etcd, a stand-in beside each: what they serve is the cluster's, not theirs. */
describe('three API stand-ins of a cluster', () => {
  let cluster: TestCluster;
  let client: KubernetesClient;

  beforeAll(async () => {
    cluster = await createTestCluster(83, slots);
    for (const slot of slots) cluster.startEtcd(slot);
    for (const slot of slots) await cluster.startStandIn(slot);
    for (const slot of slots) await eventually(() => isReady(slot), { timeoutMs: 20_000 });
    client = cluster.client(...slots);
  });
  afterAll(() => cluster.stop());

  const isReady = async (slot: string): Promise<boolean> =>
    (await cluster.ask(slot, { path: '/readyz' })).status === 200;
  const ask = (slot: string, method: string, path: string, body?: object, as?: Identity) =>
    cluster.ask(slot, { method, path, as: as ?? cluster.administrator, ...(body && { body }) });

  /** Events of a watch, as they come. */
  const watch = (slot: string, path: string, as: Identity) => {
    const events: { type: string; object: KubernetesObject }[] = [];
    const { ca } = cluster;
    const outgoing = request(
      { host: cluster.address(slot), port: 6443, path, ca, cert: as.cert, key: as.key, agent: false },
      (incoming) => {
        let rest = '';
        incoming.on('data', (chunk) => {
          const lines = `${rest}${chunk}`.split('\n');
          rest = lines.pop() ?? '';
          events.push(...lines.map((line) => JSON.parse(line)));
        });
        incoming.on('error', () => {});
      },
    );
    outgoing.on('error', () => {});
    outgoing.end();
    return { events, end: () => outgoing.destroy() };
  };
  const seen = ({ events }: ReturnType<typeof watch>) =>
    events.map(({ object, type }) => `${type} ${object.metadata.name ?? ''}`);

  test('say that they are no Kubernetes', async () => {
    expect((await ask('a', 'GET', '/version')).body.gitVersion).toBe(`v${standInVersion}`);
  });

  test('serve the same objects: what one has written another reads', async () => {
    const path = '/api/v1/namespaces/default/configmaps';
    expect(
      (await ask('a', 'POST', path, { metadata: { name: 'prices' }, data: { apple: '3' } })).status,
    ).toBe(201);
    expect((await ask('b', 'GET', `${path}/prices`)).body.data).toEqual({ apple: '3' });
    expect((await ask('c', 'POST', path, { metadata: { name: 'prices' } })).body.reason).toBe(
      'AlreadyExists',
    );
  });

  test('let one of many writers win, and the others see a conflict', async () => {
    const path = '/api/v1/namespaces/default/configmaps/prices';
    const { body } = await ask('a', 'GET', path);
    const writes = slots.map((slot) => ask(slot, 'PUT', path, { ...body, data: { by: slot } }));
    const statuses = (await Promise.all(writes)).map(({ status }) => status);
    expect(statuses.sort()).toEqual([200, 409, 409]);
  });

  test('tell watchers what others wrote, by selectors too, from a revision on', async () => {
    const path = '/api/v1/namespaces/default/secrets';
    const all = watch('b', `${path}?watch=true`, cluster.administrator);
    const chosen = watch('c', `${path}?watch=true&labelSelector=tier=web`, cluster.administrator);
    await ask('a', 'POST', path, { metadata: { name: 'one', labels: { tier: 'web' } } });
    await client.patch(`${path}/one`, { metadata: { labels: { tier: 'db' } } });
    await client.patch(`${path}/one`, { metadata: { labels: { tier: 'web' } } });
    await client.delete(`${path}/one`);
    const told = ['ADDED one', 'MODIFIED one', 'MODIFIED one', 'DELETED one'];
    await eventually(() => seen(all).length === 4 && seen(chosen).length === 4);
    expect(seen(all)).toEqual(told);
    expect(seen(chosen)).toEqual(['ADDED one', 'DELETED one', 'ADDED one', 'DELETED one']);
    const from = all.events[1]?.object.metadata.resourceVersion;
    const later = watch('a', `${path}?watch=true&resourceVersion=${from}`, cluster.administrator);
    await eventually(() => seen(later).length === 2);
    expect(seen(later)).toEqual(told.slice(2));
    for (const { end } of [all, chosen, later]) end();
  });

  test('begin a watch with all that is there, and say when that was all', async () => {
    const path =
      '/api/v1/namespaces?watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan';
    const watching = watch('a', path, cluster.administrator);
    await eventually(() => watching.events.at(-1)?.type === 'BOOKMARK');
    expect(seen(watching)).toEqual([
      'ADDED default',
      'ADDED kube-node-lease',
      'ADDED kube-public',
      'ADDED kube-system',
      'BOOKMARK ',
    ]);
    watching.end();
  });

  test('answer a watch from before what etcd has kept with 410', async () => {
    const file = (name: string) => readFileSync(join(cluster.rootOf('a'), 'etc/kubernetes/pki', name));
    const etcd = createEtcdClient({
      address: cluster.address('a'),
      ca: file('etcd/ca.crt'),
      cert: file('apiserver-etcd-client.crt'),
      key: file('apiserver-etcd-client.key'),
    });
    const { revision } = await etcd.put('here', 'now');
    await etcd.compact(revision);
    etcd.close();
    const watching = watch('a', '/api/v1/secrets?watch=true&resourceVersion=2', cluster.administrator);
    await eventually(() => watching.events.length > 0);
    expect(watching.events[0]).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } });
    expect(
      (await ask('b', 'GET', '/api/v1/secrets?resourceVersion=2&resourceVersionMatch=Exact')).status,
    ).toBe(410);
  });

  test('give a list page by page as it stood when it began', async () => {
    const path = '/api/v1/namespaces/default/configmaps';
    for (const name of ['p1', 'p2', 'p3']) await ask('a', 'POST', path, { metadata: { name } });
    const first = await ask('a', 'GET', `${path}?limit=2`);
    await ask('b', 'POST', path, { metadata: { name: 'p4' } });
    const rest = await ask('c', 'GET', `${path}?limit=9&continue=${first.body.metadata.continue}`);
    const names = [...first.body.items, ...rest.body.items].map(({ metadata }) => metadata.name);
    expect(names).toEqual(['p1', 'p2', 'p3', 'prices']);
  });

  test('sign a kubelet that was approved, and believe it then', async () => {
    const name = 'i-0000000000000cccc';
    const { key, request: csr } = makeRequest(cluster.folder, name);
    const token = { token: 'uvwxyz.0123456789abcdef' };
    await client.create('/api/v1/namespaces/kube-system/secrets', {
      metadata: { name: 'bootstrap-token-uvwxyz' },
      type: 'bootstrap.kubernetes.io/token',
      stringData: {
        'token-id': 'uvwxyz',
        'token-secret': '0123456789abcdef',
        'usage-bootstrap-authentication': 'true',
      },
    });
    const requests = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
    const spec = {
      request: csr,
      signerName: 'kubernetes.io/kube-apiserver-client-kubelet',
      usages: ['digital signature', 'client auth'],
    };
    expect((await ask('b', 'POST', requests, { metadata: { name: 'join' }, spec }, token)).status).toBe(201);
    const { body } = await ask('a', 'GET', `${requests}/join`);
    body.status.conditions = [
      { type: 'Approved', status: 'True', reason: 'Trivet', message: 'its instance is ours' },
    ];
    expect((await ask('a', 'PUT', `${requests}/join/approval`, body)).status).toBe(200);
    const cert = await eventually(
      async () => (await ask('c', 'GET', `${requests}/join`)).body.status.certificate,
    );
    const pem = Buffer.from(cert, 'base64').toString('utf8');
    const certificate = new X509Certificate(pem);
    expect(certificate.subject).toBe(`O=system:nodes\nCN=system:node:${name}`);
    expect(Math.round((Date.parse(certificate.validTo) - Date.now()) / 86_400_000)).toBe(30);
    const kubelet = { cert: pem, key };
    const registered = await ask('c', 'POST', '/api/v1/nodes', { metadata: { name } }, kubelet);
    expect(registered.status).toBe(201);
  });

  test('renew a kubelet’s certificate without asking anybody, and sign nobody else', async () => {
    const name = 'i-0000000000000dddd';
    const requests = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
    const spec = (cn: string, usages: readonly string[]) => ({
      request: makeRequest(cluster.folder, cn).request,
      signerName: 'kubernetes.io/kube-apiserver-client-kubelet',
      usages,
    });
    const node = await cluster.node(name);
    const usages = ['digital signature', 'client auth'];
    await ask('a', 'POST', requests, { metadata: { name: 'own' }, spec: spec(name, usages) }, node);
    await ask(
      'a',
      'POST',
      requests,
      { metadata: { name: 'other' }, spec: spec('i-0000000000000eeee', usages) },
      node,
    );
    await ask(
      'a',
      'POST',
      requests,
      { metadata: { name: 'server' }, spec: spec(name, ['server auth']) },
      node,
    );
    await client.patch(`${requests}/server/approval`, {
      status: { conditions: [{ type: 'Approved', status: 'True' }] },
    });
    await eventually(async () => (await ask('a', 'GET', `${requests}/own`)).body.status.certificate);
    const failed = await eventually(
      async () => (await ask('a', 'GET', `${requests}/server`)).body.status.conditions[1],
    );
    expect(failed).toMatchObject({ type: 'Failed', reason: 'SignerValidationFailure' });
    expect((await ask('a', 'GET', `${requests}/other`)).body.status).toEqual({});
  });

  test('keep what a budget allows, and say that an add-on is rolled out, of which nothing runs', async () => {
    const namespace = '/api/v1/namespaces/default';
    const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';
    await client.create('/api/v1/nodes', { metadata: { name: 'n1' } });
    await client.create(budgets, {
      metadata: { name: 'web' },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
    });
    for (const name of ['w1', 'w2']) {
      const spec = { nodeName: 'n1', containers: [{ name: 'c', image: 'i' }] };
      await client.create(`${namespace}/pods`, { metadata: { name, labels: { app: 'web' } }, spec });
      const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
      await client.patch(`${namespace}/pods/${name}/status`, { status });
    }
    const allowed = async () => (await ask('a', 'GET', `${budgets}/web`)).body.status?.disruptionsAllowed;
    await eventually(async () => (await allowed()) === 1);
    const evict = (name: string) =>
      ask('b', 'POST', `${namespace}/pods/${name}/eviction`, { metadata: { name } });
    const evictions = await Promise.all([evict('w1'), evict('w2')]);
    expect(evictions.map(({ status }) => status).sort()).toEqual([201, 429]);
    const labels = { app: 'x' };
    const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } };
    const path = '/apis/apps/v1/namespaces/kube-system/deployments';
    await client.create(path, {
      metadata: { name: 'x' },
      spec: { replicas: 3, selector: { matchLabels: labels }, template },
    });
    await eventually(async () => (await ask('a', 'GET', `${path}/x`)).body.status?.availableReplicas === 3);
  });

  test('name what they do not serve, and write it into the region’s log', async () => {
    const told = await ask('a', 'GET', '/apis/batch/v1/jobs');
    expect(told.body).toMatchObject({
      code: 404,
      message: expect.stringContaining('does not serve GET /apis/batch/v1/jobs'),
    });
    expect(cluster.log.some((line) => line.includes('/apis/batch/v1/jobs'))).toBe(true);
    expect((await ask('a', 'PUT', '/api/v1/nodes')).status).toBe(405);
  });

  /** Makes node n1 ready, and so many pods that are bound to it run. */
  const playKubelet = async (count: number): Promise<void> => {
    const conditions = [{ type: 'Ready', status: 'True' }];
    const allocatable = { cpu: '2', memory: '4Gi', pods: '110' };
    await client.patch('/api/v1/nodes/n1/status', { status: { allocatable, conditions } }, 'strategic');
    const bound = async () => {
      const all = await client.list('/api/v1/namespaces/shop/pods', { fieldSelector: 'spec.nodeName=n1' });
      return all.length === count ? all : undefined;
    };
    for (const { metadata } of await eventually(bound))
      await client.patch(`/api/v1/namespaces/shop/pods/${metadata.name}/status`, {
        status: { phase: 'Running', conditions },
      });
  };

  test.skipIf(!kubectlPath)('work with a real kubectl', { timeout: 60_000 }, async () => {
    const home = join(cluster.folder, 'home');
    mkdirSync(home, { recursive: true });
    const config = cluster.writeKubeconfig('a');
    const kubectl = async (...args: string[]): Promise<string> => {
      const { stdout } = await run(kubectlPath ?? '', ['--kubeconfig', config, ...args], {
        env: { PATH: process.env.PATH, HOME: home },
        timeout: 20_000,
      });
      return stdout.trim();
    };
    await kubectl('create', 'namespace', 'shop');
    await kubectl('create', 'deployment', 'web', '--namespace=shop', '--image=registry.k8s.io/pause:3.10.1');
    await kubectl('scale', 'deployment/web', '--namespace=shop', '--replicas=3');
    const read = ['get', 'deployment/web', '--namespace=shop', '--output=jsonpath={.spec.replicas}'];
    expect(await kubectl(...read)).toBe('3');
    await playKubelet(3);
    await kubectl('rollout', 'status', 'deployment/web', '--namespace=shop', '--timeout=10s');
    expect(await kubectl('get', 'deployments', '--all-namespaces')).toMatch(
      /^NAMESPACE\s+NAME\s+READY[\s\S]*shop\s+web\s+3\/3/,
    );
    const manifest = join(cluster.folder, 'manifest.yaml');
    const text = (color: string) =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: colors, namespace: shop}\ndata: {color: ${color}}\n`;
    writeFileSync(manifest, text('red'));
    expect(await kubectl('apply', '--filename', manifest)).toBe('configmap/colors created');
    writeFileSync(manifest, text('blue'));
    expect(await kubectl('apply', '--filename', manifest)).toBe('configmap/colors configured');
    expect(await kubectl('apply', '--server-side', '--force-conflicts', '--filename', manifest)).toBe(
      'configmap/colors serverside-applied',
    );
    await kubectl('cordon', 'n1');
    expect(await kubectl('get', 'nodes', 'n1')).toMatch(/n1\s+\S*SchedulingDisabled/);
    await kubectl('uncordon', 'n1');
    await kubectl('label', 'node', 'n1', 'node-role.kubernetes.io/control-plane=');
    await kubectl('create', 'serviceaccount', 'robot', '--namespace=shop');
    await kubectl('create', 'secret', 'generic', 'key', '--namespace=shop', '--from-literal=a=b');
    expect(await kubectl('get', 'secret/key', '--namespace=shop', '--output=jsonpath={.type} {.data}')).toBe(
      'Opaque {"a":"Yg=="}',
    );
    await kubectl('create', 'role', 'reader', '--namespace=shop', '--verb=get', '--resource=pods');
    await kubectl(
      'create',
      'rolebinding',
      'robot',
      '--namespace=shop',
      '--role=reader',
      '--serviceaccount=shop:robot',
    );
    await kubectl('create', 'service', 'clusterip', 'web', '--namespace=shop', '--tcp=80:8080');
    await kubectl('create', 'pdb', 'web', '--namespace=shop', '--selector=app=web', '--min-available=50%');
    const budget = [
      'get',
      'pdb/web',
      '--namespace=shop',
      '--output=jsonpath={.spec.minAvailable} {.spec.selector}',
    ];
    expect(await kubectl(...budget)).toBe('50% {"matchLabels":{"app":"web"}}');
    // Of the three, two must stay, and where they could go there is nothing.
    for (const namespace of ['default', 'shop'])
      await kubectl('delete', 'pdb', 'web', `--namespace=${namespace}`);
    await kubectl('drain', 'n1', '--ignore-daemonsets', '--force', '--grace-period=0');
    const nodesOfPods = ['get', 'pods', '--all-namespaces', '--output=jsonpath={.items[*].spec.nodeName}'];
    expect(await kubectl(...nodesOfPods)).toBe('');
    await kubectl('delete', 'deployment', 'web', '--namespace=shop');
    await eventually(async () => (await kubectl('get', 'pods', '--namespace=shop', '--output=name')) === '');
    await kubectl('delete', 'namespace', 'shop', '--timeout=15s');
    expect(await kubectl('get', 'namespaces', '--output=name')).not.toContain('shop');
  });

  test('go on with two members, and another runs the controllers', { timeout: 60_000 }, async () => {
    const lease = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/trivet-standin-controllers';
    const { body } = await ask('a', 'GET', lease);
    const holder = slots.find((slot) => body.spec.holderIdentity === `i-000000000000${slot}0001`) ?? 'a';
    await cluster.stopStandIn(holder);
    await cluster.stopEtcd(holder);
    const [left = 'b', other = 'c'] = slots.filter((slot) => slot !== holder);
    await eventually(
      async () =>
        (await ask(left, 'POST', '/api/v1/namespaces', { metadata: { name: 'during' } })).status === 201,
      { timeoutMs: 15_000 },
    );
    expect((await ask(other, 'GET', '/api/v1/namespaces/during')).status).toBe(200);
    await eventually(
      async () => {
        const { spec } = (await ask(left, 'GET', lease)).body;
        return spec.holderIdentity !== body.spec.holderIdentity;
      },
      { timeoutMs: 40_000 },
    );
    cluster.startEtcd(holder);
    await cluster.startStandIn(holder);
    await eventually(() => isReady(holder), { timeoutMs: 20_000 });
    expect((await ask(holder, 'GET', '/api/v1/namespaces/during')).status).toBe(200);
  });

  test('are not ready without a quorum, and acknowledge nothing; and are back with it', {
    timeout: 60_000,
  }, async () => {
    await Promise.all([cluster.stopEtcd('b'), cluster.stopEtcd('c')]);
    await eventually(async () => !(await isReady('a')), { timeoutMs: 15_000 });
    expect((await cluster.ask('a', { path: '/livez' })).status).toBe(200);
    const write = await ask('a', 'POST', '/api/v1/namespaces', { metadata: { name: 'never' } });
    expect(write.status).toBeGreaterThanOrEqual(500);
    for (const slot of ['b', 'c']) cluster.startEtcd(slot);
    for (const slot of slots) await eventually(() => isReady(slot), { timeoutMs: 20_000 });
    expect((await ask('b', 'GET', '/api/v1/namespaces/during')).status).toBe(200);
    expect((await ask('c', 'POST', '/api/v1/namespaces', { metadata: { name: 'after' } })).status).toBe(201);
  });
});

function makeRequest(folder: string, node: string): { key: string; request: string } {
  const file = join(folder, `${node}.key`);
  const asking = `openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout '${file}' -subj /O=system:nodes/CN=system:node:${node}`;
  const made = execFileSync('bash', ['-c', asking], { stdio: ['ignore', 'pipe', 'ignore'] });
  return { key: readFileSync(file, 'utf8'), request: made.toString('base64') };
}
