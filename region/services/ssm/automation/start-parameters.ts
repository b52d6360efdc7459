import { AwsError } from '../../../kernel/errors.ts';
import type { JsonObject, JsonValue } from '../../../states/json.ts';
import { isOfType } from './check-parameters.ts';
import { type DeclaredParameter, type Runbook, type ValueType, valueTypeOf } from './runbook.ts';

/** Parameters as StartAutomationExecution takes them. */
export type GivenParameters = Readonly<Record<string, readonly string[]>>;

/**
 * Bounds of the API itself, whatever the document says (API model, AutomationParameterMap). The model's longest value, 512 characters, is
 * none: AWS's own "Automated Security Response" starts runbooks with whole findings, of kilobytes, as one value.
 */
const bounds = { entries: 200, keyCharacters: 50, values: 50 };

/** "The content of the document must not exceed 64KB. This quota also includes … input parameters at runtime" (API, CreateDocument). */
export const documentBytesMax = 65_536;

/** A refusal that names the parameter, as AWS refuses what does not fit the document. */
export function invalidParameters(message: string): AwsError {
  return new AwsError('InvalidAutomationExecutionParametersException', message);
}

/** Checks given parameters against the API's bounds. Throws ValidationException. */
export function checkBounds(given: GivenParameters): void {
  const refuse = (shown: string, constraint: string): never => {
    throw new AwsError(
      'ValidationException',
      `1 validation error detected: Value '${shown}' at 'parameters' failed to satisfy constraint: ${constraint}`,
    );
  };
  const count = Object.keys(given).length;
  if (count > bounds.entries)
    refuse(`${count} entries`, `Member must have length less than or equal to ${bounds.entries}`);
  for (const [name, values] of Object.entries(given)) {
    const shown = `{${name}=[${values.join(', ')}]}`;
    if (name.length < 1 || name.length > bounds.keyCharacters) refuse(shown, keyConstraint);
    if (values.length > bounds.values || values.includes('')) refuse(shown, valueConstraint);
  }
}

const keyConstraint = `Map keys must satisfy constraint: [Member must have length less than or equal to ${bounds.keyCharacters}, Member must have length greater than or equal to 1]`;
const valueConstraint = `Map value must satisfy constraint: [Member must have length less than or equal to ${bounds.values}, Member must satisfy constraint: [Member must have length greater than or equal to 1]]`;

/**
 * Values of all the runbook's parameters, by their types, with its defaults. Throws InvalidAutomationExecutionParametersException for a
 * parameter that is unknown or missing, and for a value that the document does not allow. Defaults are taken as they are.
 */
export function readParameters({ parameters }: Runbook, given: GivenParameters): JsonObject {
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(parameters, name));
  if (unknown.length > 0) throw invalidParameters(`Undefined execution inputs: [${unknown.join(', ')}]`);
  return Object.fromEntries(
    Object.entries(parameters).map(([name, declared]) => {
      const values = given[name];
      if (values !== undefined) return [name, readValue(name, declared, values)];
      if (declared.default !== undefined) return [name, declared.default];
      throw invalidParameters(`Missing required parameter: ${name} in user inputs.`);
    }),
  );
}

function readValue(name: string, declared: DeclaredParameter, values: readonly string[]): JsonValue {
  const type = valueTypeOf(declared);
  const value = parseValue(type, values);
  if (value === undefined)
    throw invalidParameters(
      `Parameter "${name}" has value "${values.join(', ')}" which is not of the type ${type}.`,
    );
  const items: readonly JsonValue[] = Array.isArray(value) ? value : [value];
  checkCount(name, declared, items.length);
  for (const item of items) checkItem(name, declared, item);
  return value;
}

/** Values as the type has them; undefined where they do not fit. Maps come as JSON. */
function parseValue(type: ValueType, values: readonly string[]): JsonValue | undefined {
  if (type === 'StringList') return [...values];
  const [first = ''] = values;
  if (type === 'MapList') {
    const maps = values.map(parseJson);
    const list = maps.length === 1 && Array.isArray(maps[0]) ? maps[0] : maps;
    return list.every((item): item is JsonObject => isOfType('StringMap', item ?? null)) ? list : undefined;
  }
  if (values.length !== 1) return undefined;
  if (type === 'String') return first;
  const value = parseJson(first);
  return value !== undefined && isOfType(type, value) ? value : undefined;
}

function parseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

function checkCount(
  name: string,
  { minItems = 0, maxItems = Infinity, ...declared }: DeclaredParameter,
  count: number,
): void {
  const type = valueTypeOf(declared);
  if ((type !== 'StringList' && type !== 'MapList') || (count >= minItems && count <= maxItems)) return;
  throw invalidParameters(
    `Parameter "${name}" has ${count} items, and must have ${between(minItems, maxItems)}.`,
  );
}

function checkItem(name: string, declared: DeclaredParameter, item: JsonValue): void {
  const shown = typeof item === 'string' ? item : JSON.stringify(item);
  const { allowedValues, allowedPattern, minChars = 0, maxChars = Infinity } = declared;
  if (allowedValues && !allowedValues.some((allowed) => JSON.stringify(allowed) === JSON.stringify(item)))
    throw invalidParameters(
      `Parameter "${name}" has value "${shown}" not found in [${allowedValues.join(', ')}].`,
    );
  // The pattern has to match the whole value: the stricter of the two ways to read AWS's documentation.
  if (allowedPattern !== undefined && !new RegExp(`^(?:${allowedPattern})$`).test(shown))
    throw invalidParameters(
      `Parameter "${name}" has value "${shown}" which does not match the allowed pattern ${allowedPattern}.`,
    );
  if (shown.length < minChars || shown.length > maxChars)
    throw invalidParameters(
      `Parameter "${name}" has ${shown.length} characters, and must have ${between(minChars, maxChars)}.`,
    );
}

function between(least: number, most: number): string {
  if (most === Infinity) return `at least ${least}`;
  return least === 0 ? `at most ${most}` : `${least} to ${most}`;
}
