import { inspect, isDeepStrictEqual } from 'node:util';
import { createIds, type Ids } from '../../../region/kernel/ids.ts';
import {
  isRecord,
  kindOf,
  membersOf,
  requiredCount,
  type Shape,
  type ShapeTraits,
  traitsOf,
} from '../../../region/protocols/shape.ts';

/** A source of choices for generateValue; the same seed gives the same values. */
export interface Source {
  /** A whole number from 0 to `below` - 1. */
  readonly pick: (below: number) => number;
  readonly text: () => string;
}

const alphabet = [...'abcXYZ019-_.:/<>&"\'%+=?# é€𝄞{}[],;@!$~'];

/** A seeded source. */
export function createSource(seed: number): Source {
  const ids: Ids = createIds(seed);
  const pick = (below: number): number => Math.floor(ids.random() * below);
  return {
    pick,
    text: () => {
      const length = 1 + pick(8);
      const characters = Array.from({ length }, () => alphabet[pick(alphabet.length)] ?? 'a');
      return `t${characters.join('')}t`;
    },
  };
}

const numbers = [0, 1, 42, -7, 0.5, 1_700_000_000_123];

/** Text that may stand in a header or a path. */
const plainText = (source: Source): string => `p${source.pick(1_000_000)}`;

const isPrefixed = (traits: ShapeTraits): boolean => traits.httpPrefixHeaders !== undefined;

const isPlain = (shape: Shape): boolean => {
  const traits = traitsOf(shape);
  return Boolean(traits.httpHeader || traits.httpLabel) || isPrefixed(traits);
};

/**
 * A value that fits a shape: every kind of scalar, lists and maps of one to three entries, unions with one member. Below `depth`
 * levels only required members are there, so that recursive shapes end.
 */
export function generateValue(shape: Shape, source: Source, depth: number, plain = false): unknown {
  switch (kindOf(shape)) {
    case 'unit':
      return {};
    case 'structure':
      return shape.isUnionSchema()
        ? generateUnion(shape, source, depth)
        : generateMembers(shape, source, depth);
    case 'list': {
      const length = 1 + source.pick(3);
      return Array.from({ length }, () => generateValue(shape.getValueSchema(), source, depth - 1, plain));
    }
    case 'map': {
      const keys = Array.from({ length: 1 + source.pick(2) }, (_, index) => `k${index}`);
      return Object.fromEntries(
        keys.map((key) => [key, generateValue(shape.getValueSchema(), source, depth - 1, plain)]),
      );
    }
    case 'string':
      return plain ? plainText(source) : source.text();
    case 'number':
      return traitsOf(shape).httpResponseCode ? 200 + source.pick(3) : numbers[source.pick(numbers.length)];
    case 'boolean':
      return source.pick(2) === 1;
    case 'timestamp':
      return new Date(1_700_000_000_000 + source.pick(1_000_000) * 1000);
    case 'blob':
      return new Uint8Array(Array.from({ length: 1 + source.pick(5) }, () => source.pick(256)));
    case 'document':
      return { a: [1, 'two', { three: false }] };
    default:
      return undefined;
  }
}

function generateUnion(shape: Shape, source: Source, depth: number): Record<string, unknown> {
  const members = [...membersOf(shape)].sort(([, left], [, right]) => weight(left) - weight(right));
  const [name, member] = members[depth > 0 ? source.pick(members.length) : 0] ?? [];
  return name === undefined || member === undefined
    ? {}
    : { [name]: generateValue(member, source, depth - 1) };
}

const weight = (shape: Shape): number => (['structure', 'list', 'map'].includes(kindOf(shape)) ? 1 : 0);

function generateMembers(shape: Shape, source: Source, depth: number): Record<string, unknown> {
  const required = requiredCount(shape);
  const members = [...membersOf(shape)];
  const value: Record<string, unknown> = {};
  const add = (name: string, member: Shape): void => {
    const item = generateValue(member, source, depth - 1, isPlain(member));
    if (item !== undefined) value[name] = item;
  };
  for (const [index, [name, member]] of members.entries()) {
    // The SDK fills in absent idempotency tokens and metadata, and takes an empty answer of S3 for a broken one.
    const traits = traitsOf(member);
    const { idempotencyToken, httpPayload, httpResponseCode } = traits;
    const filledIn = idempotencyToken || httpPayload || httpResponseCode || isPrefixed(traits);
    const needed = index < required || filledIn;
    if (needed || (depth > 0 && source.pick(4) > 0)) add(name, member);
  }
  // The query protocols and XML cannot carry a list entry that is an empty structure.
  const spare = members.find(([, member]) => weight(member) === 0) ?? (depth > -6 ? members[0] : undefined);
  if (Object.keys(value).length === 0 && spare) add(...spare);
  return value;
}

/** Where two values first differ, as a path and both sides; undefined when they are the same. */
export function firstDifference(expected: unknown, actual: unknown, path = ''): string | undefined {
  if (isDeepStrictEqual(expected, actual)) return undefined;
  // The SDK hands out blobs as a subclass of Uint8Array.
  if (
    expected instanceof Uint8Array &&
    actual instanceof Uint8Array &&
    Buffer.compare(expected, actual) === 0
  )
    return undefined;
  if (isRecord(expected) && isRecord(actual)) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
      const difference = firstDifference(expected[key], actual[key], `${path}.${key}`);
      if (difference !== undefined) return difference;
    }
    return undefined;
  }
  if (Array.isArray(expected) && Array.isArray(actual) && expected.length === actual.length) {
    for (const [index, item] of expected.entries()) {
      const difference = firstDifference(item, actual[index], `${path}.${index}`);
      if (difference !== undefined) return difference;
    }
    return undefined;
  }
  return `${path}: expected ${inspect(expected)}, got ${inspect(actual)}`;
}
