import type { HistoryEvent } from '@aws-sdk/client-sfn';
import { describe, expect, test } from 'vitest';
import { createProgress } from '../../../cli/console/progress.ts';

/** Events a second apart: `[type, id of the one before, details]`. */
function progressOf(...events: readonly [string, number, object?][]) {
  const progress = createProgress();
  for (const [index, [type, previousEventId, details = {}]] of events.entries())
    progress.take({
      id: index + 1,
      previousEventId,
      type,
      timestamp: new Date(Date.UTC(2026, 0, 1, 0, 0, index)),
      ...details,
    } as HistoryEvent);
  return progress.progress();
}

const entered = (name: string) => ({ stateEnteredEventDetails: { name } });
const exited = (name: string, output: object = {}) => ({
  stateExitedEventDetails: { name, output: JSON.stringify(output) },
});
const at = (second: number) => `2026-01-01T00:00:0${second}.000Z`;

describe('the progress of an execution', () => {
  test('has the state that it is in, and those that are done with what they found', () => {
    const { states, steps } = progressOf(
      ['ExecutionStarted', 0],
      ['TaskStateEntered', 1, entered('Observe slot')],
      ['TaskScheduled', 2],
      ['TaskSucceeded', 3],
      [
        'TaskStateExited',
        4,
        exited('Observe slot', { decision: { action: 'resume', reason: 'it is here' } }),
      ],
      ['ChoiceStateEntered', 5, entered('What to do?')],
      ['ChoiceStateExited', 6, exited('What to do?')],
      ['TaskStateEntered', 7, entered('Direct slot')],
    );
    expect(states).toEqual({
      'Observe slot': { state: 'done', entered: 1 },
      'What to do?': { state: 'done', entered: 1 },
      'Direct slot': { state: 'current', entered: 1, since: at(7) },
    });
    expect(steps).toEqual([
      {
        id: 2,
        state: 'Observe slot',
        startedAt: at(1),
        endedAt: at(4),
        visits: 1,
        outcome: 'done',
        note: 'resume: it is here',
      },
      { id: 8, state: 'Direct slot', startedAt: at(7), visits: 1, outcome: 'current' },
    ]);
  });

  test('says of an attempt that failed that it tries again, and forgets it once one succeeds', () => {
    const events: [string, number, object?][] = [
      ['ExecutionStarted', 0],
      ['TaskStateEntered', 1, entered('Direct slot')],
      ['TaskScheduled', 2],
      [
        'TaskFailed',
        3,
        { taskFailedEventDetails: { error: 'VolumeInUse', cause: '{"errorMessage":"held"}' } },
      ],
      ['TaskScheduled', 4],
    ];
    expect(progressOf(...events).steps[0]).toMatchObject({
      outcome: 'current',
      note: 'tries again: VolumeInUse: held',
    });
    const { states, steps } = progressOf(
      ...events,
      ['TaskSucceeded', 5],
      ['TaskStateExited', 6, exited('Direct slot')],
    );
    expect(states['Direct slot']).toEqual({ state: 'done', entered: 1 });
    expect(steps[0]).not.toHaveProperty('note');
  });

  test('has a state as failed whose failure was caught, and goes on after it', () => {
    const { states, steps } = progressOf(
      ['ExecutionStarted', 0],
      ['TaskStateEntered', 1, entered('Direct slot')],
      ['TaskScheduled', 2],
      ['TaskTimedOut', 3, { taskTimedOutEventDetails: { error: 'States.Timeout' } }],
      ['TaskStateExited', 4, exited('Direct slot', { Error: 'States.Timeout' })],
      ['TaskStateEntered', 5, entered('Record failure')],
    );
    expect(states['Direct slot']).toEqual({ state: 'failed', entered: 1 });
    expect(steps.map(({ note, outcome, state }) => [state, outcome, note])).toEqual([
      ['Direct slot', 'failed', 'States.Timeout'],
      ['Record failure', 'current', undefined],
    ]);
  });

  test('counts visits that ended alike as one step, as a wait that goes round', () => {
    const round = (after: number): [string, number, object?][] => [
      ['WaitStateEntered', after, entered('Wait for etcd')],
      ['WaitStateExited', after + 1, exited('Wait for etcd')],
    ];
    const { states, steps } = progressOf(['ExecutionStarted', 0], ...round(1), ...round(3), ...round(5));
    expect(steps).toEqual([
      { id: 2, state: 'Wait for etcd', startedAt: at(1), endedAt: at(6), visits: 3, outcome: 'done' },
    ]);
    expect(states['Wait for etcd']).toEqual({ state: 'done', entered: 3 });
  });

  test('keeps iterations of a Map apart: a state is current as long as one of them is in it', () => {
    const map: [string, number, object?][] = [
      ['ExecutionStarted', 0],
      ['MapStateEntered', 1, entered('Make slots last')],
      ['MapStateStarted', 2],
      ['MapIterationStarted', 3],
      ['TaskStateEntered', 4, entered('Ensure volume')],
      ['MapIterationStarted', 3],
      ['TaskStateEntered', 6, entered('Ensure volume')],
      ['TaskStateExited', 5, exited('Ensure volume')],
    ];
    expect(progressOf(...map).states).toMatchObject({
      'Make slots last': { state: 'current' },
      'Ensure volume': { state: 'current', entered: 2 },
    });
    const ended = progressOf(
      ...map,
      ['TaskStateExited', 7, exited('Ensure volume')],
      ['MapStateSucceeded', 9],
      ['MapStateExited', 10, exited('Make slots last')],
    );
    expect(Object.values(ended.states).map(({ state }) => state)).toEqual(['done', 'done']);
  });

  test('ends what goes on inside a Map with the Map, and everything with the execution', () => {
    const { states, steps } = progressOf(
      ['ExecutionStarted', 0],
      ['MapStateEntered', 1, entered('Make pools')],
      ['MapStateStarted', 2],
      ['MapIterationStarted', 3],
      ['TaskStateEntered', 4, entered('Ensure pool groups')],
      ['MapStateFailed', 3],
      ['MapStateExited', 6, exited('Make pools')],
      ['FailStateEntered', 7, entered('Provisioning failed')],
      [
        'ExecutionFailed',
        8,
        { executionFailedEventDetails: { error: 'ProvisioningFailed', cause: 'no more room' } },
      ],
    );
    expect(Object.values(states).map(({ state }) => state)).toEqual(['failed', 'failed', 'failed']);
    expect(steps.map(({ note, state }) => [state, note])).toEqual([
      ['Make pools', 'failed'],
      ['Ensure pool groups', 'ended with what it is part of'],
      ['Provisioning failed', 'ProvisioningFailed: no more room'],
    ]);
  });
});
