import { X509Certificate } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { issueAuthority, makeKey } from '../../functions/pki/issue.ts';
import { handler } from '../../functions/pki/issue-kubeconfig.ts';
import { makeRequest } from '../../functions/pki/request.ts';
import { fakeObjects } from '../support/fake-objects.ts';
import { fakeRegistry } from '../support/fake-registry.ts';
import { fakeTaskContext } from '../support/fake-task-context.ts';

const now = new Date('2026-01-01T00:00:00.000Z');

describe('a kubeconfig’s certificate', () => {
  const registry = fakeRegistry();
  const objects = fakeObjects();
  const context = fakeTaskContext();
  let authority: string;
  let key: string;

  beforeEach(async () => {
    const authorityKey = await makeKey();
    authority = await issueAuthority('demo kubernetes', authorityKey, now);
    await objects.put('clusters/demo/pki/kubernetes-ca.crt', authority);
    await objects.put('clusters/demo/pki/private/kubernetes-ca.key', authorityKey);
    registry.items.set('demo/cluster', { name: 'demo', endpoint: 'https://lb.example:6443' });
    key = await makeKey();
  });
  const issue = (request: string, validityHours = 12, cluster = 'demo') =>
    handler.run({ cluster, request, validityHours }, { registry, objects }, context);

  test('is an administrator’s, of the key that was asked with, for the hours that were asked for', async () => {
    const issued = await issue(await makeRequest('trivet:alice', [], key));
    const certificate = new X509Certificate(issued.certificate);
    expect(certificate.subject).toBe('CN=trivet:alice\nO=kubeadm:cluster-admins');
    expect(certificate.verify(new X509Certificate(authority).publicKey)).toBe(true);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(new Date(certificate.validTo).toISOString()).toBe('2026-01-01T12:00:00.000Z');
    expect(issued).toMatchObject({
      ca: authority,
      endpoint: 'https://lb.example:6443',
      expiresAt: '2026-01-01T12:00:00.000Z',
    });
  });

  test('is told to the log, and no key is', async () => {
    await issue(await makeRequest('trivet:alice', [], key));
    expect(context.logged.at(-1)).toEqual({
      level: 'info',
      message: 'issued',
      fields: { user: 'trivet:alice', expiresAt: '2026-01-01T12:00:00.000Z' },
    });
    expect(JSON.stringify(context.logged)).not.toContain('PRIVATE');
  });

  test.each([
    ['another user', () => makeRequest('system:kube-controller-manager', [], key)],
    ['a node', () => makeRequest('system:node:i-1', ['system:nodes'], key)],
    ['a group', () => makeRequest('trivet:alice', ['system:masters'], key)],
    [
      'nothing that can be read',
      async () => '-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----',
    ],
  ])('is refused for %s', async (_, make) => {
    await expect(issue(await make())).rejects.toMatchObject({ name: 'RequestRefused' });
  });

  test('is refused for a request whose signature is of another key', async () => {
    const [mine, other] = [
      await makeRequest('trivet:alice', [], key),
      await makeRequest('trivet:alice', [], await makeKey()),
    ];
    const body = (pem: string) => Buffer.from(pem.replace(/-----.*-----/g, ''), 'base64');
    const forged = Buffer.concat([body(mine).subarray(0, body(mine).length - 20), body(other).subarray(-20)]);
    const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${forged.toString('base64')}\n-----END CERTIFICATE REQUEST-----`;
    await expect(issue(pem)).rejects.toMatchObject({ name: 'RequestRefused' });
  });

  test.each([0, 169, 1.5])('is not given for %d hours', (hours) => {
    const input = { cluster: 'demo', request: 'x', validityHours: hours };
    expect(handler.contract.input.safeParse(input).success).toBe(false);
  });

  test('of a cluster that is not there, or has no load balancer yet, is refused by name', async () => {
    const request = await makeRequest('trivet:alice', [], key);
    await expect(issue(request, 12, 'other')).rejects.toMatchObject({ name: 'ClusterUnknown' });
    registry.items.set('demo/cluster', { name: 'demo' });
    await expect(issue(request)).rejects.toMatchObject({ name: 'ResourceNotReady' });
  });
});
