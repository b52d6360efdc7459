import { NotPlayedError } from '../../../kernel/errors.ts';
import { isObject, type JsonValue } from '../../../states/json.ts';
import { invalidContent } from './errors.ts';
import { type Runbook, type ValueType, valueTypeOf } from './runbook.ts';

const namesMax = 200;
const nameCharactersMax = 50;

/** Checks what a document declares of its parameters: names, patterns, and that defaults and allowed values are of the type. */
export function checkParameters({ parameters }: Runbook): void {
  if (Object.keys(parameters).length > namesMax)
    throw invalidContent(`The document declares more than ${namesMax} parameters.`);
  for (const [name, declared] of Object.entries(parameters)) {
    if (!/^[a-zA-Z0-9]+$/.test(name)) throw invalidContent(`Parameter name "${name}" is not alpha-numeric.`);
    if (name.length > nameCharactersMax)
      throw invalidContent(`Parameter name "${name}" is longer than ${nameCharactersMax} characters.`);
    const type = valueTypeOf(declared);
    if (declared.default !== undefined) checkDefault(name, type, declared.default);
    if (declared.allowedPattern !== undefined) checkPattern(name, type, declared.allowedPattern);
    const item = type === 'StringList' ? 'String' : type;
    if (declared.allowedValues?.some((value) => !isOfType(item, value)))
      throw invalidContent(`Parameter "${name}" allows values that are not of its type.`);
  }
}

function checkDefault(name: string, type: ValueType, value: JsonValue): void {
  if (JSON.stringify(value).includes('{{'))
    throw new NotPlayedError(`references in the default of a parameter (${name})`);
  if (!isOfType(type, value))
    throw invalidContent(`The default value of parameter "${name}" is not of the type ${type}.`);
}

function checkPattern(name: string, type: ValueType, pattern: string): void {
  if (type !== 'String' && type !== 'StringList')
    throw invalidContent(`Parameter "${name}" has an allowedPattern and is of the type ${type}.`);
  try {
    new RegExp(pattern);
  } catch {
    throw new NotPlayedError(
      `the allowedPattern ${pattern} of parameter "${name}": it is no pattern of JavaScript`,
    );
  }
}

/** Whether a value is of a parameter's type. */
export function isOfType(type: ValueType, value: JsonValue): boolean {
  switch (type) {
    case 'String':
      return typeof value === 'string';
    case 'Integer':
      return typeof value === 'number' && Number.isInteger(value);
    case 'Boolean':
      return typeof value === 'boolean';
    case 'StringMap':
      return isObject(value);
    case 'StringList':
      return Array.isArray(value) && value.every((item: JsonValue) => typeof item === 'string');
    case 'MapList':
      return Array.isArray(value) && value.every((item: JsonValue) => isObject(item));
  }
}
