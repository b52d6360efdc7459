import { isDeepStrictEqual } from 'node:util';
import { isObject, type Json, listOf, objectOf, objectsOf, textOf } from './json.ts';
import { isSet, type Path, strategicKey } from './merge-keys.ts';
import { badRequest, StatusError } from './status-error.ts';

/** RFC 7396: objects are merged, null takes away, everything else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged: Record<string, unknown> = { ...objectOf(target) };
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else merged[name] = mergePatch(merged[name], value);
  }
  return merged;
}

/** Kubernetes' strategic merge: as above, but the items of known lists are merged by their keys, and `$` directives are followed. */
export function strategicPatch(target: unknown, patch: unknown, path: Path = []): unknown {
  if (!isObject(patch)) return patch;
  if (patch.$patch === 'replace') return withoutDirectives(patch);
  if (patch.$patch === 'delete') return {};
  const merged: Record<string, unknown> = { ...objectOf(target) };
  const kept = patch.$retainKeys;
  if (Array.isArray(kept))
    for (const name of Object.keys(merged)) if (!kept.includes(name)) delete merged[name];
  for (const [name, value] of Object.entries(patch)) {
    if (name.startsWith('$')) continue;
    if (value === null) delete merged[name];
    else if (Array.isArray(value)) merged[name] = patchList(merged[name], value, [...path, name]);
    else merged[name] = strategicPatch(merged[name], value, [...path, name]);
  }
  for (const [name, gone] of directives(patch, '$deleteFromPrimitiveList/'))
    if (Array.isArray(merged[name]))
      merged[name] = listOf(merged[name]).filter((value) => !listOf(gone).includes(value));
  const before = objectOf(target);
  const ordered = new Map(directives(patch, '$setElementOrder/'));
  for (const [name, list] of Object.entries(merged)) {
    const order = ordered.get(name) ?? patch[name];
    if (Array.isArray(list) && Array.isArray(order) && isMerged([...path, name]))
      merged[name] = inOrder(list, order, listOf(before[name]), [...path, name]);
  }
  return merged;
}

const isMerged = (path: Path): boolean => strategicKey(path) !== undefined || isSet(path);

const directives = (patch: Json, prefix: string): [string, unknown][] =>
  Object.entries(patch)
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, value]) => [name.slice(prefix.length), value]);

function withoutDirectives(value: Json): Json {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !name.startsWith('$')));
}

function patchList(target: unknown, patch: readonly unknown[], path: Path): unknown {
  const key = strategicKey(path);
  if (key === undefined) return isSet(path) ? [...new Set([...listOf(target), ...patch])] : patch;
  const given = objectsOf(patch);
  const replacing = given.some((item) => item.$patch === 'replace' && item[key] === undefined);
  const items: unknown[] = replacing ? [] : [...listOf(target)];
  for (const item of given) {
    if (item.$patch === 'replace' && item[key] === undefined) continue;
    if (item[key] === undefined) throw badRequest(`map: does not contain declared merge key: ${key}`);
    const index = items.findIndex((one) => objectOf(one)[key] === item[key]);
    if (item.$patch === 'delete') {
      if (index >= 0) items.splice(index, 1);
    } else if (index >= 0) items[index] = strategicPatch(items[index], item, path);
    else items.push(strategicPatch({}, item, path));
  }
  return items;
}

/**
 * The items that a patch names, in its order, and the others put among them by where they stood: before the first named one that stood
 * behind them. So what is new comes first, as it does in Kubernetes.
 */
function inOrder(
  items: readonly unknown[],
  order: readonly unknown[],
  before: readonly unknown[],
  path: Path,
): readonly unknown[] {
  const key = strategicKey(path);
  const identity = (item: unknown): unknown => (key === undefined ? item : objectOf(item)[key]);
  const [wanted, stood] = [order.map(identity), before.map(identity)];
  const rank = (item: unknown): number => wanted.indexOf(identity(item));
  const result = items.filter((item) => rank(item) >= 0).sort((a, b) => rank(a) - rank(b));
  let from = 0;
  for (const item of items.filter((one) => rank(one) < 0)) {
    const place = stood.indexOf(identity(item));
    const next = result.findIndex((one, index) => index >= from && stood.indexOf(identity(one)) > place);
    from = next < 0 ? result.length : next;
    result.splice(from, 0, item);
    from += 1;
  }
  return result;
}

/** RFC 6902. Throws StatusError 422 where the patch does not fit. */
export function jsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw badRequest('a JSON patch is a list of operations');
  return patch.reduce<unknown>((value, operation) => applyOperation(value, objectOf(operation)), target);
}

const unfit = (why: string): StatusError =>
  new StatusError(422, 'Invalid', `the server rejected our request due to an error in our request: ${why}`);

function applyOperation(target: unknown, { from, op, path, value }: Json): unknown {
  const pointer = pointerOf(path);
  switch (op) {
    case 'add':
      return edit(target, pointer, (holder, name) => insert(holder, name, value));
    case 'remove':
      return edit(target, pointer, (holder, name) => take(holder, name));
    case 'replace':
      valueAt(target, pointer);
      return edit(target, pointer, (holder, name) => put(holder, name, value));
    case 'test':
      if (!isDeepStrictEqual(valueAt(target, pointer), value))
        throw unfit(`testing value ${String(path)} failed`);
      return target;
    case 'copy':
      return applyOperation(target, { op: 'add', path, value: valueAt(target, pointerOf(from)) });
    case 'move': {
      const moved = valueAt(target, pointerOf(from));
      const without = applyOperation(target, { op: 'remove', path: from });
      return applyOperation(without, { op: 'add', path, value: moved });
    }
    default:
      throw badRequest(`unexpected kind: ${textOf(op)} is no operation of a JSON patch`);
  }
}

function pointerOf(path: unknown): string[] {
  return textOf(path)
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function valueAt(target: unknown, pointer: readonly string[]): unknown {
  return pointer.reduce<unknown>((value, name) => {
    const inner = Array.isArray(value) ? value[Number(name)] : objectOf(value)[name];
    if (inner === undefined) throw unfit(`${pointer.join('/')} is not there`);
    return inner;
  }, target);
}

type Edit = (holder: unknown, name: string) => unknown;

function edit(target: unknown, [name, ...rest]: readonly string[], change: Edit): unknown {
  if (name === undefined) throw badRequest('the whole object cannot be patched away');
  if (rest.length === 0) return change(target, name);
  return put(target, name, edit(valueAt(target, [name]), rest, change));
}

function put(holder: unknown, name: string, value: unknown): unknown {
  if (Array.isArray(holder)) return holder.with(Number(name), value);
  return { ...objectOf(holder), [name]: value };
}

function insert(holder: unknown, name: string, value: unknown): unknown {
  if (!Array.isArray(holder)) return put(holder, name, value);
  const index = name === '-' ? holder.length : Number(name);
  if (!(index >= 0 && index <= holder.length)) throw unfit(`there is no place ${name}`);
  return holder.toSpliced(index, 0, value);
}

function take(holder: unknown, name: string): unknown {
  valueAt(holder, [name]);
  if (Array.isArray(holder)) return holder.toSpliced(Number(name), 1);
  const { [name]: _, ...others } = objectOf(holder);
  return others;
}
