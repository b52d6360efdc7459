import { isObject, type JsonObject, type JsonValue } from '../../../states/json.ts';

const anywhere = /\{\{\s*([^{}]*?)\s*\}\}/g;
const alone = /^\{\{\s*([^{}]*?)\s*\}\}$/;

/** Variables that every runbook has (user guide, "Automation system variables"). */
export const systemVariables: readonly string[] = [
  'global:ACCOUNT_ID',
  'global:AWS_PARTITION',
  'global:DATE',
  'global:DATE_TIME',
  'global:REGION',
  'automation:EXECUTION_ID',
];

/** What stands in `{{ … }}` anywhere inside a value. */
export function referencesIn(value: JsonValue): string[] {
  if (typeof value === 'string') return [...value.matchAll(anywhere)].map(([, name = '']) => name);
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  return isObject(value) ? Object.values(value).flatMap(referencesIn) : [];
}

/** The one reference that a text consists of; undefined for other texts. */
export function soleReference(text: string): string | undefined {
  return alone.exec(text)?.[1];
}

/** Step and output of `step.output`; undefined for other references. */
export function outputReference(
  reference: string,
): { readonly step: string; readonly output: string } | undefined {
  const [, step, output] = /^([a-zA-Z0-9_]+)\.([a-zA-Z0-9_]+)$/.exec(reference) ?? [];
  return step === undefined || output === undefined ? undefined : { step, output };
}

/**
 * A value with its references replaced. A text that is one reference becomes what it stands for, with its type, and in a list the items
 * of a list; within other texts it becomes text. Nothing is escaped, as on AWS: a quotation mark in a parameter ends a JSON string.
 */
export function resolveReferences(value: JsonValue, lookUp: (reference: string) => JsonValue): JsonValue {
  if (typeof value === 'string') {
    const sole = soleReference(value);
    if (sole !== undefined) return lookUp(sole);
    return value.replaceAll(anywhere, (_, name: string) => textOf(lookUp(name)));
  }
  if (Array.isArray(value)) {
    return value.flatMap((item: JsonValue) => {
      const resolved = resolveReferences(item, lookUp);
      const isListReference = typeof item === 'string' && soleReference(item) !== undefined;
      return isListReference && Array.isArray(resolved) ? resolved : [resolved];
    });
  }
  return isObject(value) ? resolveMembers(value, lookUp) : value;
}

/** An object with the references in its members replaced; names stay as they are. */
export function resolveMembers(value: JsonObject, lookUp: (reference: string) => JsonValue): JsonObject {
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, resolveReferences(member, lookUp)]),
  );
}

/** A value as text: strings as they are, the rest as JSON. */
export function textOf(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
