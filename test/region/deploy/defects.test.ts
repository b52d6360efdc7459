import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createKernel } from '../../../region/kernel/create-kernel.ts';
import { type Region, startRegion } from '../../../region/region.ts';
import { eventually } from '../../support/eventually.ts';

let region: Region;
let stateDir: string;
let logged: string[];
let said: string[];

beforeEach(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'trivet-defects-'));
  logged = [];
  said = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
  region = await startRegion({ stateDir, etcdPath: 'none', log: (line) => void logged.push(line) });
});

afterEach(async () => {
  vi.restoreAllMocks();
  await region.stop().catch(() => {});
  rmSync(stateDir, { recursive: true, force: true });
});

const account = (): Promise<{ Account: string }> => region.kernel.invoke('sts', 'getCallerIdentity', {});

test.each<[string, () => void | Promise<void>]>([
  [
    'throws',
    () => {
      throw new Error('no such volume');
    },
  ],
  ['rejects', () => Promise.reject(new Error('no such volume'))],
])('a timer that %s is told loudly, and the region goes on', async (_, action) => {
  region.kernel.clock.after(1, action);
  await eventually(() => said.length === 1);
  expect(said[0]).toContain('DEFECT of the embedded region in a timer: Error: no such volume\n    at ');
  expect(logged.join()).toContain('DEFECT of the embedded region in a timer: Error: no such volume');
  expect((await account()).Account).toBe('123456789012');
});

test('a listener that throws keeps no other from the event, nor its sender from going on', async () => {
  const heard: string[] = [];
  region.kernel.onEvent(() => {
    throw new Error('deaf');
  });
  region.kernel.onEvent((event) => void heard.push(event['detail-type']));
  region.kernel.putEvent({ source: 'test', 'detail-type': 'Test', detail: {} });
  expect(heard).toEqual(['Test']);
  expect(said.join()).toContain('DEFECT of the embedded region in a listener to events: Error: deaf');
});

test('a region that had a defect stops whole, and says then that it had one', async () => {
  region.kernel.clock.after(1, () => {
    throw new Error('no such volume');
  });
  await eventually(() => said.length === 1);
  await expect(region.stop()).rejects.toThrow('a timer of the embedded region failed: Error: no such volume');
  await expect(fetch(region.endpoint)).rejects.toThrow('fetch failed');
});

test('a kernel without a region throws what its background work throws', () => {
  const kernel = createKernel({ stateDir });
  const fail = (): void => {
    throw new Error('broken');
  };
  expect(() => kernel.background('a test', fail)).toThrow('broken');
});
