/** Whatever JSON has where an object stands. Nothing here changes what it is given. */
export type Json = Readonly<Record<string, unknown>>;

export interface Metadata extends Json {
  readonly name?: string;
  readonly generateName?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
}

/** A Kubernetes object of any kind. */
export interface ApiObject extends Json {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Metadata;
}

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const objectOf = (value: unknown): Json => (isObject(value) ? value : {});
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const objectsOf = (value: unknown): readonly Json[] => listOf(value).filter(isObject);
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
export const numberOf = (value: unknown, otherwise: number): number =>
  typeof value === 'number' ? value : otherwise;
export const textsOf = (value: unknown): readonly string[] => listOf(value).map(textOf);

/** What stands at a path of field names; undefined where the path ends early. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, name) => (isObject(inner) ? inner[name] : undefined), value);
}

/** The same object with another value at a path; the path is made where it ends early, and `undefined` takes the field away. */
export function withAt<T extends Json>(object: T, path: readonly string[], value: unknown): T {
  const [name, ...rest] = path;
  if (name === undefined) return object;
  if (rest.length > 0) return { ...object, [name]: withAt(objectOf(object[name]), rest, value) };
  if (value !== undefined) return { ...object, [name]: value };
  const { [name]: _, ...others } = object;
  return others as T;
}

/** The same value without fields that are null, which JSON for a Kubernetes API means as not being there. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null && inner !== undefined)
      .map(([name, inner]) => [name, withoutNulls(inner)]),
  );
}

/** A list of conditions with one in place of the one of its type. `lastTransitionTime` moves only when the status does. */
export function withCondition(
  conditions: unknown,
  condition: { readonly type: string; readonly status: string; readonly [field: string]: unknown },
  now: string,
): readonly Json[] {
  const all = objectsOf(conditions);
  const old = all.find(({ type }) => type === condition.type);
  const since = old?.status === condition.status ? (old.lastTransitionTime ?? now) : now;
  const made = { ...condition, lastTransitionTime: since };
  return old ? all.map((one) => (one === old ? made : one)) : [...all, made];
}

export const conditionOf = (object: unknown, type: string): Json | undefined =>
  objectsOf(at(object, 'status', 'conditions')).find((condition) => condition.type === type);

/** To the second, as most of the API's times are. */
export const secondsTime = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`;
