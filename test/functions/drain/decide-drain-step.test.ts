import { describe, expect, test } from 'vitest';
import type { DrainObservation } from '../../../functions/drain/contracts.ts';
import { decideDrainStep } from '../../../functions/drain/decide-drain-step.ts';
import { inService, observed } from './drains.ts';

const rows: [
  when: string,
  observation: DrainObservation,
  action: string,
  outcome: string,
  effect?: string,
][] = [
  ['it is of no pool of ours', observed({ known: false }), 'none', 'foreign'],
  ['its group has it no more', observed({ lifecycleState: 'none', waitingInHook: false }), 'none', 'gone'],
  ['it waits in its hook', observed(), 'evict', 'going'],
  ['EC2 does not know its state', observed({ state: 'unknown' }), 'evict', 'going'],
  [
    'it was reclaimed while in its hook',
    observed({ state: 'terminated' }),
    'finish',
    'gone',
    'complete-hook',
  ],
  ['it ended in service', inService({ state: 'shutting-down' }), 'none', 'gone'],
  ['it is on its way into its hook', inService({ lifecycleState: 'Terminating' }), 'wait', 'going'],
  ['it has left its hook', inService({ lifecycleState: 'Terminating:Proceed' }), 'none', 'gone'],
  ['it has not joined', inService({ lifecycleState: 'Pending:Wait' }), 'none', 'not-leaving'],
  [
    'nobody terminates it',
    inService({ cause: 'termination', afterwards: 'complete-hook' }),
    'none',
    'not-leaving',
  ],
  ['spot reclaims it', inService({ cause: 'spot-interruption' }), 'release', 'going', 'terminate'],
  ['AWS retires it', inService({ cause: 'health-event' }), 'release', 'going', 'terminate'],
  ['spot recommends to move', inService({ cause: 'rebalance' }), 'release', 'going', 'terminate'],
  ['it is repaired', inService({ cause: 'repair' }), 'release', 'going', 'terminate'],
  [
    'scale-down drains it',
    inService({ cause: 'scale-down', afterwards: 'terminate-and-shrink' }),
    'evict',
    'going',
  ],
  ['a person drains it', inService(), 'evict', 'going'],
];

describe('a drain’s step with AWS, when', () => {
  test.each(rows)('%s', (_, observation, action, outcome, effect = 'none') => {
    expect(decideDrainStep(observation)).toMatchObject({ action, outcome, effect });
  });
});
