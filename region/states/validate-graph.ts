import { checkFields, checkQueryLanguage, type Inspection, report } from './inspection.ts';
import { isObject, type JsonObject, type JsonValue } from './json.ts';
import { graphFields } from './validate-fields.ts';
import { checkGraphLinks } from './validate-links.ts';
import { checkState } from './validate-state.ts';

const stateNameCharactersMax = 80;

/** Checks the states of a machine, a Parallel branch or an ItemProcessor. */
export function checkGraph(inspection: Inspection, location: string, graph: JsonObject): void {
  const { States: states, StartAt: start } = graph;
  if (states === undefined) return;
  if (!isObject(states) || Object.keys(states).length === 0) {
    report(inspection, `${location}/States`, 'Expected an object with at least one state');
    return;
  }
  for (const [name, state] of Object.entries(states)) {
    const where = `${location}/States/${name}`;
    if (name.length > stateNameCharactersMax) {
      report(inspection, where, `State names have at most ${stateNameCharactersMax} characters`);
    }
    const other = inspection.names.get(name);
    if (other) report(inspection, where, `State name '${name}' is used at ${other} as well`);
    inspection.names.set(name, where);
    if (!isObject(state)) report(inspection, where, 'Expected an object');
    else checkState(inspection, where, state, { siblings: states, checkGraph: checkInnerGraph });
  }
  if (start !== undefined) checkGraphLinks(inspection, location, start, states);
}

/** Checks a branch or processor: its own fields, then its states. */
function checkInnerGraph(inspection: Inspection, location: string, graph: JsonValue | undefined): void {
  if (!isObject(graph)) {
    report(inspection, location, 'Expected an object with StartAt and States');
    return;
  }
  checkFields(inspection, location, graph, graphFields);
  checkQueryLanguage(inspection, location, graph);
  const config = graph.ProcessorConfig;
  const isInline = isObject(config) && Object.keys(config).length === 1 && config.Mode === 'INLINE';
  if (config !== undefined && !isInline) {
    report(
      inspection,
      `${location}/ProcessorConfig`,
      'Only {"Mode": "INLINE"} is played by the embedded region',
    );
  }
  checkGraph(inspection, location, graph);
}
