import { describe, expect, test } from 'vitest';
import type { SweepScope } from '../../../functions/sweep/contracts.ts';
import { namesInstance, readScope } from '../../../functions/sweep/read-scope.ts';

describe('readScope', () => {
  test.each<[string, SweepScope | null | undefined, SweepScope | undefined]>([
    ['of the schedule names nothing', undefined, undefined],
    ['that is null names nothing', null, undefined],
    [
      'of an instance stays as it is',
      { instanceId: 'i-1', reason: 'why' },
      { instanceId: 'i-1', reason: 'why' },
    ],
    [
      'of an observation names its cluster',
      { objectKey: 'clusters/demo/observations/workers.json', reason: 'Object Created' },
      { cluster: 'demo', reason: 'Object Created' },
    ],
    ['of another object names nothing', { objectKey: 'clusters/demo/pki/x/observations/workers.json' }, {}],
    ['of no cluster names nothing', { objectKey: 'clusters/No!/observations/workers.json' }, {}],
  ])('%s', (_name, given, expected) => {
    expect(readScope(given)).toEqual(expected);
  });
});

describe('namesInstance', () => {
  const entities = { affectedEntities: [{ entityValue: 'i-1' }, { entityValue: 'i-2' }] };
  test.each<[string, SweepScope | undefined, string, boolean]>([
    ['nothing named: every instance', undefined, 'i-1', true],
    ['the one that is named', { instanceId: 'i-1' }, 'i-1', true],
    ['no other than the named one', { instanceId: 'i-1' }, 'i-2', false],
    ['one of several', entities, 'i-2', true],
    ['none of several', entities, 'i-3', false],
  ])('%s', (_name, scope, instanceId, expected) => {
    expect(namesInstance(scope, instanceId)).toBe(expected);
  });
});
