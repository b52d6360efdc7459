import { NotPlayedError } from '../../kernel/errors.ts';
import { invalid } from './state.ts';

type Test = (message: unknown) => boolean;

/**
 * A test for JSON messages from a pattern in braces: `{ $.cluster = "demo" && $.message != "done" }`, with `&&` alone or `||` alone, and
 * text that may begin or end with `*`. A message that is no JSON, and a field that is not there, match nothing. All else is not played.
 */
export function compileJsonFilter(pattern: string): (message: string) => boolean {
  const inner = /^\{(.*)\}$/s.exec(pattern)?.[1];
  if (inner === undefined) throw invalid('Invalid filter pattern');
  const operators = new Set(
    Array.from(inner.matchAll(/"(?:[^"\\]|\\.)*"|(&&|\|\|)/g), ([, operator]) => operator),
  );
  operators.delete(undefined);
  if (operators.size > 1 || /[()]/.test(inner.replace(/"(?:[^"\\]|\\.)*"/g, '')))
    throw new NotPlayedError(`the log filter pattern ${pattern}`);
  const every = !operators.has('||');
  const tests = splitOutsideQuotes(inner).map((text) => compileTest(text, pattern));
  return (message) => {
    const parsed = parseJson(message);
    if (parsed === undefined) return false;
    return every ? tests.every((test) => test(parsed)) : tests.some((test) => test(parsed));
  };
}

function splitOutsideQuotes(text: string): string[] {
  const parts = [''];
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|&&|\|\||./gs))
    if (token === '&&' || token === '||') parts.push('');
    else parts.push(`${parts.pop()}${token}`);
  return parts.map((part) => part.trim());
}

function compileTest(text: string, pattern: string): Test {
  const [, path = '', operator, quoted, plain] =
    /^\$\.([A-Za-z0-9_.-]+)\s*(!?=)\s*(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))$/.exec(text) ?? [];
  if (operator === undefined) throw new NotPlayedError(`the log filter pattern ${pattern}`);
  const wanted = (quoted ?? plain ?? '').replace(/\\(.)/g, '$1');
  const source = wanted
    .split('*')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  const expression = new RegExp(`^${source}$`, 's');
  return (message) => {
    const value = path.split('.').reduce<unknown>((at, key) => (isObject(at) ? at[key] : undefined), message);
    if (value === undefined || isObject(value)) return false;
    return expression.test(String(value)) === (operator === '=');
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
