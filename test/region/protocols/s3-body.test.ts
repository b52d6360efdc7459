import { describe, expect, it } from 'vitest';
import { decodeChunked, decodeS3Body } from '../../../region/protocols/s3-body.ts';
import { toBytes, toText, type WireRequest } from '../../../region/protocols/wire.ts';

const put = (headers: Record<string, string>, body: string): WireRequest => ({
  method: 'PUT',
  host: '127.0.0.1',
  path: '/b/k',
  query: [],
  headers,
  body: toBytes(body),
});

describe('an aws-chunked body', () => {
  it('is put together, and its trailers are read', () => {
    const decoded = decodeChunked(
      toBytes('3\r\nhel\r\n2\r\nlo\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n'),
    );
    expect(toText(decoded.content)).toBe('hello');
    expect(decoded.trailers).toEqual({ 'x-amz-checksum-crc32': 'NhCmhg==' });
  });

  it('may be signed chunk by chunk, and hold line breaks of its own', () => {
    const decoded = decodeChunked(toBytes('4;chunk-signature=ab\r\na\r\nb\r\n0;chunk-signature=cd\r\n\r\n'));
    expect(toText(decoded.content)).toBe('a\r\nb');
  });

  it('loses its framing, length and encoding before the service sees it', () => {
    const request = put(
      {
        'content-encoding': 'aws-chunked,gzip',
        'x-amz-decoded-content-length': '5',
        'content-length': '99',
      },
      '5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n',
    );
    const decoded = decodeS3Body(request);
    expect(toText(decoded.body)).toBe('hello');
    expect(decoded.headers).toMatchObject({
      'content-encoding': 'gzip',
      'content-length': '5',
      'x-amz-checksum-crc32': 'NhCmhg==',
    });
  });

  it('is refused when it ends early', () => {
    const chunked = { 'content-encoding': 'aws-chunked' };
    const cut = () => decodeS3Body(put(chunked, '5\r\nhel'));
    expect(cut).toThrow(expect.objectContaining({ code: 'IncompleteBody' }));
    const short = () =>
      decodeS3Body(put({ ...chunked, 'x-amz-decoded-content-length': '6' }, '5\r\nhello\r\n0\r\n\r\n'));
    expect(short).toThrow(expect.objectContaining({ code: 'IncompleteBody' }));
  });
});

describe('a checksum of S3', () => {
  it.each([
    ['x-amz-checksum-crc32', 'NhCmhg=='],
    ['x-amz-checksum-sha1', 'qvTGHdzF6KLavt4PO0gs2a6pQ00='],
    ['x-amz-checksum-sha256', 'LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ='],
    ['content-md5', 'XUFAKrxLKna5cZ2REBfFkg=='],
  ])('%s is accepted when right and refused when wrong', (header, sum) => {
    expect(toText(decodeS3Body(put({ [header]: sum }, 'hello')).body)).toBe('hello');
    expect(() => decodeS3Body(put({ [header]: sum }, 'hellO'))).toThrow(
      expect.objectContaining({ code: 'BadDigest' }),
    );
  });
});
