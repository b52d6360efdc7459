import { describe, expect, test } from 'vitest';
import { isExpired } from '../../../../region/machines/api-stand-in/authenticate.ts';
import { countBudget } from '../../../../region/machines/api-stand-in/controllers/budgets.ts';
import {
  graceSeconds,
  judgeNode,
} from '../../../../region/machines/api-stand-in/controllers/node-lifecycle.ts';
import { decideDeletion } from '../../../../region/machines/api-stand-in/deletion.ts';
import { decideEviction } from '../../../../region/machines/api-stand-in/eviction.ts';
import { type ApiObject, at, objectsOf } from '../../../../region/machines/api-stand-in/json.ts';
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
  const pods = ['True', 'True', 'False'].map((status) =>
    object({ metadata: { namespace: 'shop', labels: { app: 'web' } }, status: conditions(status) }),
  );
  test.for<[object, object]>([
    [{ minAvailable: 1 }, { expectedPods: 3, currentHealthy: 2, desiredHealthy: 1, disruptionsAllowed: 1 }],
    [
      { minAvailable: '50%' },
      { expectedPods: 3, currentHealthy: 2, desiredHealthy: 2, disruptionsAllowed: 0 },
    ],
    [{ maxUnavailable: 2 }, { expectedPods: 3, currentHealthy: 2, desiredHealthy: 1, disruptionsAllowed: 1 }],
    [{ maxUnavailable: 0 }, { expectedPods: 3, currentHealthy: 2, desiredHealthy: 3, disruptionsAllowed: 0 }],
  ])('with %j counts %j', ([rule, status]) => {
    const budget = object({
      metadata: { namespace: 'shop' },
      spec: { selector: { matchLabels: { app: 'web' } }, ...rule },
    });
    expect(countBudget(budget, pods).status).toMatchObject(status);
  });

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

describe('a node', () => {
  const node = (status: string, taints?: object[]) =>
    object({ metadata: { name: 'i-1' }, spec: taints ? { taints } : {}, status: conditions(status) });
  const ago = (seconds: number) => now.getTime() - seconds * 1000;
  test.for<[string, number, string, string[]]>([
    ['True', 1, 'True', []],
    [
      'False',
      1,
      'False',
      ['node.kubernetes.io/not-ready:NoSchedule', 'node.kubernetes.io/not-ready:NoExecute'],
    ],
    ['True', graceSeconds, 'True', []],
    [
      'True',
      graceSeconds + 1,
      'Unknown',
      ['node.kubernetes.io/unreachable:NoSchedule', 'node.kubernetes.io/unreachable:NoExecute'],
    ],
  ])('that says %s and renewed %i s ago is %s', ([said, seconds, wanted, taints]) => {
    const judged = judgeNode(node(said), ago(seconds), now);
    const status = objectsOf(at(judged, 'status', 'conditions'));
    const found = objectsOf(at(judged, 'spec', 'taints'));
    expect(status.find(({ type }) => type === 'Ready')?.status).toBe(wanted);
    expect(found.map(({ key, effect }) => `${key}:${effect}`)).toEqual(taints);
  });
  test('that is ready again loses those taints and keeps others', () => {
    const others = { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' };
    const taints = [{ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' }, others];
    expect(judgeNode(node('True', taints), ago(1), now).spec).toEqual({ taints: [others] });
  });
});
