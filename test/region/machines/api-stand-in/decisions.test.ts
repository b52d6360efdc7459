import { describe, expect, test } from 'vitest';
import { isExpired } from '../../../../region/machines/api-stand-in/authenticate.ts';
import { decideDeletion } from '../../../../region/machines/api-stand-in/deletion.ts';
import { decideEviction } from '../../../../region/machines/api-stand-in/eviction.ts';
import type { ApiObject } from '../../../../region/machines/api-stand-in/json.ts';
import { parseLabelSelector } from '../../../../region/machines/api-stand-in/selectors.ts';

const now = new Date('2026-03-01T10:00:00Z');
const object = (given: object): ApiObject =>
  ({ apiVersion: 'v1', kind: 'X', metadata: {}, ...given }) as ApiObject;
const conditions = (status: string) => ({ conditions: [{ type: 'Ready', status }] });

describe('a bootstrap token', () => {
  test.for<[string, boolean]>([
    ['', false],
    ['2026-03-01T10:00:01Z', false],
    ['2026-03-01T10:00:00Z', true],
    ['soon', true],
  ])('that ends at "%s" is over: %s', ([expiration, over]) => {
    expect(isExpired(expiration, now)).toBe(over);
  });
});

describe('a label selector', () => {
  const labels = { app: 'web', tier: 'db', zone: 'a' };
  test.for<[string, boolean]>([
    ['', true],
    ['app=web', true],
    ['app==web,tier!=db', false],
    ['zone in (a,b),tier', true],
    ['zone notin (a,b)', false],
    ['canary notin (yes)', true],
    ['!canary', true],
    ['!app', false],
    ['other!=x', true],
  ])('%s chooses: %s', ([text, chosen]) => {
    expect(parseLabelSelector(text)(labels)).toBe(chosen);
  });
  test('that is none is refused', () => {
    expect(() => parseLabelSelector('app=<web>')).toThrow('is no label selector');
  });
});

describe('deleting', () => {
  const pod = (more: object = {}, metadata: object = {}) =>
    object({ metadata: { name: 'web', ...metadata }, spec: { nodeName: 'i-1' }, ...more });
  const ended = { status: { phase: 'Succeeded' } };
  const going = { deletionTimestamp: '2026-03-01T10:00:30Z', deletionGracePeriodSeconds: 30 };
  test.for<[string, string, ApiObject, object, string]>([
    ['a pod that no kubelet has', 'Pod', object({ spec: {} }), {}, 'remove'],
    ['a pod that a kubelet runs', 'Pod', pod(), {}, 'mark'],
    ['a pod that has ended', 'Pod', pod(ended), {}, 'remove'],
    ['a pod at once', 'Pod', pod(), { gracePeriodSeconds: 0 }, 'remove'],
    ['a pod that goes already', 'Pod', pod({}, going), {}, 'keep'],
    ['a pod that goes, at once', 'Pod', pod({}, going), { gracePeriodSeconds: 0 }, 'remove'],
    ['what has a finalizer', 'ConfigMap', object({ metadata: { finalizers: ['x'] } }), {}, 'mark'],
    ['a namespace', 'Namespace', object({ spec: { finalizers: ['kubernetes'] } }), {}, 'mark'],
    ['anything else', 'ConfigMap', object({}), {}, 'remove'],
  ])('%s comes to it (%s)', ([, kind, given, options, action]) => {
    expect(decideDeletion({ kind }, given, options as never, now).action).toBe(action);
  });
});

describe('a disruption budget', () => {
  const budget = (status: object, spec: object = {}) =>
    object({ metadata: { name: 'web', generation: 2 }, spec, status: { observedGeneration: 2, ...status } });
  test.for<[string, string, ApiObject, string]>([
    ['a ready pod while one may go', 'True', budget({ disruptionsAllowed: 1 }), 'spend'],
    ['a ready pod while none may', 'True', budget({ disruptionsAllowed: 0 }), 'refuse'],
    [
      'a pod by a count of an older budget',
      'True',
      budget({ observedGeneration: 1, disruptionsAllowed: 1 }),
      'refuse',
    ],
    [
      'an unready pod of enough healthy ones',
      'False',
      budget({ currentHealthy: 2, desiredHealthy: 2 }),
      'allow',
    ],
    ['an unready pod of too few', 'False', budget({ currentHealthy: 1, desiredHealthy: 2 }), 'refuse'],
    [
      'an unready pod that may always go',
      'False',
      budget({}, { unhealthyPodEvictionPolicy: 'AlwaysAllow' }),
      'allow',
    ],
  ])('judges %s', ([, ready, given, action]) => {
    expect(decideEviction(object({ status: conditions(ready) }), given).action).toBe(action);
  });
});
