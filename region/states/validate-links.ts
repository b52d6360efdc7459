import { type Inspection, report } from './inspection.ts';
import { isObject, type JsonObject, type JsonValue } from './json.ts';

/** Checks that every state of a graph can be reached, that every link ends somewhere, and that the graph can end. */
export function checkGraphLinks(
  inspection: Inspection,
  location: string,
  start: JsonValue,
  states: JsonObject,
): void {
  if (typeof start !== 'string' || !Object.hasOwn(states, start)) {
    report(inspection, `${location}/StartAt`, `There is no state '${String(start)}' to start at`);
    return;
  }
  const reached = new Set<string>();
  const waiting = [start];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    const state = states[name];
    const targets = isObject(state) ? linksOf(state).map((link) => link.target) : [];
    waiting.push(...targets.filter((target) => Object.hasOwn(states, target)));
  }
  for (const [name, state] of Object.entries(states)) {
    const where = `${location}/States/${name}`;
    if (!reached.has(name)) report(inspection, where, `State '${name}' is not reachable`);
    if (!isObject(state)) continue;
    for (const { field, target } of linksOf(state)) {
      if (!Object.hasOwn(states, target)) {
        report(inspection, `${where}/${field}`, `There is no state '${target}' in this scope to go to`);
      }
    }
  }
  if (![...reached].some((name) => isTerminal(states[name]))) {
    report(inspection, `${location}/States`, 'No reachable state ends: there is no End, Succeed or Fail');
  }
}

function isTerminal(state: JsonValue | undefined): boolean {
  return isObject(state) && (state.End === true || state.Type === 'Succeed' || state.Type === 'Fail');
}

/** Every way out of a state to another, with the field that names it. */
function linksOf(state: JsonObject): { field: string; target: string }[] {
  const direct = ['Next', 'Default'].map((field) => ({ field, target: state[field] }));
  const nested = ['Choices', 'Catch'].flatMap((list) => {
    const rules = state[list];
    if (!Array.isArray(rules)) return [];
    return rules.map((rule: JsonValue, index) => ({
      field: `${list}[${index}]/Next`,
      target: isObject(rule) ? rule.Next : undefined,
    }));
  });
  return [...direct, ...nested].flatMap(({ field, target }) =>
    typeof target === 'string' ? [{ field, target }] : [],
  );
}
