import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { Downloaded } from './http.ts';
import type { Descriptor } from './registry.ts';

/** A member of an archive: its bytes, or a file that has them. */
export interface Member {
  readonly path: string;
  readonly content: Uint8Array | { readonly file: string; readonly bytes: number };
}

const block = 512;

/**
 * The members of an OCI image layout, which `ctr images import` takes. The annotations give the image back its name; nothing else in it
 * depends on when or where it was made, so that every machine makes the same archive of the same image. Pure.
 */
export function imageLayout(
  name: string,
  manifest: { readonly descriptor: Descriptor; readonly body: Uint8Array },
  blobs: readonly { readonly descriptor: Descriptor; readonly file: string }[],
): Member[] {
  const annotations = {
    'io.containerd.image.name': name,
    'org.opencontainers.image.ref.name': name.split(':').at(-1) ?? '',
  };
  const index = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [{ ...manifest.descriptor, annotations }],
  };
  const text = (value: object) => new TextEncoder().encode(JSON.stringify(value));
  const pathOf = ({ digest }: Descriptor) => `blobs/${digest.replace(':', '/')}`;
  const members = new Map<string, Member>();
  for (const { descriptor, file } of blobs)
    members.set(pathOf(descriptor), { path: pathOf(descriptor), content: { file, bytes: descriptor.size } });
  const path = pathOf(manifest.descriptor);
  members.set(path, { path, content: manifest.body });
  return [
    { path: 'oci-layout', content: text({ imageLayoutVersion: '1.0.0' }) },
    { path: 'index.json', content: text(index) },
    ...[...members.values()].sort((left, right) => (left.path < right.path ? -1 : 1)),
  ];
}

/** Writes a tar archive (ustar) and tells its hash. */
export async function writeArchive(file: string, members: readonly Member[]): Promise<Downloaded> {
  const hash = createHash('sha256');
  let bytes = 0;
  const handle = await open(file, 'w');
  const write = async (part: Uint8Array) => {
    hash.update(part);
    bytes += part.byteLength;
    await handle.writeFile(part);
  };
  try {
    for (const { path, content } of members) {
      const size = content instanceof Uint8Array ? content.byteLength : content.bytes;
      await write(header(path, size));
      if (content instanceof Uint8Array) await write(content);
      else await copy(content.file, write);
      await write(new Uint8Array((block - (size % block)) % block));
    }
    await write(new Uint8Array(2 * block));
  } finally {
    await handle.close();
  }
  return { sha256: hash.digest('hex'), bytes };
}

async function copy(file: string, write: (part: Uint8Array) => Promise<void>): Promise<void> {
  const source: FileHandle = await open(file, 'r');
  try {
    const buffer = Buffer.allocUnsafe(1 << 20);
    for (;;) {
      const { bytesRead } = await source.read(buffer, 0, buffer.length);
      if (bytesRead === 0) return;
      await write(buffer.subarray(0, bytesRead));
    }
  } finally {
    await source.close();
  }
}

/** A ustar header of a plain file: no owner, no time. */
function header(path: string, size: number): Uint8Array {
  const bytes = Buffer.alloc(block);
  const octal = (value: number, width: number) => `${value.toString(8).padStart(width - 1, '0')}\0`;
  if (Buffer.byteLength(path) > 100) throw new RangeError(`${path} is too long for an archive`);
  bytes.write(path, 0);
  bytes.write(octal(0o644, 8), 100);
  bytes.write(octal(0, 8), 108);
  bytes.write(octal(0, 8), 116);
  bytes.write(octal(size, 12), 124);
  bytes.write(octal(0, 12), 136);
  bytes.write('        ', 148);
  bytes.write('0', 156);
  bytes.write('ustar\x0000', 257);
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return bytes;
}
