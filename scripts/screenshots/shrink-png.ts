import { crc32, deflateSync, inflateSync } from 'node:zlib';

const signature = 8;
/** Length and type before a chunk's data, and the check sum behind it. */
const chunkHead = 8;
const chunkTail = 4;

interface Chunk {
  readonly type: string;
  readonly data: Buffer;
}

/**
 * The same picture, smaller: lines as they are instead of as differences, which suits pages of few colours, and packed as well as can be.
 * Pure. Throws RangeError for anything but what Chromium's screenshots are: 8 bits a channel, RGB or RGBA, not interlaced.
 */
export function shrinkPng(png: Buffer): Buffer {
  const chunks = readChunks(png);
  const header = chunks.find(({ type }) => type === 'IHDR')?.data;
  const [depth, colour, , , interlaced] = header?.subarray(8) ?? [];
  const channels = colour === 2 ? 3 : 4;
  if (!header || depth !== 8 || (colour !== 2 && colour !== 6) || interlaced !== 0)
    throw new RangeError('it is no PNG of 8 bits in RGB or RGBA');
  const packed = Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data));
  const lines = withoutFilters(inflateSync(packed), header.readUInt32BE(0) * channels, channels);
  return Buffer.concat([
    png.subarray(0, signature),
    chunkOf('IHDR', header),
    chunkOf('IDAT', deflateSync(lines, { level: 9 })),
    chunkOf('IEND', Buffer.alloc(0)),
  ]);
}

function readChunks(png: Buffer): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = signature; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const type = png.toString('latin1', at + 4, at + chunkHead);
    chunks.push({ type, data: png.subarray(at + chunkHead, at + chunkHead + length) });
    at += chunkHead + length + chunkTail;
  }
  return chunks;
}

function chunkOf(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** Undoes the filters of PNG (its specification, section 9), line by line; each line then says that it has none. */
function withoutFilters(raw: Buffer, width: number, channels: number): Buffer {
  const stride = width + 1;
  const plain = Buffer.alloc(raw.length);
  for (let line = 0; line * stride < raw.length; line += 1) {
    const start = line * stride + 1;
    const filter = raw[start - 1] ?? 0;
    for (let x = 0; x < width; x += 1) {
      const left = x < channels ? 0 : (plain[start + x - channels] ?? 0);
      const above = line === 0 ? 0 : (plain[start - stride + x] ?? 0);
      const corner = x < channels || line === 0 ? 0 : (plain[start - stride + x - channels] ?? 0);
      plain[start + x] = (raw[start + x] ?? 0) + predicted(filter, left, above, corner);
    }
  }
  return plain;
}

function predicted(filter: number, left: number, above: number, corner: number): number {
  switch (filter) {
    case 0:
      return 0;
    case 1:
      return left;
    case 2:
      return above;
    case 3:
      return (left + above) >> 1;
    default:
      return paeth(left, above, corner);
  }
}

function paeth(left: number, above: number, corner: number): number {
  const guess = left + above - corner;
  const [toLeft, toAbove, toCorner] = [
    Math.abs(guess - left),
    Math.abs(guess - above),
    Math.abs(guess - corner),
  ];
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}
