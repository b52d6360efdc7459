import { isObject, type JsonObject, type JsonValue } from '../../../../states/json.ts';
import { invalidContent, StepFailure } from '../errors.ts';
import { textOf } from '../references.ts';
import type { Step } from '../runbook.ts';
import type { Action } from './action.ts';
import { objectsInput } from './inputs.ts';

type Compare = (actual: JsonValue, wanted: JsonValue) => boolean;

const asText =
  (compare: (actual: string, wanted: string) => boolean): Compare =>
  (actual, wanted) =>
    compare(textOf(actual), textOf(wanted));

const asNumbers =
  (compare: (actual: number, wanted: number) => boolean): Compare =>
  (actual, wanted) =>
    compare(numberOf(actual), numberOf(wanted));

/** The operations of the user guide, "Working with the aws:branch action". */
const operations: Readonly<Record<string, Compare>> = {
  StringEquals: asText((actual, wanted) => actual === wanted),
  EqualsIgnoreCase: asText((actual, wanted) => actual.toLowerCase() === wanted.toLowerCase()),
  StartsWith: asText((actual, wanted) => actual.startsWith(wanted)),
  EndsWith: asText((actual, wanted) => actual.endsWith(wanted)),
  Contains: asText((actual, wanted) => actual.includes(wanted)),
  NumericEquals: asNumbers((actual, wanted) => actual === wanted),
  NumericGreater: asNumbers((actual, wanted) => actual > wanted),
  NumericLesser: asNumbers((actual, wanted) => actual < wanted),
  NumericGreaterOrEquals: asNumbers((actual, wanted) => actual >= wanted),
  NumericLesserOrEquals: asNumbers((actual, wanted) => actual <= wanted),
  BooleanEquals: (actual, wanted) => flagOf(actual) === flagOf(wanted),
};

function numberOf(value: JsonValue): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'number' && Number.isFinite(number)) return number;
  throw new StepFailure('InputValidation', `${JSON.stringify(value)} is not a number`);
}

function flagOf(value: JsonValue): boolean {
  if (typeof value === 'boolean') return value;
  if (value === 'true' || value === 'True') return true;
  if (value === 'false' || value === 'False') return false;
  throw new StepFailure('InputValidation', `${JSON.stringify(value)} is not a Boolean`);
}

/** The first choice that is true names the next step, else `Default` does; without either the runbook goes on in its order. */
export const branch: Action = {
  inputs: { required: ['Choices'], optional: ['Default'] },
  doing: 'evaluating its choices',
  canFollowCancel: true,
  outputs: () => [],
  targets: (step) => [
    ...choicesOf(step).map(({ NextStep }) => String(NextStep)),
    ...(typeof step.inputs.Default === 'string' ? [step.inputs.Default] : []),
  ],
  check: (_kernel, step) => {
    const choices = choicesOf(step);
    if (choices.length === 0) throw invalidContent(`Step "${step.name}" has no Choices.`);
    for (const { NextStep: next, ...expression } of choices) {
      if (typeof next !== 'string')
        throw invalidContent(`A choice of step "${step.name}" names no NextStep.`);
      checkExpression(step, expression);
    }
  },
  run: async ({ inputs }) => {
    const chosen = objectsInput(inputs, 'Choices').find(isTrue)?.NextStep ?? inputs.Default;
    return typeof chosen === 'string' ? { chosen } : {};
  },
};

function choicesOf(step: Step): JsonObject[] {
  const choices = step.inputs.Choices;
  if (Array.isArray(choices) && choices.every(isObject)) return choices as JsonObject[];
  throw invalidContent(`The Choices of step "${step.name}" must be a list of choices.`);
}

/** Exactly one of `Not`, `And`, `Or` and an operation, which also has its `Variable`. */
function checkExpression(step: Step, expression: JsonObject): void {
  const { Variable: variable, ...rest } = expression;
  const names = Object.keys(rest);
  const [name = ''] = names;
  const where = `in step: ${step.name}`;
  const unknown = names.find(
    (each) => !['And', 'Or', 'Not'].includes(each) && !Object.hasOwn(operations, each),
  );
  if (unknown !== undefined) throw invalidContent(`Unsupported operation: ${unknown} ${where}.`);
  if (names.length !== 1)
    throw invalidContent(`Expect exactly one operation for each choice ${where}. Provided: ${names.length}.`);
  if (Object.hasOwn(operations, name)) {
    if (typeof variable !== 'string') throw invalidContent(`Operation: ${name} has no Variable ${where}.`);
    return;
  }
  if (variable !== undefined) throw invalidContent(`Operator: ${name} takes no Variable ${where}.`);
  for (const operand of operandsOf(step, name, rest[name] ?? null)) checkExpression(step, operand);
}

function operandsOf(step: Step, operator: string, value: JsonValue): readonly JsonObject[] {
  if (operator === 'Not') {
    if (isObject(value)) return [value];
    throw invalidContent(`Expect an expression for operator: Not in step: ${step.name}.`);
  }
  const operands = Array.isArray(value) ? value : [];
  // AWS's own words, down to their spelling (awsdocs/aws-systems-manager-user-guide#186).
  if (operands.length < 2)
    throw invalidContent(
      `Expect at lease two expressions for operator: ${operator} in step: ${step.name}. Provided: ${operands.length}`,
    );
  if (operands.every(isObject)) return operands as readonly JsonObject[];
  throw invalidContent(`Expect expressions for operator: ${operator} in step: ${step.name}.`);
}

function isTrue(expression: JsonObject): boolean {
  const { Not: not, And: and, Or: or, Variable: variable = '' } = expression;
  if (isObject(not)) return !isTrue(not);
  if (Array.isArray(and)) return (and as JsonObject[]).every(isTrue);
  if (Array.isArray(or)) return (or as JsonObject[]).some(isTrue);
  return Object.entries(operations).some(([name, compare]) => {
    const wanted = expression[name];
    return wanted !== undefined && compare(variable, wanted);
  });
}
