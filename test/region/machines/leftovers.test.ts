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
import { basename, join } from 'node:path';
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

  const ascending = (a: number, b: number): number => a - b;
  const commandOf = (pid: number): string =>
    readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0] ?? '';

  async function startDoomed() {
    const script = fileURLToPath(new URL('./doomed-region.ts', import.meta.url));
    const region = spawn(process.execPath, ['--no-warnings', script, stateDir], {
      stdio: ['ignore', 'inherit', 'pipe'],
    });
    let said = '';
    region.stderr.on('data', (chunk) => {
      said += String(chunk);
    });
    const ended = new Promise<number | null>((resolve) => region.once('close', resolve));
    const recorded = (): string[] =>
      existsSync(join(stateDir, 'pids')) ? readdirSync(join(stateDir, 'pids')) : [];
    await eventually(() => recorded().length === 2, { timeoutMs: 20_000 });
    const pids = recorded().map(Number).sort(ascending);
    return { region, ended, pids, said: () => said };
  }

  test('leaves etcd and Kubernetes behind, and the next start ends them', async () => {
    const { region, ended, pids } = await startDoomed();
    region.kill('SIGKILL');
    await ended;
    expect(pids.filter(isAlive)).toEqual(pids);
    expect(pids.map((pid) => basename(commandOf(pid))).sort()).toEqual(['etcd', 'sleep']);

    expect((await killLeftovers(stateDir)).sort(ascending)).toEqual(pids);
    await eventually(() => !pids.some(isAlive));
    expect(readdirSync(join(stateDir, 'pids'))).toEqual([]);
    expect(await killLeftovers(stateDir)).toEqual([]);
  });

  test('by an exception of its own takes etcd and Kubernetes with it, and says why', async () => {
    const { ended, pids, said } = await startDoomed();
    writeFileSync(join(stateDir, 'crash'), '');
    expect(await ended).toBe(1);
    await eventually(() => !pids.some(isAlive));
    expect(said()).toContain('Error: a defect');
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
