import { expect, test } from 'vitest';
import { subjectOf } from '../../../functions/runtime/subject.ts';

test.each<[unknown, Record<string, string>]>([
  [
    { cluster: 'demo', slot: 'b' },
    { cluster: 'demo', slot: 'b' },
  ],
  [
    { lease: { cluster: 'demo', scope: 'cluster', token: 1 }, slot: { slot: 'a' } },
    { cluster: 'demo', slot: 'a' },
  ],
  [
    { observation: { cluster: 'demo', pool: 'general', zone: 'b', instanceId: 'i-1' }, blocked: [] },
    { cluster: 'demo', pool: 'general', zone: 'b', instanceId: 'i-1' },
  ],
  [{ request: { cluster: 'demo', pool: 'general', size: 3 } }, { cluster: 'demo', pool: 'general' }],
  [{ spec: { name: 'demo', zones: ['a'] } }, { cluster: 'demo' }],
  [
    { runbook: 'kick-slot', automation: 'x', parameters: { Cluster: 'demo', Slot: 'b' } },
    { cluster: 'demo', slot: 'b' },
  ],
  [
    { parameters: { Cluster: 'demo', InstanceId: 'i-1', Afterwards: 'keep' } },
    { cluster: 'demo', instanceId: 'i-1' },
  ],
  [{ cluster: 'demo', lease: { cluster: 'other' } }, { cluster: 'demo' }],
  [{ cluster: 7 }, {}],
  ['text', {}],
  [null, {}],
])('what a task is about is in its input: %j', (input, subject) => {
  expect(subjectOf(input)).toEqual(subject);
});
