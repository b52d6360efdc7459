import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { callerName, defaultFile } from '../../cli/commands/kubeconfig.ts';
import { type KubeconfigEntry, mergeKubeconfig, writeKubeconfig } from '../../cli/kubeconfig-file.ts';

const entry: KubeconfigEntry = {
  name: 'trivet-demo',
  server: 'https://127.80.3.7:6443',
  ca: 'authority',
  certificate: 'certificate',
  key: 'key',
};
const others = `# mine
apiVersion: v1
kind: Config
clusters:
  - name: work # the other one
    cluster: { server: https://work:6443 }
users:
  - name: me
    user: { token: abc }
contexts:
  - name: work
    context: { cluster: work, user: me }
current-context: work
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trivet-kubeconfig-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('merging a cluster into a kubeconfig', () => {
  test('of nothing makes one', () => {
    expect(parse(mergeKubeconfig('', entry, false))).toEqual({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'trivet-demo',
          cluster: { server: 'https://127.80.3.7:6443', 'certificate-authority-data': 'YXV0aG9yaXR5' },
        },
      ],
      users: [
        {
          name: 'trivet-demo',
          user: { 'client-certificate-data': 'Y2VydGlmaWNhdGU=', 'client-key-data': 'a2V5' },
        },
      ],
      contexts: [{ name: 'trivet-demo', context: { cluster: 'trivet-demo', user: 'trivet-demo' } }],
      // With no other, it is the current one whether asked for or not.
      'current-context': 'trivet-demo',
    });
  });

  test('leaves everything else as it is, comments too', () => {
    const merged = mergeKubeconfig(others, entry, false);
    expect(merged).toContain('# mine');
    expect(merged).toContain('- name: work # the other one');
    const { clusters, contexts, users, 'current-context': current } = parse(merged);
    expect(clusters.map(({ name }: { name: string }) => name)).toEqual(['work', 'trivet-demo']);
    expect(users[0]).toEqual({ name: 'me', user: { token: 'abc' } });
    expect(contexts).toHaveLength(2);
    expect(current).toBe('work');
  });

  test('makes it the current context when asked', () => {
    expect(parse(mergeKubeconfig(others, entry, true))['current-context']).toBe('trivet-demo');
  });

  test('twice replaces what the first time put in', () => {
    const once = mergeKubeconfig(others, entry, true);
    const twice = parse(mergeKubeconfig(once, { ...entry, server: 'https://other:6443' }, true));
    expect(twice.clusters).toHaveLength(2);
    expect(twice.clusters[1].cluster.server).toBe('https://other:6443');
  });

  test.each([
    ['a list', '- a\n- b\n', /it is no kubeconfig: not a mapping/],
    ['broken YAML', 'clusters: [\n', /it is no kubeconfig/],
    ['clusters that are no list', 'clusters: { a: 1 }\n', /it is no kubeconfig: "clusters" is not a list/],
  ])('refuses %s and leaves the file as it is', (_, text, message) => {
    const path = join(folder, 'config');
    writeFileSync(path, text);
    expect(() => writeKubeconfig(path, entry, true)).toThrow(message);
    expect(readFileSync(path, 'utf8')).toBe(text);
    expect(readdirSync(folder)).toEqual(['config']);
  });

  test('into a file makes its folder, and both are their owner’s alone', () => {
    const path = join(folder, 'new', 'config');
    writeKubeconfig(path, entry, true);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'new')).mode & 0o777).toBe(0o700);
  });
});

test.each([
  [{ KUBECONFIG: '/one:/two', HOME: '/h' }, '/one'],
  [{ KUBECONFIG: '', HOME: '/h' }, '/h/.kube/config'],
  [{ HOME: '/h' }, '/h/.kube/config'],
])('of %j the kubeconfig is %s', (variables, path) => {
  expect(defaultFile(variables)).toBe(path);
});

test.each([
  ['arn:aws:iam::123456789012:user/ops/alice', 'alice'],
  ['arn:aws:sts::123456789012:assumed-role/Admin/bob@example.com', 'bob@example.com'],
  ['arn:aws:iam::123456789012:root', 'root'],
  ['', 'caller'],
])('whoever AWS calls %s is the user %s', (arn, name) => {
  expect(callerName(arn)).toBe(name);
});
