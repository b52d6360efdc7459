import { X509Certificate } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { handler } from '../../functions/pki/ensure-certificates.ts';
import { makeKey } from '../../functions/pki/issue.ts';
import { deliveredFiles } from '../../node/kubernetes/paths.ts';
import { type FakeObjects, fakeObjects } from '../support/fake-objects.ts';
import { fakeTaskContext } from '../support/fake-task-context.ts';
import { buildSpec } from '../support/specs.ts';

const lease = { cluster: 'demo', scope: 'cluster', holder: 'arn:of:execution', token: 7 } as const;
const held = { holder: lease.holder, token: 7, acquiredAt: '2026-01-01T00:00:00.000Z' };
const slotOf = (slot: string, address: string) => ({
  slot,
  zone: `us-east-1${slot}`,
  subnetId: `subnet-${slot}`,
  address,
  resourceName: `trivet-demo-slot-${slot}`,
  memberName: `demo-${slot}`,
  filesystemUuid: '11111111-2222-4333-8444-555555555555',
  generation: 1,
});
const layoutOf = (slots: ReturnType<typeof slotOf>[]) => ({
  cluster: 'demo',
  clusterUid: '0123456789abcdef',
  generation: 1,
  initialClusterToken: '0123456789abcdef-1',
  initialCluster: 'demo-a=https://10.0.0.10:2380',
  slots,
});
const layout = layoutOf([slotOf('a', '10.0.0.10'), slotOf('b', '10.0.1.10'), slotOf('c', '10.0.2.10')]);

const recorded = {
  name: 'demo',
  spec: buildSpec({ name: 'demo' }),
  specHash: 'hash',
  layout,
  phase: 'forming' as const,
  formed: false,
  loadBalancerArn: 'arn:of:load-balancer',
  endpoint: 'https://trivet-demo-0123.elb.us-east-1.amazonaws.com:6443',
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
};

describe('ensure-certificates', () => {
  let record: Awaited<ReturnType<Parameters<typeof handler.run>[1]['registry']['getCluster']>>;
  let objects: FakeObjects;
  let leases: (typeof held | undefined)[];
  let balancerAddresses: string[];

  beforeEach(() => {
    objects = fakeObjects();
    record = recorded;
    balancerAddresses = ['10.0.1.7', '10.0.0.7'];
    leases = [];
  });
  const run = (now = '2026-01-01T00:00:00.000Z', wanted = layout, bucket: FakeObjects = objects) => {
    const context = fakeTaskContext({ now });
    // A run that lost its lease may still have writes under way: they must not find the next run's.
    const mine = leases;
    const registry = {
      getLease: async () => (mine.length > 0 ? mine.shift() : held),
      getCluster: async () => record,
    };
    const loadBalancerAddresses = {
      find: async () => balancerAddresses.map((address) => ({ zone: 'us-east-1a', address })),
    };
    const deps = { registry, objects: bucket, loadBalancerAddresses };
    const done = handler.run({ lease, cluster: 'demo', layout: wanted }, deps, context);
    return done.then((output) => ({ output, logged: context.logged }));
  };
  const certificate = (key: string): X509Certificate => new X509Certificate(objects.text(key) ?? '');
  const snapshot = (): Map<string, string | undefined> =>
    new Map([...objects.bodies.keys()].map((key) => [key, objects.text(key)]));

  test('makes four authorities, and every leaf, copy and key that slots and tasks read', async () => {
    const { output } = await run();
    expect(output).toEqual({ created: 34, unchanged: 0 });
    const slotFiles = [
      'ca.crt',
      'client.crt',
      'client.key',
      'peer.crt',
      'peer.key',
      'server.crt',
      'server.key',
    ];
    const authorities = ['etcd-ca', 'front-proxy-ca', 'kubelet-client-ca', 'kubernetes-ca'];
    const clients = ['etcd-client', 'kubernetes-admin', 'kubernetes-super-admin'];
    const clusterFiles = [
      ...authorities.flatMap((name) => [`${name}.crt`, `private/${name}.key`]),
      ...clients.flatMap((name) => [`${name}/ca.crt`, `${name}/client.crt`, `${name}/client.key`]),
      'private/encryption.key',
      'private/service-account.key',
      'service-account.pub',
    ];
    const kubernetesFiles = deliveredFiles.map((file) => `kubernetes/${file}`);
    expect([...objects.bodies.keys()].sort()).toEqual(
      [
        ...clusterFiles.map((file) => `clusters/demo/pki/${file}`),
        ...['a', 'b', 'c'].flatMap((slot) =>
          [...slotFiles, ...kubernetesFiles].map((file) => `clusters/demo/slots/${slot}/pki/${file}`),
        ),
      ].sort(),
    );
  });

  test('a server says all names under which it is met, and may be both ends of a connection', async () => {
    await run();
    const server = certificate('clusters/demo/slots/b/pki/server.crt');
    expect(server.subjectAltName).toBe(
      'DNS:demo-b, DNS:localhost, IP Address:10.0.1.10, IP Address:127.0.0.1',
    );
    expect(server.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    expect(server.subject).toBe('CN=demo-b\nO=Trivet');
    expect(server.ca).toBe(false);
    expect(server.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
    expect([server.validFromDate.toISOString(), server.validToDate.toISOString()]).toEqual([
      '2025-12-31T23:55:00.000Z',
      '2027-01-01T00:00:00.000Z',
    ]);
    const client = certificate('clusters/demo/pki/etcd-client/client.crt');
    expect([client.subject, client.keyUsage]).toEqual(['CN=trivet\nO=Trivet', ['1.3.6.1.5.5.7.3.2']]);
  });

  test('the etcd authority lives ten years and signed every leaf of etcd', async () => {
    await run();
    const authority = certificate('clusters/demo/pki/etcd-ca.crt');
    expect(authority.ca).toBe(true);
    expect(authority.validToDate.toISOString()).toBe('2035-12-30T00:00:00.000Z');
    const leaves = [...objects.bodies.keys()].filter((key) =>
      /(pki|etcd-client)\/(server|peer|client)\.crt$/.test(key),
    );
    expect(leaves).toHaveLength(10);
    expect(leaves.every((key) => certificate(key).verify(authority.publicKey))).toBe(true);
  });

  test('a second run changes nothing and says so', async () => {
    await run();
    const before = snapshot();
    const { output } = await run();
    expect(output).toEqual({ created: 0, unchanged: 34 });
    expect(snapshot()).toEqual(before);
  });

  test('neither output nor log holds a certificate or a key (S22)', async () => {
    const { output, logged } = await run();
    const said = JSON.stringify({ output, logged });
    expect(said).not.toMatch(/BEGIN|PRIVATE|MII/);
    expect(logged).toHaveLength(30);
  });

  test.each([1, 2, 9, 60, 105])('a run that died after %i writes is finished by the next', async (writes) => {
    let left = writes;
    const dying = {
      ...objects,
      put: async (...given: Parameters<FakeObjects['put']>) => {
        left -= 1;
        if (left < 0) throw new Error('the function was ended');
        return objects.put(...given);
      },
    };
    await expect(run(undefined, layout, dying)).rejects.toThrow('the function was ended');
    expect(objects.bodies.size).toBe(writes);
    const before = snapshot();
    await run();
    for (const [key, text] of before) expect(objects.text(key)).toBe(text);
    expect((await run()).output).toEqual({ created: 0, unchanged: 34 });
  });

  test('a run whose lease goes to another stops writing', async () => {
    leases = [held, ...Array.from({ length: 400 }, () => ({ ...held, token: 8 }))];
    await expect(run()).rejects.toMatchObject({ name: 'LeaseLost' });
    // Those that were ready when the lease was still held.
    expect(objects.bodies.size).toBeLessThan(5);
  });

  test('a leaf is renewed for the same key once a third of its life remains, and its authority stays', async () => {
    await run();
    const before = snapshot();
    expect((await run('2026-08-31T00:00:00.000Z')).output).toEqual({ created: 0, unchanged: 34 });
    const { output, logged } = await run('2026-09-02T00:00:00.000Z');
    expect(output).toEqual({ created: 30, unchanged: 4 });
    expect(logged[0]).toMatchObject({ message: 'issued', fields: { reason: 'it ends soon or has ended' } });
    for (const [key, text] of before) {
      const leaf = key.endsWith('.crt') && !/ca\.crt$/.test(key);
      expect(objects.text(key) === text).toBe(!leaf);
    }
  });

  test('a slot with another address gets another certificate, and only that slot', async () => {
    await run();
    const moved = layoutOf([slotOf('a', '10.0.0.10'), slotOf('b', '10.0.1.99'), slotOf('c', '10.0.2.10')]);
    const { output } = await run('2026-01-02T00:00:00.000Z', moved);
    expect(output).toEqual({ created: 3, unchanged: 31 });
    expect(certificate('clusters/demo/slots/b/pki/peer.crt').subjectAltName).toContain(
      'IP Address:10.0.1.99',
    );
  });

  test.each([
    ['is no certificate', 'nonsense'],
    ['is of another key', undefined],
  ])('a leaf that %s is issued again', async (_what, text) => {
    await run();
    const path = 'clusters/demo/slots/a/pki/server';
    objects.bodies.set(
      `${path}.crt`,
      Buffer.from(text ?? objects.text('clusters/demo/slots/b/pki/server.crt') ?? ''),
    );
    expect((await run()).output).toEqual({ created: 1, unchanged: 33 });
    expect(certificate(`${path}.crt`).subject).toBe('CN=demo-a\nO=Trivet');
  });

  test('an authority whose key is gone is never replaced', async () => {
    await run();
    objects.bodies.delete('clusters/demo/pki/private/etcd-ca.key');
    const before = snapshot();
    await expect(run()).rejects.toMatchObject({
      name: 'CertificateInvalid',
      message:
        'clusters/demo/pki/etcd-ca.crt is there and its key is not: nothing can be signed by it any more',
    });
    expect(snapshot()).toEqual(before);
  });

  test('an authority that does not fit its key, or has ended, is never replaced', async () => {
    await run();
    await expect(run('2036-01-01T00:00:00.000Z')).rejects.toMatchObject({ name: 'CertificateInvalid' });
    objects.bodies.set('clusters/demo/pki/private/etcd-ca.key', Buffer.from(await makeKey()));
    await expect(run()).rejects.toMatchObject({
      message:
        'clusters/demo/pki/etcd-ca.crt and clusters/demo/pki/private/etcd-ca.key do not belong together',
    });
  });

  test('two runs at once end with one authority', async () => {
    const [one, two] = await Promise.all([run(), run()]);
    expect(one.output.created + two.output.created).toBeGreaterThanOrEqual(34);
    expect((await run()).output).toEqual({ created: 0, unchanged: 34 });
  });

  test('an API server says every name under which it is met', async () => {
    await run();
    const server = certificate('clusters/demo/slots/b/pki/kubernetes/pki/apiserver.crt');
    expect(server.subject).toBe('CN=kube-apiserver');
    expect(server.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(server.subjectAltName?.split(', ')).toEqual([
      'DNS:localhost',
      'DNS:kubernetes',
      'DNS:kubernetes.default',
      'DNS:kubernetes.default.svc',
      'DNS:kubernetes.default.svc.cluster.local',
      'DNS:trivet-demo-0123.elb.us-east-1.amazonaws.com',
      'IP Address:10.0.1.10',
      'IP Address:127.0.0.1',
      'IP Address:10.96.0.1',
      'IP Address:10.0.0.7',
      'IP Address:10.0.1.7',
    ]);
  });

  test.each([
    ['slots/a/pki/kubernetes/pki/apiserver', 'kubernetes-ca', 'CN=kube-apiserver'],
    [
      'slots/a/pki/kubernetes/pki/apiserver-kubelet-client',
      'kubernetes-ca',
      'CN=kube-apiserver-kubelet-client',
    ],
    ['slots/a/pki/kubernetes/pki/apiserver-etcd-client', 'etcd-ca', 'CN=kube-apiserver-etcd-client'],
    ['slots/a/pki/kubernetes/pki/front-proxy-client', 'front-proxy-ca', 'CN=front-proxy-client'],
    ['slots/a/pki/kubernetes/pki/controller-manager', 'kubernetes-ca', 'CN=system:kube-controller-manager'],
    ['slots/a/pki/kubernetes/scheduler/client', 'kubernetes-ca', 'CN=system:kube-scheduler'],
    ['pki/kubernetes-admin/client', 'kubernetes-ca', 'CN=kubernetes-admin\nO=kubeadm:cluster-admins'],
    ['pki/kubernetes-super-admin/client', 'kubernetes-ca', 'CN=kubernetes-super-admin\nO=system:masters'],
  ])('%s is signed by %s alone and says %s', async (path, authority, subject) => {
    await run();
    const leaf = certificate(`clusters/demo/${path}.crt`);
    expect(leaf.subject).toBe(subject);
    const signers = ['etcd-ca', 'kubernetes-ca', 'kubelet-client-ca', 'front-proxy-ca'].filter((name) =>
      leaf.verify(certificate(`clusters/demo/pki/${name}.crt`).publicKey),
    );
    expect(signers).toEqual([authority]);
  });

  test('no slot gets a key of an authority but the one that signs kubelets, and all get the same keys of the cluster', async () => {
    await run();
    const text = (path: string) => objects.text(`clusters/demo/${path}`);
    const keys = ['etcd-ca', 'kubernetes-ca', 'front-proxy-ca'].map((name) =>
      text(`pki/private/${name}.key`),
    );
    const ofSlots = [...snapshot()].filter(([key]) => key.startsWith('clusters/demo/slots/'));
    expect(ofSlots.filter(([, content]) => keys.includes(content))).toEqual([]);
    for (const slot of ['a', 'b', 'c']) {
      const path = (file: string) => text(`slots/${slot}/pki/kubernetes/${file}`);
      expect(path('pki/kubelet-client-ca.key')).toBe(text('pki/private/kubelet-client-ca.key'));
      expect(path('pki/sa.key')).toBe(text('pki/private/service-account.key'));
      expect(path('pki/sa.pub')).toMatch(/^-----BEGIN PUBLIC KEY-----/);
      expect(path('pki/client-ca.crt')?.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
      expect(path('encryption/config.yaml')).toBe(text('slots/a/pki/kubernetes/encryption/config.yaml'));
    }
  });

  test('the public key of tokens lies apart from the key, beside those that verified before', async () => {
    const path = 'clusters/demo/pki/service-account.pub';
    await run();
    const ofSlot = objects.text('clusters/demo/slots/a/pki/kubernetes/pki/sa.pub');
    expect(objects.text(path)).toBe(ofSlot);
    objects.bodies.set(path, Buffer.from('an earlier key\n'));
    await run();
    expect(objects.text(path)).toBe(`${ofSlot}an earlier key\n`);
    await run();
    expect(objects.text(path)).toBe(`${ofSlot}an earlier key\n`);
  });

  test('secrets are encrypted with a key that every run leaves as it is', async () => {
    await run();
    const [key] = JSON.parse(objects.text('clusters/demo/pki/private/encryption.key') ?? '') as object[];
    expect(key).toEqual({ name: 'key-2026-01-01', secret: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/) });
    const configuration = parse(
      objects.text('clusters/demo/slots/c/pki/kubernetes/encryption/config.yaml') ?? '',
    );
    expect(configuration).toEqual({
      apiVersion: 'apiserver.config.k8s.io/v1',
      kind: 'EncryptionConfiguration',
      resources: [{ resources: ['secrets'], providers: [{ secretbox: { keys: [key] } }, { identity: {} }] }],
    });
  });

  test('a load balancer of another name is said by the API servers alone', async () => {
    await run();
    record = { ...recorded, endpoint: 'https://other.elb.us-east-1.amazonaws.com:6443' };
    expect((await run('2026-01-02T00:00:00.000Z')).output).toEqual({ created: 3, unchanged: 31 });
    balancerAddresses = ['10.0.0.7', '10.0.1.7', '10.0.2.7'];
    expect((await run('2026-01-02T00:00:00.000Z')).output).toEqual({ created: 3, unchanged: 31 });
  });

  test('nothing is made before the load balancer, and nothing for a cluster that is not recorded', async () => {
    const { endpoint: _endpoint, ...without } = recorded;
    record = without;
    await expect(run()).rejects.toMatchObject({ name: 'ResourceNotReady' });
    record = undefined;
    await expect(run()).rejects.toMatchObject({ name: 'ClusterUnknown' });
    expect(objects.bodies.size).toBe(0);
  });
});
