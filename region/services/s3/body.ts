import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { AwsError } from '../../kernel/errors.ts';
import type { Checksums, Content } from './state.ts';

/** What a request's body may be: bytes, text, or a stream of either. */
export type Body = unknown;

/** All bytes of a body, whatever form the caller gave it. */
export async function readBody(body: Body): Promise<Uint8Array> {
  if (body === undefined || body === null) return new Uint8Array();
  if (typeof body === 'string') return Buffer.from(body);
  if (body instanceof Uint8Array) return Buffer.from(body);
  if (body instanceof ArrayBuffer) return Buffer.from(body);
  if (body instanceof Blob) return new Uint8Array(await body.arrayBuffer());
  if (isAsyncIterable(body)) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
    return Buffer.concat(chunks);
  }
  throw new AwsError('InvalidRequest', 'The body is neither bytes, text nor a stream');
}

function isAsyncIterable(body: unknown): body is AsyncIterable<Uint8Array | string> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}

/** Content of bytes in memory. */
export function contentOf(bytes: Uint8Array): Content {
  return { size: bytes.byteLength, etag: `"${md5(bytes).toString('hex')}"`, bytes: () => bytes };
}

export function md5(bytes: Uint8Array): Buffer {
  return createHash('md5').update(bytes).digest();
}

export interface ChecksumInput {
  readonly ContentMD5?: string | undefined;
  readonly ChecksumAlgorithm?: string | undefined;
  readonly ChecksumCRC32?: string | undefined;
  readonly ChecksumSHA1?: string | undefined;
  readonly ChecksumSHA256?: string | undefined;
}

const algorithms = {
  ChecksumCRC32: (bytes: Uint8Array): string => {
    const word = Buffer.alloc(4);
    word.writeUInt32BE(crc32(bytes));
    return word.toString('base64');
  },
  ChecksumSHA1: (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('base64'),
  ChecksumSHA256: (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('base64'),
} as const;

/**
 * Checks what the caller said about the bytes and returns the checksums to keep. Errors: InvalidDigest for a Content-MD5 that is none,
 * BadDigest for one that does not fit, InvalidRequest for a checksum that does not.
 */
export function checkDigests(input: ChecksumInput, bytes: Uint8Array): Checksums {
  if (input.ContentMD5 !== undefined) checkMd5(input.ContentMD5, bytes);
  const kept: Record<string, string> = {};
  for (const [member, compute] of Object.entries(algorithms)) {
    const given = input[member as keyof typeof algorithms];
    const asked = input.ChecksumAlgorithm === member.slice('Checksum'.length);
    if (given === undefined && !asked) continue;
    const computed = compute(bytes);
    if (given !== undefined && given !== computed) {
      const name = member.slice('Checksum'.length);
      throw new AwsError('BadDigest', `The ${name} you specified did not match the calculated checksum.`);
    }
    kept[member] = computed;
  }
  return kept;
}

function checkMd5(given: string, bytes: Uint8Array): void {
  const decoded = Buffer.from(given, 'base64');
  if (decoded.byteLength !== 16) {
    throw new AwsError('InvalidDigest', 'The Content-MD5 you specified was invalid.');
  }
  if (decoded.equals(md5(bytes))) return;
  throw new AwsError('BadDigest', 'The Content-MD5 you specified did not match what we received.');
}
