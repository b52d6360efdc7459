import { createHash } from 'node:crypto';
import type { Objects } from '../../functions/aws/objects.ts';
import { ObjectConflict } from '../../functions/runtime/errors.ts';

/** The bucket in memory, with conditional writes. `bodies` is open for tests to look at and to spoil. */
export interface FakeObjects extends Objects {
  readonly bodies: Map<string, Uint8Array>;
  text(key: string): string | undefined;
}

export function fakeObjects(): FakeObjects {
  const bodies = new Map<string, Uint8Array>();
  const modified = '2026-01-01T00:00:00.000Z';
  const etagOf = (body: Uint8Array) => `"${createHash('md5').update(body).digest('hex')}"`;
  return {
    bodies,
    text(key) {
      const body = bodies.get(key);
      return body && new TextDecoder().decode(body);
    },
    async get(key) {
      const body = bodies.get(key);
      return body && { body, etag: etagOf(body) };
    },
    async put(key, content, condition) {
      const body = typeof content === 'string' ? new TextEncoder().encode(content) : content;
      const present = bodies.get(key);
      if (condition?.ifNoneMatch && present) throw new ObjectConflict(`${key} is not as expected`);
      if (condition?.ifMatch !== undefined && (!present || etagOf(present) !== condition.ifMatch))
        throw new ObjectConflict(`${key} is not as expected`);
      bodies.set(key, body);
      return { etag: etagOf(body) };
    },
    exists: async (key) => bodies.has(key),
    async etag(key) {
      const body = bodies.get(key);
      return body && etagOf(body);
    },
    list: async (prefix) =>
      [...bodies.entries()]
        .filter(([key]) => key.startsWith(prefix))
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, body]) => ({ key, etag: etagOf(body), size: body.length, lastModified: modified })),
  };
}
