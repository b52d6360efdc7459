import { deflateSync, inflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { shrinkPng } from '../../scripts/screenshots/shrink-png.ts';

/** A picture of 3 by 5 pixels in RGB, a line for each of PNG's filters; nothing in it depends on the check sums. */
function pngOf(lines: readonly (readonly number[])[], bits = 8): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(3, 0);
  header.writeUInt32BE(lines.length, 4);
  header.set([bits, 2, 0, 0, 0], 8);
  const chunk = (type: string, data: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    return Buffer.concat([length, Buffer.from(type), data, Buffer.alloc(4)]);
  };
  const data = deflateSync(Buffer.from(lines.flat()));
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    chunk('IHDR', header),
    chunk('IDAT', data.subarray(0, 5)),
    chunk('IDAT', data.subarray(5)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

test('a picture is the same without PNG’s filters', () => {
  const shrunk = shrinkPng(
    pngOf([
      [0, 10, 20, 30, 40, 50, 60, 70, 80, 90],
      [1, 10, 20, 30, 1, 1, 1, 250, 250, 250],
      [2, 1, 1, 1, 0, 0, 0, 255, 255, 255],
      [3, 1, 2, 3, 4, 5, 6, 7, 8, 9],
      [4, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    ]),
  );
  const at = shrunk.indexOf('IDAT');
  const lines = inflateSync(shrunk.subarray(at + 4, at + 4 + shrunk.readUInt32BE(at - 4)));
  expect([...lines]).toEqual([
    ...[0, 10, 20, 30, 40, 50, 60, 70, 80, 90],
    ...[0, 10, 20, 30, 11, 21, 31, 5, 15, 25],
    ...[0, 11, 21, 31, 11, 21, 31, 4, 14, 24],
    ...[0, 6, 12, 18, 12, 21, 30, 15, 25, 36],
    ...[0, 7, 14, 21, 16, 26, 36, 23, 34, 45],
  ]);
  expect(shrunk.toString('latin1').match(/IHDR|IDAT|IEND/g)).toEqual(['IHDR', 'IDAT', 'IEND']);
});

test('what no screenshot of Chromium is is refused', () => {
  expect(() => shrinkPng(pngOf([[0, 1, 2, 3]], 16))).toThrow('it is no PNG of 8 bits in RGB or RGBA');
});
