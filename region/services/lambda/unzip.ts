import { inflateRawSync } from 'node:zlib';
import { AwsError } from '../../kernel/errors.ts';

const endOfCentralDirectory = 0x06054b50;
const centralHeader = 0x02014b50;
const stored = 0;
const deflated = 8;

/**
 * The files of a zip archive by their paths (APPNOTE.TXT 4.3: central directory, stored or deflated entries, no zip64).
 * Throws InvalidParameterValueException, as Lambda does, where the archive cannot be read or a path leaves it.
 */
export function unzip(archive: Uint8Array): Map<string, Uint8Array> {
  const bytes = Buffer.from(archive.buffer, archive.byteOffset, archive.byteLength);
  const files = new Map<string, Uint8Array>();
  try {
    let end = bytes.length - 22;
    while (bytes.readUInt32LE(end) !== endOfCentralDirectory) end -= 1;
    let at = bytes.readUInt32LE(end + 16);
    for (let entries = bytes.readUInt16LE(end + 10); entries > 0; entries -= 1) {
      if (bytes.readUInt32LE(at) !== centralHeader) throw new Error('no central header');
      const nameLength = bytes.readUInt16LE(at + 28);
      const name = bytes.toString('utf8', at + 46, at + 46 + nameLength);
      if (name.startsWith('/') || name.split('/').includes('..')) throw new Error(`path ${name}`);
      if (!name.endsWith('/')) files.set(name, entry(bytes, at));
      at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AwsError(
      'InvalidParameterValueException',
      `Could not unzip uploaded file. Please check your file, then try to upload again. (${reason})`,
    );
  }
  return files;
}

function entry(bytes: Buffer, header: number): Uint8Array {
  const method = bytes.readUInt16LE(header + 10);
  const size = bytes.readUInt32LE(header + 20);
  const local = bytes.readUInt32LE(header + 42);
  const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
  const content = bytes.subarray(start, start + size);
  if (method === stored) return content;
  if (method === deflated) return inflateRawSync(content);
  throw new Error(`compression method ${method}`);
}
