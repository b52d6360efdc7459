import { isObject, type JsonValue } from '../../../states/json.ts';

type Segment =
  | { readonly kind: 'child' | 'deep'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number };

/** A selector that was read; undefined where it is not of the three operators that Automation documents. */
export type JsonPath = readonly Segment[];

const segment = /(?:(\.\.?)([A-Za-z_][\w-]*)|\[(\d+)\]|\['([^']+)'\])/y;

/**
 * Reads a JSONPath of what the user guide says Automation supports: `.name`, `..name` (every value of that name below) and `[0]`, after
 * `$`. Undefined for anything else.
 */
export function parseJsonPath(text: string): JsonPath | undefined {
  if (!text.startsWith('$')) return undefined;
  const segments: Segment[] = [];
  let at = 1;
  while (at < text.length) {
    segment.lastIndex = at;
    const match = segment.exec(text);
    if (!match) return undefined;
    const [whole, dots, name, index, quoted] = match;
    if (index !== undefined) segments.push({ kind: 'index', index: Number(index) });
    else segments.push({ kind: dots === '..' ? 'deep' : 'child', name: name ?? quoted ?? '' });
    at += whole.length;
  }
  return segments;
}

/** What a path selects: one value or undefined, and always a list once it has scanned deep. */
export function selectByPath(path: JsonPath, root: JsonValue): JsonValue | undefined {
  let found: readonly JsonValue[] = [root];
  for (const each of path) found = found.flatMap((value) => step(each, value));
  return path.some(({ kind }) => kind === 'deep') ? found : found[0];
}

function step(each: Segment, value: JsonValue): JsonValue[] {
  if (each.kind === 'deep') return scan(each.name, value);
  if (each.kind === 'index') {
    const item: JsonValue | undefined = Array.isArray(value) ? value[each.index] : undefined;
    return item === undefined ? [] : [item];
  }
  const member = isObject(value) ? value[each.name] : undefined;
  return member === undefined ? [] : [member];
}

/** Every member of a name, level by level. */
function scan(name: string, root: JsonValue): JsonValue[] {
  const found: JsonValue[] = [];
  const level: JsonValue[] = [root];
  for (const value of level) {
    if (Array.isArray(value)) level.push(...value);
    if (!isObject(value)) continue;
    const member = value[name];
    if (member !== undefined) found.push(member);
    level.push(...Object.values(value));
  }
  return found;
}
