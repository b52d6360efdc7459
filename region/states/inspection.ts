import type { JsonObject } from './json.ts';
import { type FieldTable, refusal } from './validate-fields.ts';

export interface Problem {
  readonly code: 'INVALID_JSON_DESCRIPTION' | 'SCHEMA_VALIDATION_FAILED';
  readonly message: string;
  /** JSON pointer into the definition, as `/States/Verify etcd/Next`. */
  readonly location: string;
}

/** Collects the problems of one definition, and what must be known across its whole depth. */
export interface Inspection {
  readonly problems: Problem[];
  /** Every state name seen, with where: names are unique across the whole machine. */
  readonly names: Map<string, string>;
  /** Variables that the enclosing scopes assign: an inner scope must not assign them. */
  readonly outerVariables: ReadonlySet<string>;
}

/** Adds a problem of the schema. */
export function report(inspection: Inspection, location: string, message: string): void {
  inspection.problems.push({ code: 'SCHEMA_VALIDATION_FAILED', message, location: location || '/' });
}

/** A part may repeat the machine's query language, not leave it. */
export function checkQueryLanguage(inspection: Inspection, location: string, part: JsonObject): void {
  if (part.QueryLanguage !== undefined && part.QueryLanguage !== 'JSONata') {
    const message = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine";
    report(inspection, location, message);
  }
}

/** Reports unknown fields one by one, and missing ones together. */
export function checkFields(
  inspection: Inspection,
  location: string,
  part: JsonObject,
  { required, optional }: FieldTable,
): void {
  for (const field of Object.keys(part)) {
    if (!required.includes(field) && !optional.includes(field)) {
      report(inspection, `${location}/${field}`, refusal(field));
    }
  }
  const missing = required.filter((field) => part[field] === undefined);
  if (missing.length > 0) {
    report(inspection, location, `These fields are required: [${missing.join(', ')}]`);
  }
}
