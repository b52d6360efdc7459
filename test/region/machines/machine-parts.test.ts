import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createClock } from '../../../region/kernel/clock.ts';
import { createKernel } from '../../../region/kernel/create-kernel.ts';
import { createConsole } from '../../../region/machines/console.ts';
import { startEtcd } from '../../../region/machines/etcd-process.ts';
import { EtcdMissing, findEtcd } from '../../../region/machines/find-etcd.ts';
import { assertBindable, loopbackOf, mapIntoMachine } from '../../../region/machines/loopback.ts';
import { createMachines } from '../../../region/machines/machines.ts';
import { findDisk, formatVolume } from '../../../region/machines/volumes.ts';
import { eventually } from '../../support/eventually.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trivet-parts-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const program = (name: string, code: string): string => {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/bash\n${code}\n`);
  chmodSync(path, 0o755);
  return path;
};

describe('finding etcd', () => {
  test('takes the one that TRIVET_ETCD names', () => {
    const path = program('my-etcd', 'echo "etcd Version: 3.5.16"');
    expect(findEtcd({ TRIVET_ETCD: path })).toEqual({ path, version: '3.5.16' });
  });

  test('says what is wrong with the one that TRIVET_ETCD names', () => {
    expect(() => findEtcd({ TRIVET_ETCD: join(folder, 'nothing') })).toThrow('TRIVET_ETCD names no program');
    expect(() => findEtcd({ TRIVET_ETCD: program('other', 'echo hello') })).toThrow(
      'does not say its version as etcd does',
    );
    expect(() => findEtcd({ TRIVET_ETCD: program('old', 'echo "etcd Version: 3.3.1"') })).toThrow(
      'is etcd 3.3.1, which this Trivet does not know. On Debian or Ubuntu run: sudo apt-get install -y etcd-server',
    );
    expect(() => findEtcd({ TRIVET_ETCD: program('old', 'exit 1') })).toThrow(EtcdMissing);
  });
});

describe('a machine’s addresses and paths', () => {
  test('localhost is its own loopback address, below 127.128.0.0', () => {
    expect(loopbackOf('127.80.1.10')).toBe('127.144.1.10');
    expect(loopbackOf('127.91.2.3')).toBe('127.155.2.3');
  });

  test.each(['10.0.0.10', '127.192.0.1', 'nonsense'])(
    '%s cannot be bound, and the message says what can',
    (address) => {
      expect(() => loopbackOf(address)).toThrow('needs a VpcCidr inside 127.0.0.0/9, such as 127.80.0.0/16');
    },
  );

  test('an address whose port another region holds is told, before etcd fails on it', async () => {
    await assertBindable('127.94.1.10');
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(2380, '127.94.1.10', resolve));
    await expect(assertBindable('127.94.1.10')).rejects.toThrow(
      '127.94.1.10:2380 is held by another process; does another region run with the same VpcCidr?',
    );
    other.close();
    await expect(assertBindable('10.0.0.10')).rejects.toThrow('10.0.0.10 cannot be bound here');
  });

  test('paths lie below its root, and nothing else changes', () => {
    const map = (value: string): string => mapIntoMachine(value, '/state/root', '127.144.1.10');
    expect(map('/etc/trivet/pki/etcd/ca.crt')).toBe('/state/root/etc/trivet/pki/etcd/ca.crt');
    expect(map('/var/lib/etcd/data')).toBe('/state/root/var/lib/etcd/data');
    expect(map('https://127.0.0.1:2379,https://127.80.1.10:2379')).toBe(
      'https://127.144.1.10:2379,https://127.80.1.10:2379',
    );
    expect(map('/var/lib/etcdother')).toBe('/var/lib/etcdother');
  });
});

describe('a volume', () => {
  test('is blank, then formatted once, then never again', () => {
    expect(findDisk(folder, 'vol-1')).toEqual({ volumeId: 'vol-1', filesystem: 'none', data: false });
    formatVolume(folder, 'uuid');
    expect(findDisk(folder, 'vol-1')).toEqual({
      volumeId: 'vol-1',
      filesystem: 'ext4',
      filesystemUuid: 'uuid',
      data: false,
    });
    expect(() => formatVolume(folder, 'uuid')).toThrow('is not blank');
  });

  test('with somebody else’s files is not blank', () => {
    writeFileSync(join(folder, 'theirs'), 'x');
    expect(findDisk(folder, 'vol-1')).toEqual({ volumeId: 'vol-1', filesystem: 'unknown', data: false });
  });
});

describe('the console', () => {
  test('keeps the newest 64 KB', () => {
    const console = createConsole(join(folder, 'console.log'), () => new Date(0));
    expect(console.output()).toBe('');
    for (let line = 0; line < 3_000; line++) console.say(`line ${line}`);
    expect(console.output()).toHaveLength(65_536);
    expect(console.output().endsWith('1970-01-01T00:00:00.000Z trivet: line 2999\n')).toBe(true);
  });
});

describe('etcd.service', () => {
  const start = (etcdPath: string) => {
    const clock = createClock();
    // The unit's second between restarts passes at once.
    const restarts: number[] = [];
    const hasty = {
      ...clock,
      after: (milliseconds: number, action: () => void) => {
        restarts.push(milliseconds);
        return clock.after(1, action);
      },
    };
    const console = createConsole(join(folder, 'console.log'), () => clock.now());
    const etcd = startEtcd({
      etcdPath,
      environment: {},
      cwd: folder,
      instanceId: 'i-0123456789abcdef0',
      stateDir: folder,
      clock: hasty,
      console,
    });
    return { etcd, console, restarts };
  };

  test('that ends with 0, as a removed member of 3.4 does, is not started again', async () => {
    const { console, restarts } = start(program('etcd', 'echo "permanently removed"'));
    await eventually(() => console.output().includes('ended with 0'));
    expect(restarts).toEqual([]);
  });

  test('that keeps failing is started five times and then stays off', async () => {
    const { console, restarts } = start(program('etcd', 'echo "I fail"; exit 1'));
    await eventually(() => console.output().includes('start request repeated too quickly'));
    expect(console.output().split('I fail')).toHaveLength(6);
    expect(restarts).toEqual([1000, 1000, 1000, 1000, 1000]);
  });

  test('that is killed takes what it has started along, and does not come back', async () => {
    const { etcd, console } = start(program('etcd', `sleep 300 & echo "$!" >'${folder}/grandchild'; wait`));
    await eventually(() => existsSync(join(folder, 'grandchild')));
    await etcd.kill();
    expect(etcd.pid()).toBeUndefined();
    expect(console.output()).not.toContain('ended with');
  });

  test('whose program is not there says so', async () => {
    const { etcd, console } = start(join(folder, 'nothing'));
    await eventually(() => console.output().includes('ENOENT'));
    await etcd.kill();
  });
});

describe('an instance', () => {
  test('whose user data is not of a Trivet node just runs', async () => {
    const kernel = createKernel({ stateDir: folder });
    const machines = createMachines(kernel, { etcdPath: '' });
    const spec = { instanceId: 'i-0123456789abcdef0', privateIp: '10.0.0.1', zone: 'us-east-1a' };
    const machine = machines.launch({ ...spec, userData: '#!/bin/bash\necho hello\n' });
    await eventually(() => machine.consoleOutput().includes('this instance just runs'));
    await machines.stop();
    kernel.clock.stop();
  });
});
