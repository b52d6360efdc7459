import { expect, test } from 'vitest';
import { makeToken, readToken } from '../../../functions/workers/bootstrap-token.ts';

const now = new Date('2026-03-01T10:00:00Z');
const encode = (data: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  );
const data = { 'token-id': 'abcdef', 'token-secret': '0123456789abcdef', expiration: '2026-03-01T10:15:00Z' };
const read = (more: Readonly<Record<string, string>>) =>
  readToken({ data: encode({ ...data, ...more }) } as never, now);

test('a token lasts a quarter of an hour and is read back as it was made', () => {
  const { id, token, expiresAt, object } = makeToken('i-0123456789abcdef0', now);
  expect(token).toMatch(/^[a-z2-7]{6}\.[a-z2-7]{16}$/);
  expect(token.slice(0, 6)).toBe(id);
  expect(expiresAt).toBe('2026-03-01T10:15:00Z');
  expect(object.metadata.name).toBe(`bootstrap-token-${id}`);
  expect(readToken({ data: encode(object.stringData) } as never, now)).toEqual({
    id,
    token,
    madeAt: '2026-03-01T10:00:00.000Z',
    expiresAt,
  });
});

test.for<[string, Readonly<Record<string, string>>]>([
  ['that ended this second', { expiration: '2026-03-01T10:00:00Z' }],
  ['whose end cannot be read', { expiration: 'tomorrow' }],
  ['without a secret', { 'token-secret': '' }],
  ['without an end', { expiration: '' }],
])('a token %s is none', ([, more]) => {
  expect(read(more)).toBeUndefined();
});

test('a token that ends in a second is one', () => {
  expect(read({ expiration: '2026-03-01T10:00:01Z' })).toEqual({
    id: 'abcdef',
    token: 'abcdef.0123456789abcdef',
    madeAt: '2026-03-01T09:45:01.000Z',
    expiresAt: '2026-03-01T10:00:01Z',
  });
});
