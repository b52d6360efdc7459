import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { areStrong } from '../../../node/conformance/check.ts';
import { workerSections } from '../../../node/conformance/node.ts';
import {
  exampleInput,
  exampleWorker,
  renderConformancePage,
  sections,
  verdictOf,
} from '../../../node/conformance/page.ts';
import {
  type RenderedNode,
  readRenderedNode,
  readRenderedWorker,
} from '../../../node/conformance/rendered-node.ts';

const node = readRenderedNode(exampleInput);
const checks = sections.flatMap((section) => section.checks);
const failed = (of: RenderedNode): string[] =>
  checks.filter((check) => verdictOf(check, of) === 'fail').map(({ id }) => id);

describe('conformance', () => {
  test('docs/conformance.md is what npm run conformance writes', () => {
    const page = readFileSync(new URL('../../../docs/conformance.md', import.meta.url), 'utf8');
    expect(page).toBe(renderConformancePage());
  });

  test('has every id of sections 1 to 4 once', () => {
    const counts = [
      ['1.1', 21],
      ['1.2', 30],
      ['1.3', 7],
      ['1.4', 2],
      ['2', 7],
      ['3.1', 3],
      ['3.2', 2],
      ['4.1', 10],
      ['4.2', 14],
      ['4.3', 1],
    ] as const;
    const wanted = counts.flatMap(([section, count]) =>
      Array.from({ length: count }, (_, index) => `${section}.${index + 1}`),
    );
    expect(checks.map(({ id }) => id)).toEqual(wanted);
  });

  test('deviates where it says why, and nowhere else', () => {
    expect(failed(node)).toEqual(['1.2.1', '1.2.5', '1.2.11', '4.2.7', '4.2.9']);
    const silent = checks.filter((check) => verdictOf(check, node) !== 'pass' && !check.reason);
    expect(silent).toEqual([]);
    const idle = checks.filter((check) => verdictOf(check, node) === 'pass' && check.reason);
    expect(idle).toEqual([]);
  });

  test.each<[string, Partial<RenderedNode>, string[]]>([
    ['profiling', { scheduler: { ...node.scheduler, profiling: 'true' } }, ['1.4.1']],
    [
      'an API server that allows everything',
      { apiServer: { ...node.apiServer, 'authorization-mode': 'AlwaysAllow' } },
      ['1.2.6', '1.2.7', '1.2.8'],
    ],
    [
      'a weak cipher suite',
      { apiServer: { ...node.apiServer, 'tls-cipher-suites': 'TLS_RSA_WITH_AES_128_CBC_SHA' } },
      ['1.2.29'],
    ],
    ['etcd without client certificates', { etcd: { ...node.etcd, ETCD_CLIENT_CERT_AUTH: 'false' } }, ['2.2']],
    [
      'a kubelet with anonymous requests',
      { kubelet: { ...node.kubelet, authentication: { anonymous: { enabled: true } } } },
      ['4.2.1', '4.2.3'],
    ],
    [
      'files that all may read',
      { mode: () => 0o644 },
      ['1.1.13', '1.1.14', '1.1.15', '1.1.16', '1.1.17', '1.1.18', '4.1.1', '4.1.2', '4.1.5', '4.1.6'],
    ],
    [
      'identity as what encrypts',
      { encryption: 'resources:\n  - providers:\n      - identity: {}\n' },
      ['1.2.28'],
    ],
  ])('would find %s', (_what, changes, ids) => {
    const before = failed(node);
    expect(failed({ ...node, ...changes }).filter((id) => !before.includes(id))).toEqual(ids);
  });

  test('knows a strong suite from a weak one', () => {
    expect(areStrong(['TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384'])).toBe(true);
    expect(areStrong(['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA'])).toBe(false);
    expect(areStrong([])).toBe(false);
  });
});

describe('conformance of a worker', () => {
  const worker = readRenderedWorker(exampleWorker);
  const ofWorker = workerSections.flatMap((section) => section.checks);
  const failedOf = (of: RenderedNode): string[] =>
    ofWorker.filter((check) => verdictOf(check, of) === 'fail').map(({ id }) => id);

  test('has every id of section 4 once', () => {
    const ofControlPlane = checks.map(({ id }) => id).filter((id) => id.startsWith('4.'));
    expect(ofWorker.map(({ id }) => id)).toEqual(ofControlPlane);
  });

  test('deviates where it says why, and nowhere else', () => {
    expect(failedOf(worker)).toEqual(['4.2.7', '4.2.9']);
    const silent = ofWorker.filter((check) => verdictOf(check, worker) !== 'pass' && !check.reason);
    expect(silent).toEqual([]);
    const idle = ofWorker.filter((check) => verdictOf(check, worker) === 'pass' && check.reason);
    expect(idle).toEqual([]);
  });

  test.each<[string, Partial<RenderedNode>, string[]]>([
    ['files that all may read', { mode: () => 0o644 }, ['4.1.1', '4.1.2', '4.1.9', '4.1.10']],
    ['a port without authentication', { kubelet: { ...worker.kubelet, readOnlyPort: 10255 } }, ['4.2.4']],
    [
      'an authority that all may read',
      { content: (path) => worker.content(path).replaceAll('umask 077', 'umask 022') },
      ['4.1.7', '4.1.8'],
    ],
  ])('would find %s', (_what, changes, ids) => {
    const before = failedOf(worker);
    expect(failedOf({ ...worker, ...changes }).filter((id) => !before.includes(id))).toEqual(ids);
  });
});
