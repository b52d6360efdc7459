import { NotPlayedError } from '../../../../kernel/errors.ts';
import { isObject, type JsonObject, type JsonValue } from '../../../../states/json.ts';
import { invalidContent, StepFailure } from '../errors.ts';
import { type JsonPath, parseJsonPath, selectByPath } from '../json-path.ts';
import type { StepOutput } from '../runbook.ts';
import type { Action, Visit } from './action.ts';
import { callApi, findApi } from './call-api.ts';
import { textInput } from './inputs.ts';

/** Seconds between two looks of aws:waitForAwsResourceProperty. */
const pollSeconds = 5;

/** Calls an API once; its outputs are what the step selects from the response. */
export const executeAwsApi: Action = {
  defaultTimeoutSeconds: 25,
  longestTimeoutSeconds: 25,
  doing: 'calling the API',
  canFollowCancel: true,
  outputs: (step) => (step.outputs ?? []).map(({ Name }) => Name),
  check: async (kernel, step) => {
    await findApi(kernel, step);
    for (const { Selector } of step.outputs ?? []) pathOf(Selector);
  },
  run: async (visit) => {
    const response = await callApi(visit);
    const selected = (visit.step.outputs ?? []).map((output) => [output.Name, select(output, response)]);
    return { outputs: Object.fromEntries(selected) as JsonObject };
  },
};

function pathOf(selector: string): JsonPath {
  const path = parseJsonPath(selector);
  if (path) return path;
  throw new NotPlayedError(`the JSONPath ${selector} (only $, .name, ..name and [0])`);
}

/** What a response does not have is an empty text: runbooks branch on it (user guide, "Properties shared by all actions"). */
function select({ Name, Selector, Type }: StepOutput, response: JsonValue): JsonValue {
  const value = selectByPath(pathOf(Selector), response);
  if (value === undefined) return '';
  if (Type === 'String' && !Array.isArray(value) && !isObject(value)) return String(value);
  if (fits(Type, value)) return value;
  throw new StepFailure(
    'PostVerification',
    `The output "${Name}" is not of the type ${Type}: ${JSON.stringify(value)}`,
  );
}

function fits(type: StepOutput['Type'], value: JsonValue): boolean {
  const items: readonly JsonValue[] = Array.isArray(value) ? value : [];
  switch (type) {
    case 'String':
      return typeof value === 'string';
    case 'Integer':
      return Number.isInteger(value);
    case 'Boolean':
      return typeof value === 'boolean';
    case 'StringMap':
      return isObject(value);
    case 'StringList':
      return Array.isArray(value) && items.every((item) => typeof item === 'string');
    case 'MapList':
      return Array.isArray(value) && items.every(isObject);
  }
}

const propertyAction = {
  canFollowCancel: true,
  outputs: () => [],
  check: async (kernel, step) => {
    await findApi(kernel, step);
    const { PropertySelector: selector, DesiredValues: wanted } = step.inputs;
    if (typeof selector !== 'string')
      throw invalidContent(`Step "${step.name}" must have a PropertySelector.`);
    pathOf(selector);
    if (wanted === undefined) throw invalidContent(`Step "${step.name}" must have DesiredValues.`);
    if (step.outputs) throw new NotPlayedError(`outputs of ${step.action} (step "${step.name}")`);
  },
} satisfies Partial<Action>;

/** Fails unless a property of the response has a desired value now. */
export const assertAwsResourceProperty: Action = {
  ...propertyAction,
  doing: 'asserting the property',
  run: async (visit) => {
    const { isDesired, actual, wanted } = await look(visit);
    if (isDesired) return {};
    throw new StepFailure(
      'PostVerification',
      `The value of ${textInput(visit.inputs, 'PropertySelector')} is ${actual}, which is none of the desired values [${wanted.join(', ')}]`,
    );
  },
};

/** Calls until a property of the response has a desired value. */
export const waitForAwsResourceProperty: Action = {
  ...propertyAction,
  defaultTimeoutSeconds: 3600,
  doing: 'waiting for the property',
  run: async (visit) => {
    const { clock, delays } = visit.kernel;
    while (!(await look(visit)).isDesired)
      await clock.sleep(pollSeconds * 1000 * delays.waitScale, visit.signal);
    return {};
  },
};

async function look(visit: Visit) {
  const path = pathOf(textInput(visit.inputs, 'PropertySelector'));
  const { DesiredValues: given = [] } = visit.inputs;
  const wanted = (Array.isArray(given) ? given : [given]).map(pythonText);
  const value = selectByPath(path, await callApi(visit));
  const actual = value === undefined ? 'missing' : pythonText(value);
  return { isDesired: value !== undefined && wanted.includes(actual), actual, wanted };
}

/** As the actions compare: they are Python, which writes booleans as True and False. */
function pythonText(value: JsonValue): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
