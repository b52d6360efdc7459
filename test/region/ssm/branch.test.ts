import { expect, test } from 'vitest';
import { automationRegion, nap } from './automation-region.ts';

const steps = (expression: object, more: object = {}) => ({
  parameters: {
    Text: { type: 'String', default: 'Linux' },
    Number: { type: 'Integer', default: 3 },
    Flag: { type: 'Boolean', default: true },
  },
  mainSteps: [
    {
      name: 'choose',
      action: 'aws:branch',
      inputs: { Choices: [{ NextStep: 'chosen', ...expression }], Default: 'otherwise', ...more },
    },
    nap('chosen', { isEnd: true }),
    nap('otherwise'),
  ],
});

const text = { Variable: '{{ Text }}' };
const number = { Variable: '{{ Number }}' };
const flag = { Variable: '{{ Flag }}' };
const yes = { ...text, StringEquals: 'Linux' };
const no = { ...text, StringEquals: 'Windows' };

test.each<[expression: object, isChosen: boolean]>([
  [{ ...text, StringEquals: 'Linux' }, true],
  [{ ...text, StringEquals: 'linux' }, false],
  [{ ...text, EqualsIgnoreCase: 'linux' }, true],
  [{ ...text, StartsWith: 'Lin' }, true],
  [{ ...text, StartsWith: 'nux' }, false],
  [{ ...text, EndsWith: 'nux' }, true],
  [{ ...text, EndsWith: 'Lin' }, false],
  [{ ...text, Contains: 'inu' }, true],
  [{ ...text, Contains: 'win' }, false],
  [{ ...number, NumericEquals: 3 }, true],
  [{ ...number, NumericEquals: '3' }, true],
  [{ ...number, NumericGreater: 3 }, false],
  [{ ...number, NumericGreater: 2 }, true],
  [{ ...number, NumericLesser: 3 }, false],
  [{ ...number, NumericLesser: 4 }, true],
  [{ ...number, NumericGreaterOrEquals: 3 }, true],
  [{ ...number, NumericGreaterOrEquals: 4 }, false],
  [{ ...number, NumericLesserOrEquals: 3 }, true],
  [{ ...number, NumericLesserOrEquals: 2 }, false],
  [{ ...flag, BooleanEquals: true }, true],
  [{ ...flag, BooleanEquals: 'false' }, false],
  [{ Not: no }, true],
  [{ Not: yes }, false],
  [{ And: [yes, { Not: no }] }, true],
  [{ And: [yes, no] }, false],
  [{ Or: [no, yes] }, true],
  [{ Or: [no, { And: [yes, no] }] }, false],
])('of %j it says %j', async (expression, isChosen) => {
  const { finish } = automationRegion();
  const { StepExecutions: [, chosen, otherwise] = [] } = await finish(steps(expression));
  expect([chosen?.StepStatus, otherwise?.StepStatus]).toEqual(
    isChosen ? ['Success', 'Pending'] : ['Pending', 'Success'],
  );
});

test('the first choice that is true is taken', async () => {
  const { finish } = automationRegion();
  const choose = {
    name: 'choose',
    action: 'aws:branch',
    inputs: {
      Choices: [
        { NextStep: 'one', ...no },
        { NextStep: 'two', ...yes },
        { NextStep: 'three', ...yes },
      ],
    },
  };
  const { StepExecutions = [] } = await finish({
    parameters: { Text: { type: 'String', default: 'Linux' } },
    mainSteps: [choose, ...['one', 'two', 'three'].map((name) => nap(name, { isEnd: true }))],
  });
  expect(StepExecutions.map(({ StepStatus }) => StepStatus)).toEqual([
    'Success',
    'Pending',
    'Success',
    'Pending',
  ]);
});

test('without a true choice and a default, the branch goes on below, or ends where it says so', async () => {
  for (const [isEnd, status] of [
    [false, 'Success'],
    [true, 'Pending'],
  ] as const) {
    const { finish } = automationRegion();
    const { AutomationExecutionStatus, StepExecutions } = await finish({
      parameters: { Text: { type: 'String', default: 'Linux' } },
      mainSteps: [
        { name: 'choose', action: 'aws:branch', isEnd, inputs: { Choices: [{ NextStep: 'last', ...no }] } },
        nap('below'),
        nap('last'),
      ],
    });
    expect([AutomationExecutionStatus, StepExecutions?.[1]?.StepStatus]).toEqual(['Success', status]);
  }
});

test('a comparison of numbers with something else fails the step', async () => {
  const { finish } = automationRegion();
  const { AutomationExecutionStatus, FailureMessage } = await finish(steps({ ...text, NumericEquals: 3 }));
  expect([AutomationExecutionStatus, FailureMessage]).toEqual([
    'Failed',
    'Step fails when it is validating and resolving the step inputs. "Linux" is not a number. Please refer to Automation Service Troubleshooting Guide for more diagnosis details.',
  ]);
});
