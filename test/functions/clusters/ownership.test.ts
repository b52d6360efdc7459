import { describe, expect, test } from 'vitest';
import { assertOwn, missingTags, tagsOf } from '../../../functions/clusters/ownership.ts';

const owner = { deployment: 'trivet', cluster: 'demo', slot: 'a' };
const own = tagsOf(owner, 'trivet-demo-slot-a', { team: 'platform' });

describe('assertOwn', () => {
  test('lets through what carries all of the owner’s tags', () => {
    expect(() => assertOwn('vol-1', own, owner)).not.toThrow();
  });

  test.each([
    ['another cluster', { ...own, 'trivet:cluster': 'other' }],
    ['another deployment', { ...own, 'trivet:deployment': 'other' }],
    ['another slot', { ...own, 'trivet:slot': 'b' }],
    ['nobody', {}],
  ])('refuses a resource of %s (S20)', (_whose, tags) => {
    expect(() => assertOwn('vol-1', tags, owner)).toThrow(/vol-1 has .* it is left alone/);
  });
});

describe('missingTags', () => {
  test('names what is absent or differs, and leaves other people’s tags alone', () => {
    expect(missingTags({ team: 'data', owner: 'someone' }, { team: 'platform', Name: 'x' })).toEqual({
      team: 'platform',
      Name: 'x',
    });
  });

  test('never lets a spec’s tags hide the owner’s', () => {
    expect(tagsOf(owner, 'x', { 'trivet:cluster': 'other', Name: 'y' })).toMatchObject({
      Name: 'x',
      'trivet:cluster': 'demo',
    });
  });
});
