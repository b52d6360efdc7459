import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { etcdEnvironment } from '../../node/etcd-environment.ts';
import {
  modeOf,
  parseManifest,
  parseUserData,
  renderManifest,
  renderNodeFiles,
  renderUserData,
  sha256,
} from '../../node/render.ts';
import { hasProgram, nodeInput, writeNodeRoot } from './scripts.ts';

const files = renderNodeFiles(nodeInput);
const contentOf = (path: string): string => files.find((file) => file.path === path)?.content ?? '';

describe('the rendered files', () => {
  let node: ReturnType<typeof writeNodeRoot>;
  beforeAll(() => {
    node = writeNodeRoot();
    writeFileSync(join(node.root, 'user-data.sh'), renderUserData(nodeInput, renderManifest(files).sha256));
  });
  afterAll(() => node.remove());

  const scripts = [
    '/usr/local/lib/trivet/artifacts.sh',
    '/usr/local/lib/trivet/aws.sh',
    '/usr/local/lib/trivet/bootstrap.sh',
    '/usr/local/lib/trivet/marker.sh',
    '/usr/local/lib/trivet/volume.sh',
    '/user-data.sh',
  ];

  test('are these', () => {
    expect(files.map(({ path }) => path)).toEqual([
      '/etc/trivet/node.env',
      '/etc/trivet/etcd-3.4.env',
      '/etc/trivet/etcd-3.5.env',
      '/etc/trivet/etcd-3.6.env',
      '/etc/systemd/system/etcd.service',
      '/etc/systemd/system/etcd.slice',
      '/etc/systemd/system/trivet-bootstrap.service',
      '/etc/systemd/system/trivet-marker.service',
      '/etc/systemd/system/trivet-marker.timer',
      '/usr/local/lib/trivet/aws.sh',
      '/usr/local/lib/trivet/bootstrap.sh',
      '/usr/local/lib/trivet/last-log-index.py',
      '/usr/local/lib/trivet/marker.sh',
      '/usr/local/lib/trivet/volume.sh',
      '/etc/trivet/artifacts',
      '/etc/trivet/containerd.service',
      '/usr/local/lib/trivet/artifacts.sh',
    ]);
    expect(files.every((file) => file.owner === 'root:root' && file.mode === modeOf(file.path))).toBe(true);
  });

  test.each(scripts)('%s is bash', (path) => {
    expect(spawnSync('bash', ['-n', join(node.root, path)], { encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
  });

  test.skipIf(!hasProgram('shellcheck')).each(scripts)('%s is clean by shellcheck', (path) => {
    const { stdout } = spawnSync('shellcheck', ['-x', join(node.root, path)], { encoding: 'utf8' });
    expect(stdout).toBe('');
  });

  test.skipIf(!hasProgram('systemd-analyze'))('the units are clean by systemd-analyze', () => {
    const names = [
      'etcd.service',
      'etcd.slice',
      'trivet-bootstrap.service',
      'trivet-marker.service',
      'trivet-marker.timer',
    ];
    const units = names.map((name) => join(node.root, 'etc/systemd/system', name));
    const { stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...units], { encoding: 'utf8' });
    // The programs lie where a node has them, not on this machine.
    const rest = stderr.split('\n').filter((line) => line.includes('trivet') || line.includes(node.root));
    expect(rest.filter((line) => !line.includes('is not executable'))).toEqual([]);
  });

  test('etcd.service can neither start by itself nor come back without end', () => {
    const unit = contentOf('/etc/systemd/system/etcd.service');
    expect(unit).not.toContain('[Install]');
    expect(unit).toContain('ConditionPathExists=/run/trivet/etcd-initial.env\n');
    expect(unit).toContain('AssertPathIsMountPoint=/var/lib/etcd\n');
    expect(unit).toContain('StartLimitIntervalSec=300\nStartLimitBurst=5\n');
    expect(unit).toContain('Restart=on-failure\nRestartSec=1\n');
    expect(unit).toContain('Slice=etcd.slice\n');
    expect(unit).toContain('OOMScoreAdjust=-997\nCPUWeight=1000\nIOWeight=1000\n');
  });

  test('etcd is configured for each version with what that version knows', () => {
    expect(etcdEnvironment('3.4', nodeInput)).toMatchObject({
      ETCD_NAME: 'demo-a',
      ETCD_LISTEN_CLIENT_URLS: 'https://127.0.0.1:2379,https://127.90.1.10:2379',
      ETCD_ADVERTISE_CLIENT_URLS: 'https://127.90.1.10:2379',
      ETCD_LISTEN_METRICS_URLS: 'http://127.0.0.1:2381',
      ETCD_CLIENT_CERT_AUTH: 'true',
      ETCD_PEER_CLIENT_CERT_AUTH: 'true',
      ETCD_HEARTBEAT_INTERVAL: '100',
      ETCD_ELECTION_TIMEOUT: '1000',
      ETCD_PRE_VOTE: 'true',
      ETCD_STRICT_RECONFIG_CHECK: 'true',
      ETCD_QUOTA_BACKEND_BYTES: '4294967296',
      ETCD_EXPERIMENTAL_INITIAL_CORRUPT_CHECK: 'true',
    });
    expect(etcdEnvironment('3.5', nodeInput)).toMatchObject({
      ETCD_EXPERIMENTAL_COMPACT_HASH_CHECK_ENABLED: 'true',
    });
    const newest = etcdEnvironment('3.6', {
      ...nodeInput,
      heartbeatIntervalMilliseconds: 50,
      electionTimeoutMilliseconds: 250,
    });
    expect(newest).toMatchObject({
      ETCD_FEATURE_GATES: 'InitialCorruptCheck=true,CompactHashCheck=true',
      ETCD_HEARTBEAT_INTERVAL: '50',
      ETCD_ELECTION_TIMEOUT: '250',
    });
    expect(Object.keys(newest).filter((name) => name.includes('EXPERIMENTAL'))).toEqual([]);
  });

  test('a value that could end its line or its quotes is refused', () => {
    expect(() => renderNodeFiles({ ...nodeInput, memberName: 'demo a' })).toThrow(
      'ETCD_NAME has a character',
    );
    expect(() => renderUserData({ ...nodeInput, bucket: "b'; reboot; '" }, 'x')).toThrow(
      'TRIVET_BUCKET has a character',
    );
  });
});

describe('the manifest and the user data', () => {
  const manifest = renderManifest(files);

  test('the manifest names every file by its hash, as sha256sum checks it', () => {
    const node = writeNodeRoot();
    try {
      const relative = manifest.text.replaceAll('  /', '  ');
      const checked = execFileSync('sha256sum', ['--check', '--strict'], {
        cwd: node.root,
        input: relative,
        encoding: 'utf8',
      });
      expect(checked.trimEnd().split('\n')).toHaveLength(17);
    } finally {
      node.remove();
    }
    expect(manifest.sha256).toBe(sha256(manifest.text));
    expect(parseManifest(manifest.text).map(({ path }) => path)).toEqual(
      files.map(({ path }) => path).sort(),
    );
  });

  test('the same input gives the same manifest, another address another one', () => {
    expect(renderManifest(renderNodeFiles(nodeInput)).sha256).toBe(manifest.sha256);
    const other = renderManifest(renderNodeFiles({ ...nodeInput, address: '127.90.1.11' }));
    expect(other.sha256).not.toBe(manifest.sha256);
  });

  test.each([
    ['outside a node’s folders', `${'0'.repeat(64)}  /usr/bin/sudo`],
    ['with dots in it', `${'0'.repeat(64)}  /etc/trivet/../shadow`],
    ['without a hash', 'abc  /etc/trivet/node.env'],
  ])('a manifest with a path %s is refused', (_what, line) => {
    expect(() => parseManifest(`${line}\n`)).toThrow('the manifest has a line that is not one');
  });

  test('user data is read back, and holds nothing but names and one hash', () => {
    const userData = renderUserData(nodeInput, manifest.sha256);
    expect(parseUserData(userData)).toEqual({
      cluster: 'demo',
      slot: 'a',
      region: 'us-east-1',
      bucket: 'trivet-bucket',
      manifestSha256: manifest.sha256,
    });
    expect(parseUserData('#!/bin/bash\necho hello\n')).toBeUndefined();
    expect(userData.length).toBeLessThan(16 * 1024);
  });
});
