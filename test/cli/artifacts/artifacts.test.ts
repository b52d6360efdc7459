import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { catalogue, idOf } from '../../../artifacts/catalog.ts';
import { parseLock, renderLock } from '../../../artifacts/lock.ts';
import {
  type ArtifactFlags,
  listArtifacts,
  lockArtifacts,
  mirrorArtifacts,
} from '../../../cli/commands/artifacts.ts';
import type { Output } from '../../../cli/output.ts';
import type { Target } from '../../../cli/target.ts';
import { type Region, startRegion } from '../../../region/region.ts';
import { type Internet, startInternet } from './internet.ts';

const coreDns = 'registry.k8s.io/coredns/coredns:v1.13.1';
const all = catalogue();
const hashOf = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex');
const packageOf = (id: string) => {
  const found = all.find((one) => idOf(one) === id);
  if (found?.kind !== 'package') throw new Error(`no package ${id}`);
  return found;
};

let internet: Internet;
let folder: string;
let said: string[];
let results: unknown[];
let output: Output;

beforeEach(async () => {
  internet = await startInternet();
  folder = mkdtempSync(join(tmpdir(), 'trivet-artifacts-'));
  writeFileSync(join(folder, 'lock.json'), renderLock(new Map()));
  said = [];
  results = [];
  output = { json: true, say: (line) => said.push(line), result: (value) => results.push(value) };
});
afterEach(async () => {
  await internet.stop();
  rmSync(folder, { recursive: true, force: true });
});

const file = () => join(folder, 'lock.json');
const flags = (more: Partial<ArtifactFlags> = {}): ArtifactFlags => ({
  file: file(),
  via: internet.url,
  kubernetes: '1.35',
  architecture: 'arm64',
  ...more,
});
const lock = () => parseLock(JSON.parse(readFileSync(file(), 'utf8')));
const releaseKubelet = (content = 'a kubelet', checksum?: string) => {
  const { url, checksumUrl } = packageOf('kubelet 1.35.4 arm64');
  internet.release(url, checksumUrl, content, checksum);
};

describe('trivet artifacts list', () => {
  test('says what is missing, with exit code 2, and nothing more once all is pinned', async () => {
    expect(await listArtifacts(flags({ only: ['kubelet', 'runc'] }), output)).toBe(2);
    expect(said.at(-1)).toContain('2 of 2 artifacts are not pinned');
    expect(results).toEqual([{ filled: 0, missing: ['kubelet 1.35.4 arm64', 'runc 1.4.3 arm64'] }]);
    writeFileSync(
      file(),
      renderLock(new Map([['kubelet 1.35.4 arm64', { sha256: 'a'.repeat(64), bytes: 60e6 }]])),
    );
    expect(await listArtifacts(flags({ only: ['kubelet'] }), output)).toBe(0);
    expect(said.at(-1)).toBe('All 1 artifacts are pinned.');
  });
});

describe('trivet artifacts lock', () => {
  test('pins a program by what its project says of it', async () => {
    releaseKubelet('a kubelet', `${hashOf('a kubelet')}\n`);
    expect(await lockArtifacts(flags({ only: ['kubelet'] }), output)).toBe(0);
    expect(lock()).toEqual(new Map([['kubelet 1.35.4 arm64', { sha256: hashOf('a kubelet'), bytes: 9 }]]));
  });

  test('asks for nothing that is pinned, and pins the rest where it ended', async () => {
    releaseKubelet();
    await lockArtifacts(flags({ only: ['kubelet'] }), output);
    const before = readFileSync(file(), 'utf8');
    internet.asked.length = 0;
    const { url, checksumUrl } = packageOf('runc 1.4.3 arm64');
    internet.release(url, checksumUrl, 'runs containers');
    expect(await lockArtifacts(flags({ only: ['kubelet', 'runc'] }), output)).toBe(0);
    expect(internet.asked).toEqual([checksumUrl, url].map((one) => one.replace('https://', '')));
    expect(results.at(-1)).toEqual({ filled: ['runc 1.4.3 arm64'], failed: [] });
    const lines = (text: string) => text.split('\n');
    const after = lines(readFileSync(file(), 'utf8'));
    expect(after.filter((line, index) => line !== lines(before)[index])).toHaveLength(1);
    expect(readdirSync(folder)).toEqual(['lock.json']);
  });

  test('pins nothing whose bytes are not what its project says, and goes on with the others', async () => {
    releaseKubelet('something else', `${hashOf('a kubelet')}  kubelet\n`);
    const { url, checksumUrl } = packageOf('runc 1.4.3 arm64');
    internet.release(url, checksumUrl, 'runs containers');
    expect(await lockArtifacts(flags({ only: ['kubelet', 'runc'] }), output)).toBe(1);
    expect([...lock().keys()]).toEqual(['runc 1.4.3 arm64']);
    expect(said.join('\n')).toContain(
      `has the sha256 ${hashOf('something else')}, and its project says ${hashOf('a kubelet')}.`,
    );
  });

  test.each([
    ['a server that is not there', () => internet.stop(), 'cannot be read: '],
    ['a file that is not there', () => {}, 'kubelet.sha256 answers 404.'],
    [
      'a checksum file of other files',
      () => releaseKubelet('x', `${'0'.repeat(64)}  other\n`),
      'says nothing of kubelet.',
    ],
  ])('says what failed with %s', async (_what, spoil, message) => {
    await spoil();
    expect(await lockArtifacts(flags({ only: ['kubelet'] }), output)).toBe(1);
    expect(said.join('\n')).toContain(message);
    expect(lock().size).toBe(0);
  });

  test('downloads nothing in a dry run', async () => {
    releaseKubelet();
    expect(await lockArtifacts({ ...flags({ only: ['kubelet'] }), dryRun: true }, output)).toBe(2);
    expect(said[0]).toContain('https://dl.k8s.io/release/v1.35.4/bin/linux/arm64/kubelet');
    expect([internet.asked, lock().size]).toEqual([[], 0]);
  });

  test('asks nobody by plain HTTP', async () => {
    const { via: _via, ...direct } = flags({ only: ['kubelet'] });
    const fetched = vi.spyOn(globalThis, 'fetch').mockRejectedValue(new TypeError('no internet here'));
    try {
      expect(await lockArtifacts(direct, output)).toBe(1);
      expect(fetched.mock.calls.map(([url]) => String(url))).toEqual([
        'https://dl.k8s.io/release/v1.35.4/bin/linux/arm64/kubelet.sha256',
      ]);
    } finally {
      fetched.mockRestore();
    }
  });
});

describe('an image', () => {
  test('is pinned with the token that its registry gives to everybody, over a redirect', async () => {
    const digests = internet.push(coreDns, ['base', 'coredns']);
    internet.guarded.add('registry.k8s.io');
    internet.redirecting.add('registry.k8s.io');
    const keep = join(folder, 'kept');
    expect(await lockArtifacts({ ...flags({ only: ['coredns'] }), keep }, output)).toBe(0);
    const pin = lock().get(`${coreDns} arm64`);
    expect(pin?.digest).toBe(digests.arm64);
    const archive = join(keep, pin?.sha256 ?? '');
    expect(hashOf(readFileSync(archive))).toBe(pin?.sha256);
    const members = execFileSync('tar', ['-tf', archive], { encoding: 'utf8' }).trimEnd().split('\n');
    expect(members.slice(0, 2)).toEqual(['oci-layout', 'index.json']);
    expect(members).toContain(`blobs/${digests.arm64?.replace(':', '/')}`);
    expect(members).toHaveLength(2 + 4);
    const index = JSON.parse(execFileSync('tar', ['-xOf', archive, 'index.json'], { encoding: 'utf8' }));
    expect(index.manifests).toMatchObject([
      { digest: digests.arm64, annotations: { 'io.containerd.image.name': coreDns } },
    ]);
    for (const member of members.slice(2)) {
      const content = execFileSync('tar', ['-xOf', archive, member]);
      expect(`blobs/sha256/${hashOf(content)}`).toBe(member);
    }
  });

  test('makes the same archive each time', async () => {
    internet.push(coreDns, ['base']);
    await lockArtifacts(flags({ only: ['coredns'] }), output);
    const first = lock();
    writeFileSync(file(), renderLock(new Map()));
    await lockArtifacts(flags({ only: ['coredns'] }), output);
    expect(lock()).toEqual(first);
  });

  test('with a layer that is not what its digest says is not pinned', async () => {
    internet.push(coreDns, ['base']);
    const layer = [...internet.files].find(([, content]) => content === 'arm64: base')?.[0] ?? '';
    internet.files.set(layer, 'arm64: evil');
    expect(await lockArtifacts(flags({ only: ['coredns'] }), output)).toBe(1);
    expect(said.join('\n')).toContain('a blob that should be sha256:');
    expect(lock().size).toBe(0);
  });
});

describe('trivet artifacts mirror', () => {
  let region: Region;
  let stateDir: string;
  let target: Target;
  let s3: S3Client;

  beforeAll(async () => {
    stateDir = mkdtempSync(join(tmpdir(), 'trivet-region-'));
    region = await startRegion({ stateDir, port: 0, vpcCidr: '127.94.0.0/16' });
    vi.stubEnv('AWS_ENDPOINT_URL', region.endpoint);
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'x');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'x');
    s3 = new S3Client({ region: 'us-east-1' });
    target = { region: 'us-east-1', deployment: 'trivet', config: { bucket: 'trivet-bucket' } } as Target;
    await s3.send(new CreateBucketCommand({ Bucket: 'trivet-bucket' }));
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await region.stop();
    rmSync(stateDir, { recursive: true, force: true });
  });
  const stored = async (sha256: string): Promise<string | undefined> =>
    (
      await s3.send(new GetObjectCommand({ Bucket: 'trivet-bucket', Key: `artifacts/${sha256}` }))
    ).Body?.transformToString();

  test('brings what is pinned under its hash, and once more changes nothing', async () => {
    releaseKubelet();
    await lockArtifacts(flags({ only: ['kubelet'] }), output);
    expect(await mirrorArtifacts(target, flags({ only: ['kubelet'] }), output)).toBe(0);
    expect(await stored(hashOf('a kubelet'))).toBe('a kubelet');
    internet.asked.length = 0;
    expect(await mirrorArtifacts(target, flags({ only: ['kubelet'] }), output)).toBe(0);
    expect(results.at(-1)).toEqual({ uploaded: [], present: ['kubelet 1.35.4 arm64'], skipped: [] });
    expect(internet.asked).toEqual([]);
  });

  test('refuses a lock with gaps, with the list', async () => {
    await expect(mirrorArtifacts(target, flags(), output)).rejects.toThrow(
      /artifacts are not pinned, and nothing that is not pinned is mirrored:\n {2}cni-plugins 1\.9\.1 arm64\n/,
    );
  });

  test('uploads nothing that has changed since it was pinned', async () => {
    releaseKubelet('first');
    await lockArtifacts(flags({ only: ['kubelet'] }), output);
    releaseKubelet('second');
    await expect(mirrorArtifacts(target, flags({ only: ['kubelet'] }), output)).rejects.toThrow(
      'what was released under this version has changed. Nothing was uploaded.',
    );
    await expect(stored(hashOf('second'))).rejects.toThrow();
  });

  test('works from a folder, without internet, and believes no file there', async () => {
    const from = join(folder, 'kept');
    internet.push(coreDns, ['folder']);
    await lockArtifacts({ ...flags({ only: ['coredns'] }), keep: from }, output);
    await internet.stop();
    expect(await mirrorArtifacts(target, { ...flags({ only: ['coredns'] }), from }, output)).toBe(0);
    const sha256 = lock().get(`${coreDns} arm64`)?.sha256 ?? '';
    expect(hashOf((await stored(sha256)) ?? '')).toBe(sha256);
    const other = { sha256: 'b'.repeat(64), bytes: 1 };
    writeFileSync(file(), renderLock(new Map([['kubelet 1.35.4 arm64', other]])));
    writeFileSync(join(from, other.sha256), 'not it');
    await expect(mirrorArtifacts(target, { ...flags({ only: ['kubelet'] }), from }, output)).rejects.toThrow(
      `has the sha256 ${hashOf('not it')}.`,
    );
  });
});
