import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { AwsError } from '../kernel/errors.ts';
import { toText, type WireRequest } from './wire.ts';

const newline = 10;

const incomplete = (): AwsError =>
  new AwsError(
    'IncompleteBody',
    'You did not provide the number of bytes specified by the Content-Length HTTP header',
  );

/** A body in `aws-chunked` form: its content, and the trailing headers (the SDK sends its checksum there). */
export function decodeChunked(body: Uint8Array): { content: Uint8Array; trailers: Record<string, string> } {
  const chunks: Uint8Array[] = [];
  let position = 0;
  const readLine = (): string => {
    const end = body.indexOf(newline, position);
    const line = toText(body.subarray(position, end < 0 ? body.length : end));
    position = end < 0 ? body.length : end + 1;
    return line.replace(/\r$/, '');
  };
  for (;;) {
    // `<hex size>`, in signed streams followed by `;chunk-signature=…`.
    const size = Number.parseInt(readLine().split(';')[0] ?? '', 16);
    if (Number.isNaN(size) || position + size > body.length) throw incomplete();
    if (size === 0) break;
    chunks.push(body.subarray(position, position + size));
    position += size;
    readLine();
  }
  const trailers: Record<string, string> = {};
  while (position < body.length) {
    const line = readLine();
    const colon = line.indexOf(':');
    if (colon > 0) trailers[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim();
  }
  return { content: new Uint8Array(Buffer.concat(chunks)), trailers };
}

const hash = (algorithm: string, body: Uint8Array): string =>
  createHash(algorithm).update(body).digest('base64');

function crc32Base64(body: Uint8Array): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  return bytes.toString('base64');
}

/** Checksums that are verified; CRC32C, CRC64NVME and the like reach the service as they came. */
const checksums: readonly (readonly [string, string, (body: Uint8Array) => string])[] = [
  ['x-amz-checksum-crc32', 'CRC32', crc32Base64],
  ['x-amz-checksum-sha1', 'SHA1', (body) => hash('sha1', body)],
  ['x-amz-checksum-sha256', 'SHA256', (body) => hash('sha256', body)],
  ['content-md5', 'Content-MD5', (body) => hash('md5', body)],
];

function verify(body: Uint8Array, headers: Readonly<Record<string, string>>): void {
  for (const [header, name, sum] of checksums) {
    const expected = headers[header];
    if (expected !== undefined && expected !== sum(body))
      throw new AwsError('BadDigest', `The ${name} you specified did not match the calculated checksum.`);
  }
}

/**
 * Takes `aws-chunked` framing off a request, moves its trailers to the headers, corrects content-length and content-encoding, and
 * verifies the checksums that came along. Throws BadDigest or IncompleteBody as S3 does.
 */
export function decodeS3Body(request: WireRequest): WireRequest {
  const encodings = (request.headers['content-encoding'] ?? '').split(',').map((entry) => entry.trim());
  const chunked =
    encodings.includes('aws-chunked') ||
    (request.headers['x-amz-content-sha256'] ?? '').startsWith('STREAMING-');
  if (!chunked) {
    verifyWhole(request);
    return request;
  }
  const { content, trailers } = decodeChunked(request.body);
  const expected = request.headers['x-amz-decoded-content-length'];
  if (expected !== undefined && Number(expected) !== content.length) throw incomplete();
  const headers: Record<string, string> = {
    ...request.headers,
    ...trailers,
    'content-length': String(content.length),
    'content-encoding': encodings.filter((entry) => entry !== 'aws-chunked' && entry !== '').join(', '),
  };
  verify(content, headers);
  return { ...request, headers, body: content };
}

/** CompleteMultipartUpload carries the object's checksum, not the body's: only requests with content of their own are verified. */
function verifyWhole(request: WireRequest): void {
  if (request.method === 'PUT' || request.headers['content-md5'] !== undefined)
    verify(request.body, request.headers);
}
