import type { StateMachineDefinition } from './definition.ts';
import { checkFields, type Inspection, type Problem, report } from './inspection.ts';
import { isObject, type JsonObject, type JsonValue } from './json.ts';
import { findDuplicateKeys } from './json-keys.ts';
import { machineFields } from './validate-fields.ts';
import { checkGraph } from './validate-graph.ts';

/** Largest definition: 1 MiB (reference aws-etcd-kubeadm-facts §4.1). */
const definitionBytesMax = 1_048_576;

export type ValidDefinition =
  | { readonly definition: StateMachineDefinition; readonly problems: readonly [] }
  | { readonly definition: undefined; readonly problems: readonly Problem[] };

/**
 * Checks a definition as CreateStateMachine does, and refuses what the embedded region does not play. All problems at once:
 * unknown and missing fields, dangling Next, unreachable states, no way to end, names used twice, broken JSONata.
 */
export function validateDefinition(text: string): ValidDefinition {
  const parsed = parse(text);
  if (!('value' in parsed)) return { definition: undefined, problems: [parsed.problem] };
  const inspection: Inspection = { problems: [], names: new Map(), outerVariables: new Set() };
  for (const { key, location } of findDuplicateKeys(text)) {
    report(inspection, location, `Field or state '${key}' is given twice in the same object`);
  }
  checkMachine(inspection, parsed.value);
  if (inspection.problems.length > 0) return { definition: undefined, problems: inspection.problems };
  return { definition: parsed.value as unknown as StateMachineDefinition, problems: [] };
}

/** Problems as CreateStateMachine words them in InvalidDefinition. */
export function describeProblems(problems: readonly Problem[]): string {
  const texts = problems.map(({ code, message, location }) => `${code}: ${message} at ${location}`);
  return `Invalid State Machine Definition: '${texts.join(', ')}'`;
}

function parse(text: string): { value: JsonObject } | { problem: Problem } {
  if (Buffer.byteLength(text) > definitionBytesMax) {
    const message = `Definition is larger than ${definitionBytesMax} bytes`;
    return { problem: { code: 'SCHEMA_VALIDATION_FAILED', message, location: '/' } };
  }
  try {
    const value = JSON.parse(text) as JsonValue;
    if (isObject(value)) return { value };
    const message = 'Definition must be a valid JSON object';
    return { problem: { code: 'SCHEMA_VALIDATION_FAILED', message, location: '/' } };
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return { problem: { code: 'INVALID_JSON_DESCRIPTION', message, location: '/' } };
  }
}

function checkMachine(inspection: Inspection, machine: JsonObject): void {
  checkFields(inspection, '', machine, machineFields);
  if (machine.QueryLanguage !== 'JSONata') {
    const given =
      machine.QueryLanguage === undefined ? 'JSONPath, the default,' : `'${machine.QueryLanguage}'`;
    report(
      inspection,
      '/QueryLanguage',
      `${given} is not played by the embedded region; set it to 'JSONata'`,
    );
  }
  if (machine.Version !== undefined && machine.Version !== '1.0') {
    report(inspection, '/Version', "The only version is '1.0'");
  }
  const seconds = machine.TimeoutSeconds;
  if (seconds !== undefined && !(Number.isInteger(seconds) && Number(seconds) > 0)) {
    report(inspection, '/TimeoutSeconds', 'Expected a positive integer');
  }
  checkGraph(inspection, '', machine);
}
