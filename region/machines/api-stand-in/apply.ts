import { isDeepStrictEqual } from 'node:util';
import { type ApiObject, at, isObject, type Json, listOf, objectOf, objectsOf, textOf } from './json.ts';
import { appliedKeys, identityOf, isSet, type Path } from './merge-keys.ts';
import { badRequest, type Cause, StatusError } from './status-error.ts';

/** Fields as `managedFields` has them: `f:` a field, `k:` a list's item by its keys, `v:` a set's value; a leaf is empty. */
type FieldSet = Readonly<{ [field: string]: FieldSet }>;

export interface Applying {
  readonly manager: string;
  readonly force: boolean;
  readonly now: string;
}

/**
 * Server-side apply, kept simple: whoever applies owns the fields that it gives, and takes away those that it gave before, gives no more, and
 * nobody else owns. It meets a conflict where another applier owns a field with another value, unless it forces: then it owns it alone.
 * Other writes (create, update, patches) own nothing, so they never conflict. Throws StatusError 409.
 */
export function applyPatch(
  current: ApiObject | undefined,
  applied: ApiObject,
  { force, manager, now }: Applying,
): ApiObject {
  if (listOf(applied.metadata.managedFields).length > 0)
    throw badRequest('metadata.managedFields must be nil');
  const entries = objectsOf(current?.metadata.managedFields);
  const isOwn = (entry: Json): boolean => entry.manager === manager && entry.operation === 'Apply';
  const others = entries.filter((entry) => !isOwn(entry));
  const fields = withoutIdentity(fieldsOf(applied, []));
  const conflicts = others.flatMap((entry) =>
    conflictsWith(textOf(entry.manager), fieldSet(entry.fieldsV1), applied, current),
  );
  if (conflicts.length > 0 && !force) throw conflicted(conflicts);
  const previous = fieldSet(entries.find(isOwn)?.fieldsV1);
  const elsewhere = others.map((entry) => fieldSet(entry.fieldsV1));
  const cleared = current && (withoutFields(current, previous, [fields, ...elsewhere], []) as ApiObject);
  const merged = merge(cleared ?? {}, applied, []) as ApiObject;
  const entry = {
    manager,
    operation: 'Apply',
    apiVersion: applied.apiVersion,
    time: now,
    fieldsType: 'FieldsV1',
    fieldsV1: fields,
  };
  const losing = new Set(conflicts.map(({ field }) => field));
  const kept = others.flatMap((other) => {
    if (losing.size === 0) return [other];
    const fieldsV1 = dropFields(fieldSet(other.fieldsV1), '', losing);
    return isEmpty(fieldsV1) ? [] : [{ ...other, fieldsV1 }];
  });
  const unchanged = isDeepStrictEqual(previous, fields) && losing.size === 0;
  const managedFields = unchanged ? entries : [...kept, entry];
  return { ...merged, metadata: { ...merged.metadata, managedFields } };
}

const fieldSet = (value: unknown): FieldSet => objectOf(value) as FieldSet;

function fieldsOf(value: unknown, path: Path): FieldSet {
  if (isObject(value))
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [`f:${name}`, fieldsOf(inner, [...path, name])]),
    );
  const items = keyed(value, path);
  return Object.fromEntries(items.map(([id, item]) => [id, fieldsOf(item, path)]));
}

/** A list's items by what `managedFields` calls them; none for a list that is replaced as a whole. */
function keyed(value: unknown, path: Path): [id: string, item: unknown][] {
  if (!Array.isArray(value)) return [];
  const keys = appliedKeys(path);
  if (keys) return value.map((item) => [`k:${identityOf(item, keys)}`, item]);
  return isSet(path) ? value.map((item) => [`v:${JSON.stringify(item)}`, item]) : [];
}

/** Nobody owns what an object is called. */
function withoutIdentity(fields: FieldSet): FieldSet {
  const { 'f:apiVersion': _, 'f:kind': __, 'f:metadata': metadata = {}, ...rest } = fields;
  const { 'f:name': ___, 'f:namespace': ____, ...kept } = metadata;
  return Object.keys(kept).length > 0 ? { 'f:metadata': kept, ...rest } : rest;
}

type Conflict = Required<Cause>;

function conflictsWith(
  manager: string,
  owned: FieldSet,
  applied: unknown,
  current: unknown,
  path: Path = [],
  where = '',
): Conflict[] {
  return Object.entries(owned).flatMap(([id, inner]): Conflict[] => {
    const [wanted, there] = [childOf(applied, id, path), childOf(current, id, path)];
    if (wanted === undefined || there === undefined) return [];
    const field = fieldName(where, id);
    if (Object.keys(inner).length > 0)
      return conflictsWith(manager, inner, wanted, there, pathOf(path, id), field);
    if (isDeepStrictEqual(wanted, there)) return [];
    return [{ reason: 'FieldManagerConflict', message: `conflict with "${manager}"`, field }];
  });
}

const pathOf = (path: Path, id: string): Path => (id.startsWith('f:') ? [...path, id.slice(2)] : path);

function childOf(value: unknown, id: string, path: Path): unknown {
  if (id.startsWith('f:')) return at(value, id.slice(2));
  return keyed(value, path).find(([known]) => known === id)?.[1];
}

function conflicted(conflicts: readonly Conflict[]): StatusError {
  const count = `${conflicts.length} conflict${conflicts.length === 1 ? '' : 's'}`;
  const told = conflicts.map(({ field, message }) => `${message}: ${field}`).join('\n');
  return new StatusError(409, 'Conflict', `Apply failed with ${count}: ${told}`, { causes: conflicts });
}

/** Without the named leaves, and without what is empty because of that. */
function dropFields(fields: FieldSet, where: string, dropped: ReadonlySet<string>): FieldSet {
  const left = Object.entries(fields).flatMap(([id, inner]): [string, FieldSet][] => {
    const field = fieldName(where, id);
    if (dropped.has(field)) return [];
    const rest = dropFields(inner, field, dropped);
    return isEmpty(rest) && !isEmpty(inner) ? [] : [[id, rest]];
  });
  return Object.fromEntries(left);
}

const fieldName = (where: string, id: string): string =>
  `${where}${id.startsWith('f:') ? `.${id.slice(2)}` : `[${id.slice(2)}]`}`;

/** Takes away what the old set has and none of the others. */
function withoutFields(value: unknown, old: FieldSet, others: readonly FieldSet[], path: Path): unknown {
  let result = value;
  for (const [id, inner] of Object.entries(old)) {
    const holders = others.flatMap((other) => (Object.hasOwn(other, id) ? [other[id] ?? {}] : []));
    const child = childOf(result, id, path);
    if (child === undefined) continue;
    const held = holders.length > 0;
    const leaf = Object.keys(inner).length === 0;
    // A list's item goes as a whole; an object keeps what others have put into it.
    const left =
      leaf || (id.startsWith('k:') && !held)
        ? held
          ? child
          : gone
        : withoutFields(child, inner, holders, pathOf(path, id));
    result = withChild(result, id, path, isEmpty(left) ? undefined : left);
  }
  return result;
}

const gone: Json = {};
const isEmpty = (value: unknown): boolean => isObject(value) && Object.keys(value).length === 0;

function withChild(value: unknown, id: string, path: Path, child: unknown): unknown {
  if (id.startsWith('f:')) {
    const { [id.slice(2)]: _, ...rest } = objectOf(value);
    return child === undefined ? rest : { ...objectOf(value), [id.slice(2)]: child };
  }
  return keyed(value, path).flatMap(([known, item]) =>
    known !== id ? [item] : child === undefined ? [] : [child],
  );
}

function merge(current: unknown, applied: unknown, path: Path): unknown {
  if (isObject(applied)) {
    const merged: Record<string, unknown> = { ...objectOf(current) };
    for (const [name, value] of Object.entries(applied))
      merged[name] = merge(merged[name], value, [...path, name]);
    return merged;
  }
  const wanted = keyed(applied, path);
  if (wanted.length === 0) return applied;
  const items = keyed(current, path);
  const updated = items.map(([id, item]) => {
    const change = wanted.find(([known]) => known === id);
    return change ? merge(item, change[1], path) : item;
  });
  const fresh = wanted.filter(([id]) => !items.some(([known]) => known === id)).map(([, item]) => item);
  return [...updated, ...fresh];
}
