import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createKernel } from '../../../region/kernel/create-kernel.ts';
import type { Kernel } from '../../../region/kernel/kernel.ts';
import { createHeldZones } from '../../../region/machines/held-zones.ts';
import { markOf, recordProcess } from '../../../region/machines/leftovers.ts';
import { eventually } from '../../support/eventually.ts';

let stateDir: string;
let kernel: Kernel;
let started: ChildProcess[];
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'trivet-held-'));
  kernel = createKernel({ stateDir });
  started = [];
});
afterEach(() => {
  for (const { pid } of started) if (pid) process.kill(-pid, 'SIGKILL');
  kernel.clock.stop();
  rmSync(stateDir, { recursive: true, force: true });
});

/** A process as a machine starts them; gives its number. */
function startProcess(instanceId: string): number {
  const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore', env: markOf(stateDir) });
  started.push(child);
  recordProcess(stateDir, child.pid ?? 0, `${instanceId} sleep`);
  return child.pid ?? 0;
}

const isStopped = (pid: number): boolean => / T /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));

test('what runs in a held zone stops, also what is started later, and goes on when the zone is let go', async () => {
  const zones = createHeldZones(kernel);
  zones.enter('i-in-a', 'us-east-1a');
  zones.enter('i-in-b', 'us-east-1b');
  const first = startProcess('i-in-a');
  const other = startProcess('i-in-b');
  await eventually(() => readFileSync(`/proc/${first}/environ`, 'utf8').includes('TRIVET_REGION_STATE'));
  const letGo = zones.hold('us-east-1a');
  await eventually(() => isStopped(first));
  const late = startProcess('i-in-a');
  await eventually(() => isStopped(late));
  expect(isStopped(other)).toBe(false);
  letGo();
  await eventually(() => !isStopped(first) && !isStopped(late));
});

test('a machine within the region stands still at its next wait, and ends all the same when it is terminated', async () => {
  const zones = createHeldZones(kernel);
  const inZone = zones.kernelOf('us-east-1a');
  const ending = new AbortController();
  const order: string[] = [];
  const letGo = zones.hold('us-east-1a');
  const waited = inZone.clock.sleep(1).then(() => order.push('moved'));
  const ended = inZone.clock.sleep(1, ending.signal).catch((error: Error) => order.push(error.message));
  await kernel.clock.sleep(30);
  expect(order).toEqual([]);
  ending.abort(new Error('terminated'));
  await ended;
  letGo();
  await waited;
  expect(order).toEqual(['terminated', 'moved']);
  await inZone.clock.sleep(1);
});

test('a zone that is held twice is let go once, and one that is not held moves', async () => {
  const zones = createHeldZones(kernel);
  const letGo = zones.hold('us-east-1a');
  zones.hold('us-east-1a')();
  let moves = false;
  const waiting = zones.moving('us-east-1a', new AbortController().signal).then(() => {
    moves = true;
  });
  await zones.moving('us-east-1b', new AbortController().signal);
  expect(moves).toBe(false);
  letGo();
  await waiting;
  expect(moves).toBe(true);
});
