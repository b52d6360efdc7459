import { AwsError } from '../../../../kernel/errors.ts';
import { parseTimestamp } from '../../../../states/timestamp.ts';
import { invalidContent, StepFailure } from '../errors.ts';
import type { Action, Visit } from './action.ts';
import { optionalText } from './inputs.ts';

/** Longest delay of aws:sleep, in seconds. */
const sleepSecondsMax = 604_799;

/** Waits for a time, or until a moment. */
export const sleep: Action = {
  inputs: { required: [], optional: ['Duration', 'Timestamp'] },
  doing: 'delaying the automation',
  canFollowCancel: false,
  outputs: () => [],
  check: (_kernel, { name, inputs }) => {
    if ((inputs.Duration === undefined) === (inputs.Timestamp === undefined))
      throw invalidContent(`Step "${name}" must have one of the inputs Duration and Timestamp.`);
  },
  run: async ({ kernel, inputs, signal }) => {
    const milliseconds = sleepMilliseconds(inputs, kernel.clock.now().getTime());
    await kernel.clock.sleep(milliseconds * kernel.delays.waitScale, signal);
    return {};
  },
};

function sleepMilliseconds(inputs: Visit['inputs'], now: number): number {
  const duration = optionalText(inputs, 'Duration');
  const until = parseTimestamp(inputs.Timestamp);
  const milliseconds =
    duration === undefined ? until && Math.max(0, until - now) : durationMilliseconds(duration);
  if (milliseconds === undefined) {
    const given = duration ?? JSON.stringify(inputs.Timestamp);
    throw new StepFailure('InputValidation', `${given} is not a time of ISO 8601`);
  }
  if (milliseconds <= sleepSecondsMax * 1000) return milliseconds;
  throw new StepFailure('InputValidation', `The delay is longer than ${sleepSecondsMax} seconds`);
}

/** Milliseconds of an ISO 8601 duration of days and less, such as `PT10M`. */
function durationMilliseconds(text: string): number | undefined {
  const match = /^P(?=.)(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(text);
  if (!match) return undefined;
  const [days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0));
  return ((((days ?? 0) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0)) * 1000;
}

/** Waits for a Resume. */
export const pause: Action = {
  inputs: { required: [], optional: [] },
  doing: 'waiting for a signal to resume',
  canFollowCancel: false,
  outputs: () => [],
  run: async ({ step, receiveSignals }) => {
    await receiveSignals((signal) => {
      if (signal.type === 'Resume') return true;
      throw new AwsError(
        'InvalidAutomationSignalException',
        `Step "${step.name}" (aws:pause) waits for Resume, not for ${signal.type}.`,
      );
    });
    return {};
  },
};
