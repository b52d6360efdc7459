import { describe, expect, test } from 'vitest';
import { assertOwn, assertOwnObjects, missingTags, tagsOf } from '../../../functions/clusters/ownership.ts';

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

describe('assertOwnObjects', () => {
  const buckets = { deployment: 'bucket', issuers: 'bucket-issuers' };
  const demo = { deployment: 'trivet', cluster: 'demo' };

  test.each([
    ['bucket', 'clusters/demo/', ['clusters/demo/pki/private/etcd-ca.key']],
    ['bucket-issuers', 'demo-0123456789ab/', ['demo-0123456789ab/openid/v1/jwks']],
  ])('lets through what lies in the cluster’s folder of %s', (bucket, prefix, keys) => {
    expect(() => assertOwnObjects({ bucket, prefix }, keys, demo, buckets)).not.toThrow();
  });

  test.each([
    ['another cluster’s folder', 'bucket', 'clusters/demo-b/', []],
    ['a folder that is cut', 'bucket', 'clusters/demo', []],
    ['all clusters', 'bucket', 'clusters/', []],
    ['the issuer of a cluster whose name begins the same', 'bucket-issuers', 'demo-b-0123456789ab/', []],
    ['a cluster’s folder in the other bucket', 'bucket-issuers', 'clusters/demo/', []],
    ['another bucket', 'elsewhere', 'clusters/demo/', []],
    ['a key outside', 'bucket', 'clusters/demo/', ['clusters/demo-b/report']],
  ])('refuses %s (S20)', (_, bucket, prefix, keys) => {
    expect(() => assertOwnObjects({ bucket, prefix }, keys, demo, buckets)).toThrow(/it is left alone/);
  });
});
