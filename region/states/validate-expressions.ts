import { compileExpression, expressionText } from './expressions.ts';
import { type Inspection, report } from './inspection.ts';
import { isObject, type JsonObject, type JsonValue } from './json.ts';

/** Parts of `$states` that only some fields may see. */
export type Visible = 'result' | 'errorOutput';

const variableName = /^[\p{ID_Start}_][\p{ID_Continue}]{0,79}$/u;

/**
 * Checks every expression of a template: that it parses, and that it reads only what is there. Says whether the template as
 * a whole is an expression.
 */
export function checkTemplate(
  inspection: Inspection,
  location: string,
  template: JsonValue | undefined,
  visible: readonly Visible[],
): 'expression' | 'literal' {
  if (Array.isArray(template)) {
    for (const [index, item] of template.entries())
      checkTemplate(inspection, `${location}[${index}]`, item, visible);
  } else if (isObject(template)) {
    for (const [name, field] of Object.entries(template)) {
      checkTemplate(inspection, `${location}/${name}`, field, visible);
    }
  }
  const text = expressionText(template);
  if (text === undefined) {
    reportLooseExpression(inspection, location, template);
    return 'literal';
  }
  for (const message of problemsOf(text, visible)) report(inspection, location, message);
  return 'expression';
}

/** A string that only contains `{% … %}` is a literal to AWS, which is never what was meant. */
function reportLooseExpression(inspection: Inspection, location: string, value: JsonValue | undefined): void {
  if (typeof value === 'string' && /^\s*\{%/.test(value) && /%\}\s*$/.test(value)) {
    report(inspection, location, 'A JSONata string must begin with {% and end with %}, without space around');
  }
}

/** Checks Assign: names, conflicts with outer scopes, and its expressions. */
export function checkAssign(
  inspection: Inspection,
  location: string,
  assign: JsonValue | undefined,
  visible: readonly Visible[],
): void {
  if (assign === undefined) return;
  if (!isObject(assign)) {
    report(inspection, location, 'Expected an object of variables');
    return;
  }
  for (const name of Object.keys(assign)) {
    const where = `${location}/${name}`;
    if (!variableName.test(name)) report(inspection, where, `'${name}' is not a variable name`);
    if (name === 'states') report(inspection, where, "'states' is reserved");
    if (inspection.outerVariables.has(name)) {
      report(inspection, where, `Variable '${name}' belongs to an outer scope and can not be assigned here`);
    }
  }
  checkTemplate(inspection, location, assign, visible);
}

/** Variables that the states of one scope assign, without the graphs inside them. */
export function assignedIn(states: JsonObject): string[] {
  return Object.values(states).flatMap((state) => {
    if (!isObject(state)) return [];
    const rules = [state.Choices, state.Catch].flatMap((list) => (Array.isArray(list) ? list : []));
    return [state, ...rules].flatMap((part: JsonValue) =>
      isObject(part) && isObject(part.Assign) ? Object.keys(part.Assign) : [],
    );
  });
}

function problemsOf(text: string, visible: readonly Visible[]): string[] {
  const problems = new Set<string>();
  try {
    inspect(compileExpression(text).ast(), true, visible, (problem) => problems.add(problem));
  } catch (thrown) {
    const { code, message } = thrown as { code?: string; message?: string };
    problems.add(
      `The JSONata expression '${text}' is broken: ${code ?? 'error'}: ${message ?? String(thrown)}`,
    );
  }
  return [...problems];
}

interface Node {
  readonly type?: string;
  readonly value?: unknown;
  readonly steps?: readonly Node[];
  readonly procedure?: Node;
}

/** Parts of a node whose context is a value found before, not the (missing) input document. */
const innerParts: ReadonlySet<string> = new Set([
  'stages',
  'predicate',
  'group',
  'pattern',
  'update',
  'delete',
]);

/**
 * Walks a syntax tree. `atTop` holds where a bare name or `$` would read the input document, of which Step Functions has
 * none (AWS's restrictions on JSONata; `$eval` is among them).
 */
function inspect(
  node: Node,
  atTop: boolean,
  visible: readonly Visible[],
  add: (problem: string) => void,
): void {
  if (atTop && node.type === 'name')
    add(`'${String(node.value)}' has no document to be read from; begin with $states`);
  if (atTop && ['wildcard', 'descendant'].includes(node.type ?? ''))
    add('A wildcard has no document to be read from');
  if (atTop && node.type === 'variable' && (node.value === '' || node.value === '$')) {
    add('$ and $$ can not be used at the top level of an expression');
  }
  if (node.procedure?.type === 'variable' && node.procedure.value === 'eval')
    add('$eval is not supported; use $parse');
  if (node.type === 'path' && node.steps) {
    checkStatesPath(node.steps, visible, add);
    for (const [index, step] of node.steps.entries()) inspect(step, atTop && index === 0, visible, add);
  }
  for (const [part, value] of Object.entries(node)) {
    if (part === 'steps') continue;
    for (const child of nodesIn(value)) inspect(child, atTop && !innerParts.has(part), visible, add);
  }
}

function checkStatesPath(
  steps: readonly Node[],
  visible: readonly Visible[],
  add: (problem: string) => void,
): void {
  const [first, second] = steps;
  if (first?.type !== 'variable' || first.value !== 'states' || second?.type !== 'name') return;
  const field = String(second.value);
  if (!['input', 'context', ...visible].includes(field))
    add(`$states.${field} is not available in this field`);
}

function nodesIn(value: unknown): Node[] {
  if (Array.isArray(value)) return value.flatMap(nodesIn);
  const isNode = typeof value === 'object' && value !== null && !(value instanceof RegExp);
  return isNode ? [value as Node] : [];
}
