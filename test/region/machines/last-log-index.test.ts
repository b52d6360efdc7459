import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lastLogIndexScript } from '../../../node/files/last-log-index.py.ts';
import { findEtcd } from '../../../region/machines/find-etcd.ts';
import { lastLogIndex } from '../../../region/machines/last-log-index.ts';
import { eventually } from '../../support/eventually.ts';

/** The reading of etcd's log, in TypeScript and in the node's Python, against what a real etcd says of itself. */
describe('the last index in etcd’s log', () => {
  const endpoint = 'http://127.92.1.10:2379';
  let folder: string;
  let kill: () => Promise<void>;

  const post = async (path: string, body: object): Promise<Record<string, unknown>> => {
    const answer = await fetch(`${endpoint}${path}`, { method: 'POST', body: JSON.stringify(body) });
    return (await answer.json()) as Record<string, unknown>;
  };
  const status = async () => {
    const { header, raftIndex } = await post('/v3/maintenance/status', {});
    const { cluster_id, member_id } = header as Record<string, string>;
    return { clusterId: cluster_id, memberId: member_id, raftIndex };
  };
  const put = (key: string, bytes: number) =>
    post('/v3/kv/put', {
      key: Buffer.from(key).toString('base64'),
      value: Buffer.alloc(bytes, 1).toString('base64'),
    });
  const wal = (): string => join(folder, 'data/member/wal');
  const python = (directory: string): string =>
    execFileSync('python3', ['-I', join(folder, 'read.py'), directory], {
      encoding: 'utf8',
      stdio: 'pipe',
    }).trimEnd();

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'trivet-log-'));
    writeFileSync(join(folder, 'read.py'), lastLogIndexScript);
    const urls = ['--listen-client-urls', endpoint, '--advertise-client-urls', endpoint];
    const peers = [
      '--listen-peer-urls',
      'http://127.92.1.10:2380',
      '--initial-advertise-peer-urls',
      'http://127.92.1.10:2380',
    ];
    const initial = [
      '--name',
      'one',
      '--initial-cluster',
      'one=http://127.92.1.10:2380',
      '--snapshot-count',
      '40',
    ];
    const child = spawn(
      findEtcd().path,
      ['--data-dir', join(folder, 'data'), ...urls, ...peers, ...initial],
      { stdio: 'ignore' },
    );
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    kill = async () => {
      child.kill('SIGKILL');
      await ended;
    };
    await eventually(() => put('first', 1));
  });
  afterAll(async () => {
    await kill();
    rmSync(folder, { recursive: true, force: true });
  });

  test('is the one that etcd says, while it runs', async () => {
    const said = await status();
    expect(lastLogIndex(wal())).toEqual(said);
    expect(python(wal())).toBe(`${said.clusterId} ${said.memberId} ${said.raftIndex}`);
  });

  test('is still so after the log went over to another file, past snapshots, and after SIGKILL', async () => {
    for (let count = 0; count < 70; count++) await put(`key-${count}`, 1_000_000);
    const said = await status();
    await kill();
    expect(readdirSync(wal()).filter((name) => name.endsWith('.wal')).length).toBeGreaterThan(1);
    expect(lastLogIndex(wal())).toEqual(said);
    expect(python(wal())).toBe(`${said.clusterId} ${said.memberId} ${said.raftIndex}`);
  });

  test('of a log that was cut off is a smaller one, and of none there is none', () => {
    const copy = join(folder, 'copy');
    cpSync(wal(), copy, { recursive: true });
    const newest =
      readdirSync(copy)
        .filter((name) => name.endsWith('.wal'))
        .sort()
        .at(-1) ?? '';
    truncateSync(join(copy, newest), 1_000_000);
    const whole = lastLogIndex(wal());
    const cut = lastLogIndex(copy);
    expect(BigInt(cut?.raftIndex ?? 0)).toBeLessThan(BigInt(whole?.raftIndex ?? 0));
    expect(python(copy)).toBe(`${cut?.clusterId} ${cut?.memberId} ${cut?.raftIndex}`);
    expect(lastLogIndex(join(folder, 'nowhere'))).toBeUndefined();
    expect(() => python(join(folder, 'nowhere'))).toThrow();
    writeFileSync(join(copy, newest), 'no log at all, but as long as one');
    expect(lastLogIndex(copy)).toBeUndefined();
    expect(() => python(copy)).toThrow();
  });
});
