import jsonata from 'jsonata';
import { type ExpressionSources, stepFunctionsFunctions } from './functions.ts';
import { isObject, type JsonValue } from './json.ts';

/** Longest evaluation of one expression, in milliseconds of real time: a loop without end must not hang the region. */
const evaluationMillisecondsMax = 5_000;
const evaluationDepthMax = 500;

/** Why a field could not be evaluated; the interpreter turns it into States.QueryEvaluationError. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
  /** The field, as `Assign/result`; undefined when it is the input itself that does not fit. */
  readonly location: string | undefined;

  constructor(location: string | undefined, message: string) {
    super(message);
    this.location = location;
  }
}

/** Variables by name, `states` among them: plain data. */
export type Bindings = Readonly<Record<string, unknown>>;

const compiled = new Map<string, jsonata.Expression>();

/** The JSONata text of a string that is a JSONata expression as a whole (`{% … %}`), else undefined. */
export function expressionText(value: unknown): string | undefined {
  if (typeof value !== 'string' || !value.startsWith('{%') || !value.endsWith('%}') || value.length < 4) {
    return undefined;
  }
  return value.slice(2, -2).trim();
}

/** Parses an expression, once per text. Throws jsonata's own error when it is broken. */
export function compileExpression(text: string): jsonata.Expression {
  const known = compiled.get(text);
  if (known) return known;
  const options = { timeout: evaluationMillisecondsMax, stack: evaluationDepthMax };
  const expression = jsonata(text, options);
  compiled.set(text, expression);
  return expression;
}

/**
 * Evaluates every JSONata string of a template. `location` names the field for messages. Throws ExpressionError when an
 * expression fails, returns nothing, or returns what JSON cannot hold.
 */
export async function evaluateTemplate(
  template: JsonValue,
  location: string,
  bindings: Bindings,
  sources: ExpressionSources,
): Promise<JsonValue> {
  const text = expressionText(template);
  if (text !== undefined) {
    return evaluateExpression(text, location, bindings, sources);
  }
  if (Array.isArray(template)) {
    const items: JsonValue[] = [];
    for (const [index, item] of template.entries()) {
      items.push(await evaluateTemplate(item, `${location}[${index}]`, bindings, sources));
    }
    return items;
  }
  if (!isObject(template)) return template;
  const fields: [string, JsonValue][] = [];
  for (const [name, field] of Object.entries(template)) {
    fields.push([name, await evaluateTemplate(field, `${location}/${name}`, bindings, sources)]);
  }
  return Object.fromEntries(fields);
}

async function evaluateExpression(
  text: string,
  location: string,
  bindings: Bindings,
  sources: ExpressionSources,
): Promise<JsonValue> {
  const where = `The JSONata expression '${text}' specified for the field '${location}'`;
  let result: unknown;
  try {
    // A copy of the data: jsonata marks arrays that it was given (`list[]`), which the next expression must not see.
    const known = { ...stepFunctionsFunctions(sources), ...structuredClone(bindings) };
    result = await compileExpression(text).evaluate(undefined, known);
  } catch (thrown) {
    const { code, message } = thrown as { code?: string; message?: string };
    const reason = code ? `${code}: ${message}` : (message ?? String(thrown));
    throw new ExpressionError(location, `${where} threw an error during evaluation. ${reason}`);
  }
  if (result === undefined) throw new ExpressionError(location, `${where} returned nothing (undefined).`);
  const plain = toJson(result);
  if (plain === undefined) {
    throw new ExpressionError(location, `${where} returned an unsupported result type.`);
  }
  return plain;
}

/** A copy without jsonata's marks on sequences; undefined when something in it is not JSON. */
function toJson(value: unknown): JsonValue | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'object') return undefined;
  if (Array.isArray(value)) {
    const items = value.map(toJson);
    return items.some((item) => item === undefined) ? undefined : (items as JsonValue[]);
  }
  if ('_jsonata_lambda' in value || '_jsonata_function' in value) return undefined;
  const fields = Object.entries(value).flatMap(([name, field]) =>
    field === undefined ? [] : [[name, toJson(field)] as const],
  );
  return fields.some(([, field]) => field === undefined)
    ? undefined
    : (Object.fromEntries(fields) as { [key: string]: JsonValue });
}

/** The message of an expression that gave another type than its field takes, in AWS's words. */
export function unexpectedType(
  location: string,
  template: unknown,
  expected: string,
  value: JsonValue,
): ExpressionError {
  const text = expressionText(template);
  const what = text === undefined ? `The value` : `The JSONata expression '${text}'`;
  const actual = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  const message = `${what} specified for the field '${location}' returned an unexpected result type. Expected '${expected}', but was '${actual}' for value: ${JSON.stringify(value)}`;
  return new ExpressionError(location, message);
}
