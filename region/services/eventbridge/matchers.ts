import { isIP } from 'node:net';

export type Matcher = (value: unknown) => boolean;

/** A pattern that EventBridge would not take; the message is the reason. */
export class PatternInvalid extends Error {}

type MatcherOf = (argument: unknown) => Matcher;

function strings(name: string, argument: unknown): string[] {
  const all = Array.isArray(argument) ? argument : [argument];
  if (all.length > 0 && all.every((item) => typeof item === 'string')) return all;
  throw new PatternInvalid(`${name} match pattern must be a string or a list of strings`);
}

function string(name: string, argument: unknown): string {
  if (typeof argument === 'string' && argument !== '') return argument;
  throw new PatternInvalid(`${name} match pattern must be a non-empty string`);
}

const onText =
  (test: (text: string) => boolean): Matcher =>
  (value) =>
    typeof value === 'string' && test(value);

/** `prefix` and `suffix`: a string, or `{"equals-ignore-case": string}`. */
function affix(name: string, has: (text: string, part: string) => boolean): MatcherOf {
  return (argument) => {
    if (typeof argument === 'object' && argument !== null && !Array.isArray(argument)) {
      const [[key, part] = ['', undefined]] = Object.entries(argument);
      if (key !== 'equals-ignore-case') throw new PatternInvalid(`Unsupported ${name} pattern: ${key}`);
      const wanted = string(name, part).toLowerCase();
      return onText((text) => has(text.toLowerCase(), wanted));
    }
    const wanted = string(name, argument);
    return onText((text) => has(text, wanted));
  };
}

const comparisons: Readonly<Record<string, (left: number, right: number) => boolean>> = {
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
  '=': (left, right) => left === right,
  '>': (left, right) => left > right,
  '>=': (left, right) => left >= right,
};

function numeric(argument: unknown): Matcher {
  const parts = Array.isArray(argument) ? argument : [];
  if (parts.length !== 2 && parts.length !== 4)
    throw new PatternInvalid('numeric match pattern needs one or two comparisons');
  const tests = Array.from({ length: parts.length / 2 }, (_, index) => {
    const compare = comparisons[String(parts[index * 2])];
    const bound: unknown = parts[index * 2 + 1];
    if (!compare)
      throw new PatternInvalid(`Unrecognized numeric range operator: ${String(parts[index * 2])}`);
    if (typeof bound !== 'number')
      throw new PatternInvalid(`Value of ${String(parts[index * 2])} must be numeric`);
    return (value: number) => compare(value, bound);
  });
  return (value) => typeof value === 'number' && tests.every((test) => test(value));
}

/** `*` stands for any run of characters; `\*` and `\\` for themselves. */
function wildcard(argument: unknown): Matcher {
  const source = string('wildcard', argument);
  if (source.includes('**')) throw new PatternInvalid('Consecutive wildcard characters');
  const expression = source.replaceAll(/\\[*\\]|\*|[.+?^${}()|[\]\\]/g, (part) => {
    if (part === '*') return '.*';
    return part.length === 2 ? `\\${part[1]}` : `\\${part}`;
  });
  const regexp = new RegExp(`^${expression}$`, 's');
  return onText((text) => regexp.test(text));
}

function addressBits(address: string): bigint | undefined {
  if (isIP(address) !== 4) return undefined;
  return address.split('.').reduce((sum, octet) => sum * 256n + BigInt(octet), 0n);
}

/** IPv4 alone: nothing of Trivet has IPv6 addresses. */
function cidr(argument: unknown): Matcher {
  const [address = '', bits = ''] = string('cidr', argument).split('/');
  const base = addressBits(address);
  const length = Number(bits);
  if (base === undefined || bits === '' || !(length >= 0 && length <= 32)) {
    throw new PatternInvalid(`Malformed CIDR, or not IPv4: ${String(argument)}`);
  }
  const shift = BigInt(32 - length);
  return onText((text) => {
    const value = addressBits(text);
    return value !== undefined && value >> shift === base >> shift;
  });
}

/** `anything-but`: a scalar, a list of scalars, or one of prefix, suffix, equals-ignore-case, wildcard over a string or list. */
function anythingBut(argument: unknown): Matcher {
  if (typeof argument === 'object' && argument !== null && !Array.isArray(argument)) {
    const [[key, inner] = ['', undefined], ...others] = Object.entries(argument);
    const make = { prefix, suffix, wildcard, 'equals-ignore-case': equalsIgnoreCase }[key];
    if (!make || others.length > 0) throw new PatternInvalid(`Unsupported anything-but pattern: ${key}`);
    const excluded = (Array.isArray(inner) ? inner : [inner]).map((each) => make(each));
    return onText((text) => !excluded.some((matcher) => matcher(text)));
  }
  const excluded: readonly unknown[] = Array.isArray(argument) ? argument : [argument];
  if (
    excluded.length === 0 ||
    !excluded.every((item) => typeof item === 'string' || typeof item === 'number')
  ) {
    throw new PatternInvalid('anything-but list must be of strings or numbers');
  }
  const refused = new Set<unknown>(excluded);
  return (value) => value !== undefined && !refused.has(value);
}

const prefix = affix('prefix', (text, part) => text.startsWith(part));
const suffix = affix('suffix', (text, part) => text.endsWith(part));
const equalsIgnoreCase: MatcherOf = (argument) => {
  const wanted = strings('equals-ignore-case', argument).map((text) => text.toLowerCase());
  return onText((text) => wanted.includes(text.toLowerCase()));
};

const matchers: Readonly<Record<string, MatcherOf>> = {
  prefix,
  suffix,
  'equals-ignore-case': equalsIgnoreCase,
  'anything-but': anythingBut,
  numeric,
  cidr,
  wildcard,
  exists: (argument) => {
    if (typeof argument !== 'boolean')
      throw new PatternInvalid('exists match pattern must be either true or false.');
    return (value) => (value !== undefined) === argument;
  },
};

/** One entry of a pattern's list: a literal, or an object with one operator. `undefined` stands for a field that is not there. */
export function matcherOf(entry: unknown): Matcher {
  if (entry === null || typeof entry !== 'object') return (value) => value === entry;
  const [[name, argument] = ['', undefined], ...others] = Object.entries(entry);
  const make = matchers[name];
  if (Array.isArray(entry) || !make || others.length > 0) {
    throw new PatternInvalid(`Unrecognized match type ${Array.isArray(entry) ? 'list' : name}`);
  }
  return make(argument);
}
