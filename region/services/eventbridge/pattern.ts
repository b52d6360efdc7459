import { AwsError } from '../../kernel/errors.ts';
import { type Matcher, matcherOf, PatternInvalid } from './matchers.ts';

export type EventPattern = (event: unknown) => boolean;

type Node = (value: unknown) => boolean;

/**
 * Compiles an event pattern (EventBridge user guide, "Event patterns"): nested objects, lists of matchers at the leaves, `$or`. A field
 * of the event that is a list matches when one of its entries does. Throws InvalidEventPatternException.
 */
export function compilePattern(text: string): EventPattern {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error));
  }
  try {
    return compileObject(parsed, 'Filter is not an object');
  } catch (error) {
    if (error instanceof PatternInvalid) throw invalid(error.message);
    throw error;
  }
}

function invalid(reason: string): AwsError {
  return new AwsError('InvalidEventPatternException', `Event pattern is not valid. Reason: ${reason}`);
}

function compileObject(pattern: unknown, refusal: string): Node {
  if (typeof pattern !== 'object' || pattern === null || Array.isArray(pattern))
    throw new PatternInvalid(refusal);
  const fields = Object.entries(pattern);
  if (fields.length === 0) throw new PatternInvalid('Empty objects are not allowed');
  const nodes = fields.map(([name, inner]): Node => {
    if (name === '$or') return either(inner);
    const node = Array.isArray(inner)
      ? leaf(name, inner)
      : inObject(compileObject(inner, `"${name}" must be an object or an array`));
    return (value) => node(fieldOf(value, name));
  });
  return (value) => nodes.every((node) => node(value));
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

/** Objects within a list: one of them has to match whole. */
function inObject(node: Node): Node {
  return (value) => (Array.isArray(value) ? value.some((item) => node(item)) : node(value));
}

function either(alternatives: unknown): Node {
  if (!Array.isArray(alternatives) || alternatives.length < 2)
    throw new PatternInvalid('$or needs a list of at least two patterns');
  const nodes = alternatives.map((inner) => compileObject(inner, '$or needs objects'));
  return (value) => nodes.some((node) => node(value));
}

function leaf(name: string, entries: readonly unknown[]): Node {
  if (entries.length === 0) throw new PatternInvalid(`Empty arrays are not allowed (${name})`);
  const matchers = entries.map(matcherOf);
  const any = (value: unknown): boolean => matchers.some((matcher: Matcher) => matcher(value));
  return (value) => {
    // Only leaves exist for a pattern: an object is as good as absent, and so is an empty list.
    if (Array.isArray(value)) return value.length === 0 ? any(undefined) : value.flat().some(any);
    return any(typeof value === 'object' && value !== null ? undefined : value);
  };
}
