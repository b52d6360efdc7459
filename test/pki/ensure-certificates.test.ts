import { X509Certificate } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { handler } from '../../functions/pki/ensure-certificates.ts';
import { makeKey } from '../../functions/pki/issue.ts';
import { type FakeObjects, fakeObjects } from '../support/fake-objects.ts';
import { fakeTaskContext } from '../support/fake-task-context.ts';

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

describe('ensure-certificates', () => {
  let objects: FakeObjects;
  let leases: (typeof held | undefined)[];

  beforeEach(() => {
    objects = fakeObjects();
    leases = [];
  });
  const run = (now = '2026-01-01T00:00:00.000Z', wanted = layout) => {
    const context = fakeTaskContext({ now });
    const registry = { getLease: async () => (leases.length > 0 ? leases.shift() : held) };
    const done = handler.run({ lease, cluster: 'demo', layout: wanted }, { registry, objects }, context);
    return done.then((output) => ({ output, logged: context.logged }));
  };
  const certificate = (key: string): X509Certificate => new X509Certificate(objects.text(key) ?? '');
  const snapshot = (): Map<string, string | undefined> =>
    new Map([...objects.bodies.keys()].map((key) => [key, objects.text(key)]));

  test('makes one authority, four copies of it and ten leaves with their keys', async () => {
    const { output } = await run();
    expect(output).toEqual({ created: 11, unchanged: 0 });
    const slotFiles = [
      'ca.crt',
      'client.crt',
      'client.key',
      'peer.crt',
      'peer.key',
      'server.crt',
      'server.key',
    ];
    expect([...objects.bodies.keys()].sort()).toEqual([
      'clusters/demo/pki/etcd-ca.crt',
      'clusters/demo/pki/etcd-client/ca.crt',
      'clusters/demo/pki/etcd-client/client.crt',
      'clusters/demo/pki/etcd-client/client.key',
      'clusters/demo/pki/private/etcd-ca.key',
      ...['a', 'b', 'c'].flatMap((slot) =>
        slotFiles.map((file) => `clusters/demo/slots/${slot}/pki/${file}`),
      ),
    ]);
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

  test('the authority lives ten years and signed every leaf', async () => {
    await run();
    const authority = certificate('clusters/demo/pki/etcd-ca.crt');
    expect(authority.ca).toBe(true);
    expect(authority.validToDate.toISOString()).toBe('2035-12-30T00:00:00.000Z');
    const leaves = [...objects.bodies.keys()].filter((key) => /(server|peer|client)\.crt$/.test(key));
    expect(leaves).toHaveLength(10);
    expect(leaves.every((key) => certificate(key).verify(authority.publicKey))).toBe(true);
  });

  test('a second run changes nothing and says so', async () => {
    await run();
    const before = snapshot();
    const { output } = await run();
    expect(output).toEqual({ created: 0, unchanged: 11 });
    expect(snapshot()).toEqual(before);
  });

  test('neither output nor log holds a certificate or a key (S22)', async () => {
    const { output, logged } = await run();
    const said = JSON.stringify({ output, logged });
    expect(said).not.toMatch(/BEGIN|PRIVATE|MII/);
    expect(logged).toHaveLength(10);
  });

  test('a run that died after any of its writes is finished by the next', async () => {
    for (const [deadAfter, already] of [
      [1, 0],
      [2, 0],
      [9, 0],
    ] as const) {
      objects = fakeObjects();
      leases = [
        ...Array.from({ length: deadAfter }, () => held),
        ...Array.from({ length: 40 }, () => undefined),
      ];
      await expect(run()).rejects.toMatchObject({ name: 'LeaseLost' });
      expect(objects.bodies.size).toBe(deadAfter);
      const before = snapshot();
      leases = [];
      const { output } = await run();
      expect(output.created).toBeGreaterThan(already);
      for (const [key, text] of before) expect(objects.text(key)).toBe(text);
      expect((await run()).output).toEqual({ created: 0, unchanged: 11 });
    }
  });

  test('a leaf is renewed for the same key once a third of its life remains, and its authority stays', async () => {
    await run();
    const before = snapshot();
    expect((await run('2026-08-31T00:00:00.000Z')).output).toEqual({ created: 0, unchanged: 11 });
    const { output, logged } = await run('2026-09-02T00:00:00.000Z');
    expect(output).toEqual({ created: 10, unchanged: 1 });
    expect(logged[0]).toMatchObject({ message: 'issued', fields: { reason: 'it ends soon or has ended' } });
    for (const [key, text] of before) {
      const leaf = /(server|peer|client)\.crt$/.test(key);
      expect(objects.text(key) === text).toBe(!leaf);
    }
  });

  test('a slot with another address gets another certificate, and only that slot', async () => {
    await run();
    const moved = layoutOf([slotOf('a', '10.0.0.10'), slotOf('b', '10.0.1.99'), slotOf('c', '10.0.2.10')]);
    const { output } = await run('2026-01-02T00:00:00.000Z', moved);
    expect(output).toEqual({ created: 2, unchanged: 9 });
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
    expect((await run()).output).toEqual({ created: 1, unchanged: 10 });
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
    expect(one.output.created + two.output.created).toBeGreaterThanOrEqual(11);
    expect((await run()).output).toEqual({ created: 0, unchanged: 11 });
  });
});
