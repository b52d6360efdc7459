import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  loopDevicesMissing,
  makeLoopDevice,
  mayGrowMounted,
  runWithVolume,
  writeNodeRoot,
} from './scripts.ts';

const uuid = '11111111-2222-4333-8444-555555555555';
const missing = loopDevicesMissing();
if (missing) console.warn(`loop-device tests are skipped: ${missing}`);

describe.skipIf(missing)('a real block device', () => {
  let node: ReturnType<typeof writeNodeRoot>;
  let folder: string;
  let loop: ReturnType<typeof makeLoopDevice>;
  let mountPoint: string;

  beforeAll(() => {
    node = writeNodeRoot();
  });
  afterAll(() => node.remove());
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'trivet-volume-'));
    loop = makeLoopDevice(folder, 'volume');
    mountPoint = join(folder, 'mounted');
  });
  afterEach(() => {
    runWithVolume(node.root, `if mountpoint -q '${mountPoint}'; then umount '${mountPoint}'; fi`);
    loop.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const run = (code: string) => runWithVolume(node.root, code);
  const found = (): string =>
    run(`find_filesystem '${loop.device}'; echo "$F_filesystem $F_filesystemUuid"`).stdout.trimEnd();
  const content = (): string => execFileSync('sha256sum', [join(folder, 'volume.img')], { encoding: 'utf8' });

  test('a blank one is found blank, and gets the directed UUID', () => {
    expect(found()).toBe('none');
    expect(run(`format_volume '${loop.device}' ${uuid}`).status).toBe(0);
    expect(found()).toBe(`ext4 ${uuid}`);
  });

  test('a filesystem is never formatted again, not even with its own UUID', () => {
    run(`format_volume '${loop.device}' ${uuid}`);
    const before = content();
    expect(run(`format_volume '${loop.device}' ${uuid}`).status).toBe(1);
    expect(content()).toBe(before);
  });

  test.each([
    ['another filesystem', (device: string) => execFileSync('mkfs.ext4', ['-q', device])],
    ['a partition table', (device: string) => writeFileSync(device, masterBootRecord())],
    ['swap space', (device: string) => execFileSync('mkswap', [device], { stdio: 'ignore' })],
  ])('%s is foreign and stays as it is', (_what, make) => {
    make(loop.device);
    const before = content();
    expect(found()).not.toMatch(/^none/);
    expect(run(`format_volume '${loop.device}' ${uuid}`).status).toBe(1);
    expect(content()).toBe(before);
  });

  test('a device that cannot be read is not taken for a blank one', () => {
    expect(run('find_filesystem /dev/trivet-no-such-device; echo "$F_filesystem"').stdout).toBe('unknown\n');
    expect(run('format_volume /dev/trivet-no-such-device x').status).toBe(1);
  });

  test('it is mounted once, without set-uid programs, and a second device never lands on it', () => {
    run(`format_volume '${loop.device}' ${uuid}`);
    expect(run(`mount_volume '${loop.device}' '${mountPoint}'`)).toMatchObject({ status: 0, stderr: '' });
    expect(run(`mount_volume '${loop.device}' '${mountPoint}'`).status).toBe(0);
    const options = execFileSync('findmnt', ['-n', '-o', 'OPTIONS', mountPoint], { encoding: 'utf8' });
    expect(options).toContain('nosuid,nodev,noexec,noatime');
    const other = makeLoopDevice(folder, 'other');
    try {
      run(`format_volume '${other.device}' ${uuid}`);
      expect(run(`mount_volume '${other.device}' '${mountPoint}'`).status).toBe(1);
    } finally {
      other.remove();
    }
  });

  /** A mounted filesystem with a file in it, on a volume that has grown from 16 to 64 MiB since. */
  function growVolume(): void {
    run(`format_volume '${loop.device}' ${uuid}; mount_volume '${loop.device}' '${mountPoint}'`);
    writeFileSync(join(mountPoint, 'kept'), 'as it was');
    loop.grow('64M');
    expect(mebibytes()).toBeLessThan(16);
  }
  const mebibytes = (): number => {
    const { blocks, bsize } = statfsSync(mountPoint);
    return (blocks * bsize) / 1024 ** 2;
  };

  test.skipIf(!mayGrowMounted())('its filesystem grows after it, under its data, any number of times', () => {
    growVolume();
    for (let time = 0; time < 2; time += 1) {
      const grown = run(`grow_filesystem '${mountPoint}'`);
      expect(grown).toMatchObject({ status: 0, stdout: '', stderr: '' });
      expect(mebibytes()).toBeGreaterThan(48);
    }
    expect(readFileSync(join(mountPoint, 'kept'), 'utf8')).toBe('as it was');
    expect(found()).toBe(`ext4 ${uuid}`);
  });

  test('a filesystem of the volume’s size has nothing to grow by', () => {
    run(`format_volume '${loop.device}' ${uuid}; mount_volume '${loop.device}' '${mountPoint}'`);
    expect(run(`grow_filesystem '${mountPoint}'`)).toMatchObject({ status: 0, stdout: '', stderr: '' });
  });

  test.skipIf(mayGrowMounted())('where the kernel lets nothing grow it says so, and the data stays', () => {
    growVolume();
    const refused = run(`grow_filesystem '${mountPoint}'`);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('Permission denied to resize filesystem');
    expect(readFileSync(join(mountPoint, 'kept'), 'utf8')).toBe('as it was');
  });

  test('what is not mounted does not grow', () => {
    expect(run(`grow_filesystem '${mountPoint}'`)).toMatchObject({
      status: 1,
      stderr: `nothing is mounted on ${mountPoint}\n`,
    });
  });

  test('the data belongs to etcd alone', () => {
    run(`format_volume '${loop.device}' ${uuid}; mount_volume '${loop.device}' '${mountPoint}'`);
    mkdirSync(join(mountPoint, 'data'));
    writeFileSync(join(mountPoint, 'data/file'), 'of another user number');
    expect(run(`own_data '${mountPoint}' daemon`)).toMatchObject({ status: 0, stderr: '' });
    const { uid, gid, mode } = statSync(join(mountPoint, 'data'));
    const daemon = Number(execFileSync('id', ['-u', 'daemon'], { encoding: 'utf8' }));
    expect([uid, (mode & 0o777).toString(8)]).toEqual([daemon, '700']);
    expect(gid).toBe(Number(execFileSync('id', ['-g', 'daemon'], { encoding: 'utf8' })));
    expect(statSync(join(mountPoint, 'data/file')).uid).toBe(daemon);
    expect((statSync(mountPoint).mode & 0o777).toString(8)).toBe('700');
  });

  test('a marker is written whole and found again after the volume moved', () => {
    run(`format_volume '${loop.device}' ${uuid}; mount_volume '${loop.device}' '${mountPoint}'`);
    run(`write_marker '${mountPoint}/trivet-marker' vol-0123456789abcdef0 11 22 3 44`);
    run(`umount '${mountPoint}'; mount_volume '${loop.device}' '${mountPoint}'`);
    expect(readFileSync(join(mountPoint, 'trivet-marker'), 'utf8')).toBe(
      'volumeId=vol-0123456789abcdef0\nclusterId=11\nmemberId=22\ngeneration=3\nraftIndex=44\n',
    );
    const { stdout } = run(`find_data '${mountPoint}'; echo "$F_data $F_marker $M_memberId $M_raftIndex"`);
    expect(stdout).toBe('no read 22 44\n');
  });
});

/** One Linux partition over the whole of a small disk. */
function masterBootRecord(): Buffer {
  const sector = Buffer.alloc(512);
  sector.writeUInt8(0x83, 446 + 4);
  sector.writeUInt32LE(2048, 446 + 8);
  sector.writeUInt32LE(30_720, 446 + 12);
  sector.writeUInt16BE(0x55aa, 510);
  return sector;
}

describe('a volume’s device', () => {
  test('is found by its id, without the dash, as udev links it on Nitro', () => {
    const node = writeNodeRoot();
    try {
      expect(runWithVolume(node.root, 'volume_device vol-0123456789abcdef0').stdout).toBe(
        '/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0123456789abcdef0\n',
      );
    } finally {
      node.remove();
    }
  });
});
