import { expressionText } from './expressions.ts';
import { checkFields, checkQueryLanguage, type Inspection, report } from './inspection.ts';
import { isObject, type JsonObject, type JsonValue } from './json.ts';
import { findTaskResource, playedResources } from './resources.ts';
import { parseTimestamp } from './timestamp.ts';
import { assignedIn, checkAssign, checkTemplate, type Visible } from './validate-expressions.ts';
import { catcherFields, choiceFields, retrierFields, stateFields } from './validate-fields.ts';

export interface Surroundings {
  /** All states of the state's own scope. */
  readonly siblings: JsonObject;
  /** Checks a graph inside the state: states hold graphs, which hold states. */
  checkGraph(inspection: Inspection, location: string, graph: JsonValue | undefined): void;
}

/** Checks one state, and the graphs inside it. */
export function checkState(
  inspection: Inspection,
  location: string,
  state: JsonObject,
  surroundings: Surroundings,
): void {
  const fields = typeof state.Type === 'string' ? stateFields[state.Type] : undefined;
  if (!fields) {
    const known = Object.keys(stateFields).join(', ');
    report(inspection, `${location}/Type`, `'${String(state.Type)}' is not a state type; one of ${known} is`);
    return;
  }
  checkFields(inspection, location, state, fields);
  checkQueryLanguage(inspection, location, state);
  checkWayOut(inspection, location, state, fields.optional.includes('End'));
  checkTemplates(inspection, location, state);
  checkRetry(inspection, location, state.Retry);
  checkCatch(inspection, location, state.Catch);
  switch (state.Type) {
    case 'Task':
      checkTask(inspection, location, state);
      break;
    case 'Choice':
      checkChoices(inspection, location, state.Choices);
      break;
    case 'Wait':
      checkWait(inspection, location, state);
      break;
    case 'Parallel':
    case 'Map':
      checkInside(inspection, location, state, surroundings);
      break;
  }
}

function checkWayOut(inspection: Inspection, location: string, state: JsonObject, mayEnd: boolean): void {
  if (!mayEnd) return;
  if (state.End !== undefined && state.End !== true) report(inspection, `${location}/End`, 'Expected true');
  if ((state.Next === undefined) === (state.End === undefined)) {
    report(inspection, location, "Exactly one of the fields 'Next' and 'End' is required");
  }
  if (state.Next !== undefined && typeof state.Next !== 'string') {
    report(inspection, `${location}/Next`, 'Expected the name of a state');
  }
}

const integerFields: Readonly<Record<string, number>> = {
  TimeoutSeconds: 1,
  HeartbeatSeconds: 1,
  Seconds: 0,
  MaxConcurrency: 0,
  ToleratedFailureCount: 0,
  ToleratedFailurePercentage: 0,
};

/** Fields that are templates, and what their expressions may see. */
function checkTemplates(inspection: Inspection, location: string, state: JsonObject): void {
  const withResult: Visible[] = ['Task', 'Map', 'Parallel'].includes(String(state.Type)) ? ['result'] : [];
  checkAssign(inspection, `${location}/Assign`, state.Assign, withResult);
  checkTemplate(inspection, `${location}/Output`, state.Output, withResult);
  for (const field of ['Arguments', 'Items', 'ItemSelector', 'Error', 'Cause', 'Timestamp']) {
    checkTemplate(inspection, `${location}/${field}`, state[field], []);
  }
  for (const [field, least] of Object.entries(integerFields)) {
    const value = state[field];
    if (typeof value === 'string') {
      if (checkTemplate(inspection, `${location}/${field}`, value, []) === 'literal') {
        report(inspection, `${location}/${field}`, 'Expected an integer or a JSONata expression');
      }
    } else if (value !== undefined && !isIntegerFrom(value, least)) {
      report(inspection, `${location}/${field}`, `Expected an integer from ${least} or a JSONata expression`);
    }
  }
  for (const field of ['Error', 'Cause', 'Timestamp']) {
    if (state[field] !== undefined && typeof state[field] !== 'string') {
      report(inspection, `${location}/${field}`, 'Expected a string');
    }
  }
}

function isIntegerFrom(value: JsonValue, least: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= least;
}

function checkTask(inspection: Inspection, location: string, state: JsonObject): void {
  const { Resource, Arguments, TimeoutSeconds, HeartbeatSeconds } = state;
  const resource = typeof Resource === 'string' ? findTaskResource(Resource) : undefined;
  if (!resource) {
    const message = `'${String(Resource)}' is not played by the embedded region; played are ${playedResources.join(', ')}`;
    report(inspection, `${location}/Resource`, message);
  } else if (isObject(Arguments)) {
    const { fields, required } = resource;
    const optional = fields.filter((field) => !required.includes(field));
    checkFields(inspection, `${location}/Arguments`, Arguments, { required, optional });
  }
  const bothNumbers = typeof TimeoutSeconds === 'number' && typeof HeartbeatSeconds === 'number';
  if (bothNumbers && HeartbeatSeconds >= TimeoutSeconds) {
    report(inspection, `${location}/HeartbeatSeconds`, 'Must be smaller than TimeoutSeconds');
  }
}

function checkChoices(inspection: Inspection, location: string, choices: JsonValue | undefined): void {
  forEachRule(inspection, `${location}/Choices`, choices, (where, rule) => {
    checkFields(inspection, where, rule, choiceFields);
    checkAssign(inspection, `${where}/Assign`, rule.Assign, []);
    checkTemplate(inspection, `${where}/Output`, rule.Output, []);
    const { Condition } = rule;
    const kind = checkTemplate(inspection, `${where}/Condition`, Condition, []);
    if (Condition !== undefined && typeof Condition !== 'boolean' && kind === 'literal') {
      report(inspection, `${where}/Condition`, 'Expected a boolean or a JSONata expression');
    }
  });
  if (Array.isArray(choices) && choices.length === 0) {
    report(inspection, `${location}/Choices`, 'Expected at least one rule');
  }
}

function checkWait(inspection: Inspection, location: string, state: JsonObject): void {
  if ((state.Seconds === undefined) === (state.Timestamp === undefined)) {
    report(inspection, location, "Exactly one of the fields 'Seconds' and 'Timestamp' is required");
  }
  const { Timestamp } = state;
  const isLiteral = typeof Timestamp === 'string' && expressionText(Timestamp) === undefined;
  if (isLiteral && parseTimestamp(Timestamp) === undefined) {
    report(inspection, `${location}/Timestamp`, 'Expected an RFC 3339 timestamp or a JSONata expression');
  }
}

function checkInside(
  inspection: Inspection,
  location: string,
  state: JsonObject,
  { siblings, checkGraph }: Surroundings,
): void {
  const outerVariables = new Set([...inspection.outerVariables, ...assignedIn(siblings)]);
  const inner: Inspection = { ...inspection, outerVariables };
  if (state.Type === 'Map') {
    if (state.ItemProcessor !== undefined)
      checkGraph(inner, `${location}/ItemProcessor`, state.ItemProcessor);
    return;
  }
  if (!Array.isArray(state.Branches) || state.Branches.length === 0) {
    report(inspection, `${location}/Branches`, 'Expected at least one branch');
    return;
  }
  for (const [index, branch] of state.Branches.entries()) {
    checkGraph(inner, `${location}/Branches[${index}]`, branch);
  }
}

function checkRetry(inspection: Inspection, location: string, retry: JsonValue | undefined): void {
  forEachRule(inspection, `${location}/Retry`, retry, (where, rule, isLast) => {
    checkFields(inspection, where, rule, retrierFields);
    checkErrorEquals(inspection, where, rule.ErrorEquals, isLast);
    const { BackoffRate, JitterStrategy, IntervalSeconds, MaxDelaySeconds } = rule;
    for (const [field, least] of Object.entries({ IntervalSeconds: 1, MaxAttempts: 0, MaxDelaySeconds: 1 })) {
      const value = rule[field];
      if (value !== undefined && !isIntegerFrom(value, least)) {
        report(inspection, `${where}/${field}`, `Expected an integer from ${least}`);
      }
    }
    if (BackoffRate !== undefined && !(typeof BackoffRate === 'number' && BackoffRate >= 1)) {
      report(inspection, `${where}/BackoffRate`, 'Expected a number from 1.0');
    }
    if (JitterStrategy !== undefined && JitterStrategy !== 'FULL' && JitterStrategy !== 'NONE') {
      report(inspection, `${where}/JitterStrategy`, "Expected 'FULL' or 'NONE'");
    }
    if (typeof MaxDelaySeconds === 'number' && MaxDelaySeconds <= Number(IntervalSeconds ?? 1)) {
      report(inspection, `${where}/MaxDelaySeconds`, 'Must be greater than IntervalSeconds');
    }
  });
}

function checkCatch(inspection: Inspection, location: string, catchers: JsonValue | undefined): void {
  forEachRule(inspection, `${location}/Catch`, catchers, (where, rule, isLast) => {
    checkFields(inspection, where, rule, catcherFields);
    checkErrorEquals(inspection, where, rule.ErrorEquals, isLast);
    checkAssign(inspection, `${where}/Assign`, rule.Assign, ['errorOutput']);
    checkTemplate(inspection, `${where}/Output`, rule.Output, ['errorOutput']);
  });
}

/** States.ALL stands alone, in the last rule: whatever came after it would never be looked at. */
function checkErrorEquals(
  inspection: Inspection,
  location: string,
  names: JsonValue | undefined,
  isLast: boolean,
): void {
  if (names === undefined) return;
  const where = `${location}/ErrorEquals`;
  if (!Array.isArray(names) || names.length === 0 || !names.every((name) => typeof name === 'string')) {
    report(inspection, where, 'Expected a list of at least one error name');
  } else if (names.includes('States.ALL') && (names.length > 1 || !isLast)) {
    report(inspection, where, "'States.ALL' must stand alone and in the last rule");
  }
}

function forEachRule(
  inspection: Inspection,
  location: string,
  rules: JsonValue | undefined,
  check: (where: string, rule: JsonObject, isLast: boolean) => void,
): void {
  if (rules === undefined) return;
  if (!Array.isArray(rules)) {
    report(inspection, location, 'Expected a list');
    return;
  }
  for (const [index, rule] of rules.entries()) {
    if (isObject(rule)) check(`${location}[${index}]`, rule, index === rules.length - 1);
    else report(inspection, `${location}[${index}]`, 'Expected an object');
  }
}
