import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';

const root = join(import.meta.dirname, '..', '..');
/** Of its own, so that a region that a person runs meanwhile is left alone. */
const folder = mkdtempSync(join(tmpdir(), 'trivet-interrupt-'));
const stateDir = join(folder, 'region');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  running = [];
});

/** `npm start`'s command with a port of its own; `printed` grows as it prints. */
function start(...flags: string[]) {
  const child = spawn(
    process.execPath,
    ['cli/main.ts', 'start', '--port', '0', '--vpc-cidr', '127.97.0.0/16', ...flags],
    {
      cwd: root,
      env: {
        ...process.env,
        NODE_OPTIONS: '--disable-warning=ExperimentalWarning',
        TRIVET_STATE_DIR: stateDir,
      },
    },
  );
  running.push(child);
  const out = { child, printed: '', code: undefined as number | null | undefined };
  const collect = (chunk: Buffer) => {
    out.printed += chunk.toString();
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  child.on('exit', (code) => {
    out.code = code;
  });
  return out;
}

/** Command lines of the processes that carry the mark of this state directory: the machines of `npm start`'s region. */
function commandsRunning(): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      const marked = readFileSync(`/proc/${pid}/environ`, 'utf8')
        .split('\0')
        .includes(`TRIVET_REGION_STATE=${stateDir}`);
      return marked ? [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')] : [];
    } catch {
      return [];
    }
  });
}

const membersRunning = () => commandsRunning().filter((command) => /^\S*\betcd /.test(command)).length;

const threeMachines = { timeoutMs: 90_000, intervalMs: 100, what: 'three etcd processes' };
const ended = { timeoutMs: 60_000, what: 'the end of the process' };

test('Ctrl-C in the middle leaves nothing running and nothing behind', { timeout: 180_000 }, async () => {
  const first = start();
  await eventually(() => membersRunning() === 3, threeMachines);
  first.child.kill('SIGINT');
  await eventually(() => first.code !== undefined, ended);
  expect(first.code).toBe(130);
  expect(commandsRunning()).toEqual([]);
  expect(existsSync(stateDir)).toBe(false);
});

test('a second region on the same state is refused, and the first one lives on', {
  timeout: 180_000,
}, async () => {
  const first = start();
  await eventually(() => membersRunning() === 3, threeMachines);
  const second = start('--once');
  await eventually(() => second.code !== undefined, ended);
  expect(second.code).toBe(1);
  expect(second.printed).toContain('Another embedded region runs with the same state directory');
  expect(membersRunning()).toBe(3);
  first.child.kill('SIGINT');
  await eventually(() => first.code !== undefined, ended);
});

test('what a killed region left running is gone after the next start, which starts clean', {
  timeout: 240_000,
}, async () => {
  const first = start();
  await eventually(() => membersRunning() === 3, threeMachines);
  first.child.kill('SIGKILL');
  await eventually(() => first.code !== undefined, ended);
  expect(membersRunning()).toBe(3);
  const second = start('--once', '--json');
  await eventually(() => second.code !== undefined, { ...ended, timeoutMs: 150_000 });
  expect(second.code).toBe(0);
  const result = JSON.parse(
    second.printed
      .trimEnd()
      .split('\n')
      .find((line) => line.startsWith('{')) ?? '{}',
  ) as { members: unknown[] };
  expect(result.members).toHaveLength(3);
  expect(commandsRunning()).toEqual([]);
});
