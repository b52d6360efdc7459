import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { compareText } from '../common/page.ts';

interface Entry {
  readonly name: Buffer;
  readonly bytes: Uint8Array;
  readonly crc: number;
  readonly mode: number;
  readonly offset: number;
}

/** 1980-01-01 00:00:00, the earliest time that a zip can hold: the same directory always gives the same bytes. */
const dosTime = 0;
const dosDate = 0x21;

/**
 * A zip of a directory's files, stored without compression, in the order of their paths. The same files give the same bytes on every
 * machine: no times, no owners, and of the modes only whether a file may be executed (APPNOTE.TXT 6.3.10, §4.3).
 */
export function zipDirectory(directory: string): Uint8Array {
  const parts: Uint8Array[] = [];
  const entries: Entry[] = [];
  let offset = 0;
  for (const path of filesIn(directory)) {
    const bytes = readFileSync(join(directory, path));
    const executable = (statSync(join(directory, path)).mode & 0o100) !== 0;
    const entry: Entry = {
      name: Buffer.from(path),
      bytes,
      crc: crc32(bytes),
      mode: executable ? 0o100755 : 0o100644,
      offset,
    };
    const header = localHeader(entry);
    parts.push(header, entry.name, bytes);
    offset += header.byteLength + entry.name.byteLength + bytes.byteLength;
    entries.push(entry);
  }
  const central = entries.flatMap((entry) => [centralHeader(entry), entry.name]);
  const centralSize = central.reduce((sum, part) => sum + part.byteLength, 0);
  return Buffer.concat([...parts, ...central, endOfCentral(entries.length, centralSize, offset)]);
}

/** Paths of all files below, with forward slashes, sorted. */
function filesIn(directory: string, prefix = ''): string[] {
  return readdirSync(join(directory, prefix), { withFileTypes: true })
    .flatMap((each) => {
      const path = prefix === '' ? each.name : `${prefix}/${each.name}`;
      return statSync(join(directory, path)).isDirectory() ? filesIn(directory, path) : [path];
    })
    .sort(compareText);
}

/** The fields that the local and the central header share, from "version needed" to "extra field length". */
function writeCommon(header: Buffer, at: number, entry: Entry): void {
  header.writeUInt16LE(20, at);
  // General purpose bit 11: names are UTF-8.
  header.writeUInt16LE(0x0800, at + 2);
  header.writeUInt16LE(0, at + 4);
  header.writeUInt16LE(dosTime, at + 6);
  header.writeUInt16LE(dosDate, at + 8);
  header.writeUInt32LE(entry.crc, at + 10);
  header.writeUInt32LE(entry.bytes.byteLength, at + 14);
  header.writeUInt32LE(entry.bytes.byteLength, at + 18);
  header.writeUInt16LE(entry.name.byteLength, at + 22);
}

function localHeader(entry: Entry): Buffer {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  writeCommon(header, 4, entry);
  return header;
}

function centralHeader(entry: Entry): Buffer {
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02014b50, 0);
  // Made by: UNIX, so that the mode in the external attributes counts.
  header.writeUInt16LE((3 << 8) | 20, 4);
  writeCommon(header, 6, entry);
  header.writeUInt32LE((entry.mode << 16) >>> 0, 38);
  header.writeUInt32LE(entry.offset, 42);
  return header;
}

function endOfCentral(count: number, size: number, offset: number): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  return end;
}
