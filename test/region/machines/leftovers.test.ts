import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { killLeftovers } from '../../../region/machines/leftovers.ts';
import { eventually } from '../../support/eventually.ts';

describe('a region that was killed', () => {
  let stateDir: string;
  beforeEach(() => {
    stateDir = mkdtempSync(join(tmpdir(), 'trivet-leftovers-'));
  });
  afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

  const isAlive = (pid: number): boolean =>
    existsSync(`/proc/${pid}`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));

  test('leaves etcd behind, and the next start ends it', async () => {
    const script = fileURLToPath(new URL('./doomed-region.ts', import.meta.url));
    const region = spawn(process.execPath, ['--no-warnings', script, stateDir], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const ended = new Promise((resolve) => region.once('exit', resolve));
    const pidFile = await eventually(
      () => existsSync(join(stateDir, 'pids')) && readdirSync(join(stateDir, 'pids'))[0],
      { timeoutMs: 20_000 },
    );
    const etcd = Number(pidFile);
    region.kill('SIGKILL');
    await ended;
    expect(isAlive(etcd)).toBe(true);
    expect(readFileSync(`/proc/${etcd}/cmdline`, 'utf8')).toContain('etcd');

    expect(await killLeftovers(stateDir)).toEqual([etcd]);
    await eventually(() => !isAlive(etcd));
    expect(readdirSync(join(stateDir, 'pids'))).toEqual([]);
    expect(await killLeftovers(stateDir)).toEqual([]);
  });

  test('never costs a stranger its life, whose number was written down once', async () => {
    const stranger = spawn('sleep', ['60'], { stdio: 'ignore', detached: true });
    try {
      const pid = stranger.pid ?? 0;
      mkdirSync(join(stateDir, 'pids'));
      writeFileSync(join(stateDir, 'pids', String(pid)), 'i-0123456789abcdef0\n');
      writeFileSync(join(stateDir, 'pids', 'not-a-number'), '');
      expect(await killLeftovers(stateDir)).toEqual([]);
      expect(isAlive(pid)).toBe(true);
    } finally {
      stranger.kill('SIGKILL');
    }
  });

  test('that never ran left nothing', async () => {
    expect(await killLeftovers(join(stateDir, 'nowhere'))).toEqual([]);
  });
});
