import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { DiskFinding } from '../../node/decide-boot.ts';
import { type Marker, parseMarker, renderMarker } from '../../node/protocol.ts';
import { lastLogIndex } from './last-log-index.ts';

/** A volume is a directory; a file in it says that it is formatted and with which UUID. */
const filesystemFile = 'filesystem';
const markerFile = 'trivet-marker';

export function volumeDirectory(stateDir: string, volumeId: string): string {
  return join(stateDir, 'volumes', volumeId);
}

export function deleteVolumeDirectory(stateDir: string, volumeId: string): void {
  rmSync(volumeDirectory(stateDir, volumeId), { recursive: true, force: true });
}

/** mkfs: as on a node, only where nothing is. Throws when the volume is not blank. */
export function formatVolume(directory: string, uuid: string): void {
  if (readdirSync(directory).length > 0) throw new Error(`${directory} is not blank`);
  writeDurably(join(directory, filesystemFile), `${uuid}\n`);
}

/** What volume.sh finds with blkid, mount and ls, found in a directory. */
export function findDisk(directory: string, volumeId: string): DiskFinding {
  if (readdirSync(directory).length === 0) return { volumeId, filesystem: 'none', data: false };
  const formatted = join(directory, filesystemFile);
  if (!existsSync(formatted)) return { volumeId, filesystem: 'unknown', data: false };
  const filesystemUuid = readFileSync(formatted, 'utf8').trim();
  const dataDirectory = join(directory, 'data');
  const data = existsSync(dataDirectory) && readdirSync(dataDirectory).length > 0;
  const marker = readMarker(directory);
  const log = data ? lastLogIndex(join(dataDirectory, 'member', 'wal')) : undefined;
  return {
    volumeId,
    filesystem: 'ext4',
    filesystemUuid,
    data,
    ...(marker && { marker }),
    ...(log && { log }),
  };
}

export function readMarker(directory: string): Marker | 'unreadable' | undefined {
  const path = join(directory, markerFile);
  if (!existsSync(path)) return undefined;
  try {
    return parseMarker(readFileSync(path, 'utf8'));
  } catch {
    return 'unreadable';
  }
}

export function writeMarker(directory: string, marker: Marker): void {
  writeDurably(join(directory, markerFile), renderMarker(marker));
}

/** A reader sees the old text or the new, also after a crash: written beside, synced, renamed, and the folder synced. */
function writeDurably(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const fresh = openSync(`${path}.new`, 'w', 0o644);
  writeSync(fresh, text);
  fsyncSync(fresh);
  closeSync(fresh);
  renameSync(`${path}.new`, path);
  const folder = openSync(dirname(path), 'r');
  fsyncSync(folder);
  closeSync(folder);
}
