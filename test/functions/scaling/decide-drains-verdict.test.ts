import { expect, test } from 'vitest';
import type { Execution } from '../../../functions/aws/executions.ts';
import { decideDrainsVerdict } from '../../../functions/scaling/decide-drains-verdict.ts';

const arn = 'arn:aws:states:us-east-1:123456789012:execution:trivet-drain-worker';
const looked = (number: number, execution: Partial<Execution> | undefined) => {
  const executionArn = `${arn}:demo-general-i-${number}-1`;
  const drain = { pool: 'general', zone: 'a', instanceId: `i-${number}`, executionArn };
  const whole = { executionArn, startedAt: '2026-03-01T12:00:00Z', status: 'SUCCEEDED' as const };
  return { drain, execution: execution && { ...whole, ...execution } };
};
const ended = (outcome: string, reason = 'so it is') => ({ output: JSON.stringify({ outcome, reason }) });

test.each<[string, (Partial<Execution> | undefined)[], string, string]>([
  ['are done once all have gone', [ended('drained'), ended('expired')], 'done', '2 of 2 workers drained'],
  ['that find their worker gone are done', [ended('gone')], 'done', '1 of 1 worker drained'],
  [
    'are awaited, named by their executions',
    [ended('drained'), { status: 'RUNNING' }],
    'wait',
    '1 of 2 workers drained; drain-worker goes on: demo-general-i-1-1',
  ],
  [
    'that Step Functions does not know yet are awaited',
    [undefined],
    'wait',
    '0 of 1 worker drained; drain-worker goes on: demo-general-i-0-1',
  ],
  [
    'that were given up are told with the reason, once all have ended',
    [ended('kept', 'shop/db-0 is annotated do-not-disrupt'), ended('drained')],
    'stay',
    '1 of 2 workers drained; i-0 in zone a stays: shop/db-0 is annotated do-not-disrupt',
  ],
  [
    'that failed are told with their error',
    [{ status: 'FAILED', error: 'AwsRefused' }],
    'stay',
    '0 of 1 worker drained; i-0 in zone a stays: its drain ended as AwsRefused',
  ],
  [
    'that were stopped are told so',
    [{ status: 'ABORTED' }],
    'stay',
    '0 of 1 worker drained; i-0 in zone a stays: its drain ended as ABORTED',
  ],
  [
    'of which nothing is known wait for nobody, and their workers are not taken for gone',
    [{ output: 'no JSON' }],
    'stay',
    '0 of 1 worker drained; i-0 in zone a stays: its drain does not say how it ended',
  ],
])('drains %s', (_, executions, action, reason) => {
  expect(decideDrainsVerdict(executions.map((one, index) => looked(index, one)))).toEqual({ action, reason });
});
