import { describe, expect, test } from 'vitest';
import { applyPatch } from '../../../../region/machines/api-stand-in/apply.ts';
import type { ApiObject } from '../../../../region/machines/api-stand-in/json.ts';
import { jsonPatch, mergePatch, strategicPatch } from '../../../../region/machines/api-stand-in/patches.ts';

describe('a merge patch', () => {
  test.each([
    [{ a: 1, b: { c: 2, d: 3 } }, { b: { c: null, e: [1] } }, { a: 1, b: { d: 3, e: [1] } }],
    [{ a: [1, 2] }, { a: [3] }, { a: [3] }],
    [{ a: 1 }, { a: { b: null, c: 1 } }, { a: { c: 1 } }],
  ])('%j and %j', (target, patch, result) => {
    expect(mergePatch(target, patch)).toEqual(result);
  });
});

describe('a JSON patch', () => {
  test.each([
    [
      { a: [1, 2] },
      [
        { op: 'add', path: '/a/-', value: 3 },
        { op: 'remove', path: '/a/0' },
      ],
      { a: [2, 3] },
    ],
    [{ a: { 'x/y': 1 } }, [{ op: 'replace', path: '/a/x~1y', value: 2 }], { a: { 'x/y': 2 } }],
    [
      { a: 1 },
      [
        { op: 'copy', from: '/a', path: '/b' },
        { op: 'move', from: '/a', path: '/c' },
      ],
      { b: 1, c: 1 },
    ],
  ])('%j and %j', (target, patch, result) => {
    expect(jsonPatch(target, patch)).toEqual(result);
  });

  test.each([
    [[{ op: 'test', path: '/a', value: 2 }]],
    [[{ op: 'remove', path: '/b' }]],
    [[{ op: 'replace', path: '/b/c', value: 1 }]],
  ])('%j does not fit', (patch) => {
    expect(() => jsonPatch({ a: 1 }, patch)).toThrow(expect.objectContaining({ code: 422 }));
  });
});

describe('a strategic merge patch', () => {
  const containers = [
    { name: 'a', image: '1' },
    { name: 'b', image: '2' },
  ];
  test.each([
    [
      'merges items by their key',
      { spec: { containers } },
      { spec: { containers: [{ name: 'b', image: '3' }] } },
      {
        spec: {
          containers: [
            { name: 'a', image: '1' },
            { name: 'b', image: '3' },
          ],
        },
      },
    ],
    [
      'puts what is new first',
      { spec: { containers } },
      { spec: { containers: [{ name: 'c' }] } },
      { spec: { containers: [{ name: 'c' }, ...containers] } },
    ],
    [
      'follows a given order',
      { spec: { containers } },
      { spec: { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] } },
      { spec: { containers: containers.toReversed() } },
    ],
    [
      'deletes an item',
      { spec: { containers } },
      { spec: { containers: [{ name: 'a', $patch: 'delete' }] } },
      { spec: { containers: [containers[1]] } },
    ],
    [
      'replaces a list',
      { spec: { containers } },
      { spec: { containers: [{ $patch: 'replace' }, { name: 'z' }] } },
      { spec: { containers: [{ name: 'z' }] } },
    ],
    [
      'replaces taints, which have no key',
      { spec: { taints: [{ key: 'a' }] } },
      { spec: { taints: [{ key: 'b' }] } },
      { spec: { taints: [{ key: 'b' }] } },
    ],
    [
      'merges finalizers',
      { metadata: { finalizers: ['a'] } },
      { metadata: { finalizers: ['b'] } },
      { metadata: { finalizers: ['b', 'a'] } },
    ],
    [
      'deletes from a set',
      { metadata: { finalizers: ['a', 'b'] } },
      { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'] } },
      { metadata: { finalizers: ['b'] } },
    ],
    [
      'keeps named fields alone',
      { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: {} } } },
      { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } },
      { spec: { strategy: { type: 'Recreate' } } },
    ],
    ['takes a whole object', { spec: { a: 1 } }, { spec: { $patch: 'replace', b: 2 } }, { spec: { b: 2 } }],
    [
      'leaves lists in free data alone',
      { data: { ports: 'x' } },
      { data: { ports: 'y' } },
      { data: { ports: 'y' } },
    ],
  ])('%s', (_what, target, patch, result) => {
    expect(strategicPatch(target, patch)).toEqual(result);
  });

  test('without an item’s key is refused', () => {
    expect(() => strategicPatch({}, { spec: { containers: [{ image: 'x' }] } })).toThrow('merge key: name');
  });
});

describe('server-side apply', () => {
  const config = (fields: object): ApiObject => ({
    apiVersion: 'v1',
    kind: 'Example',
    metadata: { name: 'x' },
    ...fields,
  });
  const apply = (current: ApiObject | undefined, manager: string, fields: object, force = false) =>
    applyPatch(current, config(fields), { manager, force, now: '2026-01-01T00:00:00Z' });
  const managers = ({ metadata }: ApiObject) =>
    (metadata.managedFields as { manager: string }[]).map(({ manager }) => manager);
  const containers = (...list: object[]) => ({ spec: { containers: list } });

  test('keeps what others have set, and takes away what this one gives no more', () => {
    const first = apply(undefined, 'one', { data: { a: '1', b: '2' } });
    const touched = { ...first, data: { ...(first.data as object), c: '3' } };
    expect(apply(touched, 'one', { data: { a: '1' } }).data).toEqual({ a: '1', c: '3' });
    expect(apply(touched, 'one', {}).data).toEqual({ c: '3' });
  });

  test('shares a field while the values agree', () => {
    const shared = apply(apply(undefined, 'one', { data: { a: '1' } }), 'two', { data: { a: '1' } });
    expect(managers(shared)).toEqual(['one', 'two']);
    expect(apply(shared, 'one', {}).data).toEqual({ a: '1' });
  });

  test('meets a conflict, or takes the field by force', () => {
    const first = apply(undefined, 'one', { data: { a: '1', b: '1' } });
    expect(() => apply(first, 'two', { data: { a: '2' } })).toThrow(
      'Apply failed with 1 conflict: conflict with "one": .data.a',
    );
    const taken = apply(first, 'two', { data: { a: '2' } }, true);
    expect(taken.data).toEqual({ a: '2', b: '1' });
    expect(apply(taken, 'one', { data: { b: '1' } }).data).toEqual({ a: '2', b: '1' });
  });

  test('knows the items of a list by their keys', () => {
    const first = apply(undefined, 'one', containers({ name: 'a', image: '1' }, { name: 'b', image: '1' }));
    const second = apply(first, 'two', containers({ name: 'c', image: '1' }));
    const third = apply(second, 'one', containers({ name: 'a', image: '2' }));
    expect(third.spec).toEqual({
      containers: [
        { name: 'a', image: '2' },
        { name: 'c', image: '1' },
      ],
    });
  });

  test('of the same thing again changes nothing', () => {
    const first = apply(undefined, 'one', { data: { a: '1' } });
    const again = applyPatch(first, config({ data: { a: '1' } }), {
      manager: 'one',
      force: false,
      now: 'later',
    });
    expect(again).toEqual(first);
  });
});
