import { describe, expect, test } from 'vitest';
import { type AlarmRule, judgeAlarm } from '../../../region/services/cloudwatch/judge-alarm.ts';

const rule: AlarmRule = {
  threshold: 1,
  comparison: 'GreaterThanOrEqualToThreshold',
  evaluationPeriods: 3,
  datapointsToAlarm: 3,
  treatMissingData: 'missing',
};

/** `0` is good, `X` is bad, `-` is missing; newest last, as in the CloudWatch user guide's tables. */
function judge(points: string, changes: Partial<AlarmRule> = {}) {
  const range = points.split(' ').map((point, index) => ({
    time: Date.UTC(2026, 10, 22, 13, index),
    value: { '0': 0, X: 5 }[point],
  }));
  return judgeAlarm({ ...rule, ...changes }, range);
}

/** States under missing, ignore, breaching and notBreaching; undefined is "stays as it is". */
function states(points: string, changes: Partial<AlarmRule> = {}) {
  return ['missing', 'ignore', 'breaching', 'notBreaching'].map(
    (treatMissingData) => judge(points, { ...changes, treatMissingData }).state,
  );
}

describe('the tables of the CloudWatch user guide', () => {
  test('three of three datapoints', () => {
    expect(states('0 - X - X')).toEqual(['OK', 'OK', 'OK', 'OK']);
    expect(states('- - - - 0')).toEqual(['OK', 'OK', 'OK', 'OK']);
    expect(states('- - - - -')).toEqual(['INSUFFICIENT_DATA', undefined, 'ALARM', 'OK']);
    expect(states('0 X X - X')).toEqual(['ALARM', 'ALARM', 'ALARM', 'ALARM']);
    expect(states('- - X - -')).toEqual(['ALARM', undefined, 'ALARM', 'OK']);
  });

  test('two of three datapoints', () => {
    const twoOfThree = { datapointsToAlarm: 2 };
    expect(states('0 - X - X', twoOfThree)).toEqual(['ALARM', 'ALARM', 'ALARM', 'ALARM']);
    expect(states('0 0 X 0 X', twoOfThree)).toEqual(['ALARM', 'ALARM', 'ALARM', 'ALARM']);
    expect(states('- - - - 0', twoOfThree)).toEqual(['OK', 'OK', 'ALARM', 'OK']);
    expect(states('- - - X -', twoOfThree)).toEqual(['ALARM', undefined, 'ALARM', 'OK']);
  });
});

describe('reasons', () => {
  test('an alarm names the datapoints that crossed the threshold', () => {
    expect(judge('- - X', { evaluationPeriods: 1, datapointsToAlarm: 1 }).reason).toBe(
      'Threshold Crossed: 1 out of the last 1 datapoints [5.0 (22/11/26 13:02:00)] was greater than or equal to the threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition).',
    );
  });

  test('missing data is named as what it was treated as', () => {
    expect(
      judge('- - -', { evaluationPeriods: 1, datapointsToAlarm: 1, treatMissingData: 'notBreaching' }).reason,
    ).toBe(
      'Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].',
    );
    expect(judge('- - - - -').reason).toBe('Insufficient Data: 3 datapoints were unknown.');
  });
});
