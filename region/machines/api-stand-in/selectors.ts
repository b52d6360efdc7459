import { type ApiObject, at, type Json, objectOf, objectsOf, textOf, textsOf } from './json.ts';
import type { Resource } from './resources.ts';
import { badRequest } from './status-error.ts';

type Labels = Readonly<Record<string, unknown>>;

/** Whether an object is chosen. */
export type Selector = (object: ApiObject) => boolean;

const everything: Selector = () => true;

/** `labelSelector` and `fieldSelector` of a list or watch together. Throws StatusError 400. Pure. */
export function parseSelectors(resource: Resource, query: URLSearchParams): Selector {
  const labels = parseLabelSelector(query.get('labelSelector') ?? '');
  const fields = parseFieldSelector(resource, query.get('fieldSelector') ?? '');
  return (object) => labels(objectOf(object.metadata.labels)) && fields(object);
}

/** A selector in words: `app=web,tier!=db,zone in (a,b),!canary,pool`. */
export function parseLabelSelector(text: string): (labels: Labels) => boolean {
  const requirements = splitRequirements(text).map(parseRequirement);
  return (labels) => requirements.every((holds) => holds(labels));
}

/** At commas that are not inside parentheses. */
function splitRequirements(text: string): string[] {
  return text
    .split(/,(?![^(]*\))/)
    .map((one) => one.trim())
    .filter(Boolean);
}

const key = '[A-Za-z0-9](?:[A-Za-z0-9_./-]*[A-Za-z0-9])?';
const setBased = new RegExp(`^(${key})\\s+(in|notin)\\s*\\(([^)]*)\\)$`);
const equality = new RegExp(`^(${key})\\s*(==|=|!=)\\s*([A-Za-z0-9_.-]*)$`);
const existence = new RegExp(`^(!?)\\s*(${key})$`);

function parseRequirement(text: string): (labels: Labels) => boolean {
  const [, setKey = '', operator, listed = ''] = setBased.exec(text) ?? [];
  if (operator) {
    const values = listed.split(',').map((value) => value.trim());
    return operator === 'in'
      ? (labels) => values.includes(textOf(labels[setKey])) && setKey in labels
      : (labels) => !(setKey in labels) || !values.includes(textOf(labels[setKey]));
  }
  const [, equalKey = '', sign, value] = equality.exec(text) ?? [];
  if (sign)
    return sign === '!=' ? (labels) => labels[equalKey] !== value : (labels) => labels[equalKey] === value;
  const [whole, not, existing = ''] = existence.exec(text) ?? [];
  if (whole !== undefined) return (labels) => existing in labels === (not === '');
  throw badRequest(`unable to parse requirement: ${text} is no label selector`);
}

/** A selector as objects have it: `matchLabels` and `matchExpressions`. An empty one chooses everything, none at all nothing. */
export function matchesSelector(selector: unknown, labels: Labels): boolean {
  if (selector === undefined || selector === null) return false;
  const exact = Object.entries(objectOf(at(selector, 'matchLabels')));
  if (!exact.every(([name, value]) => labels[name] === value)) return false;
  return objectsOf(at(selector, 'matchExpressions')).every((one) => meets(one, labels));
}

function meets(expression: Json, labels: Labels): boolean {
  const name = textOf(expression.key);
  const values = textsOf(expression.values);
  const has = name in labels;
  if (expression.operator === 'Exists') return has;
  if (expression.operator === 'DoesNotExist') return !has;
  const among = has && values.includes(textOf(labels[name]));
  return expression.operator === 'In' ? among : !among;
}

/** Fields by which objects can be chosen, with what stands for a field that is not there. */
const selectable: Readonly<Record<string, readonly string[]>> = {
  nodes: ['spec.unschedulable'],
  pods: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'status.phase',
    'status.podIP',
  ],
  secrets: ['type'],
  namespaces: ['status.phase'],
  certificatesigningrequests: ['spec.signerName'],
  events: [
    'involvedObject.kind',
    'involvedObject.name',
    'involvedObject.namespace',
    'involvedObject.uid',
    'involvedObject.fieldPath',
    'reason',
    'source',
    'type',
  ],
};

/** `metadata.name=web,status.phase!=Running`. */
function parseFieldSelector(resource: Resource, text: string): Selector {
  const parts = text.split(',').filter(Boolean);
  if (parts.length === 0) return everything;
  const known = [
    'metadata.name',
    ...(resource.namespaced ? ['metadata.namespace'] : []),
    ...(selectable[resource.plural] ?? []),
  ];
  const tests = parts.map((part): Selector => {
    const [, field = '', sign, value = ''] = /^([A-Za-z.]+)(==|=|!=)(.*)$/.exec(part) ?? [];
    if (!sign) throw badRequest(`invalid field selector: ${part}`);
    if (!known.includes(field)) throw badRequest(`field label not supported: ${field}`);
    const path = field.split('.');
    const fieldOf = (object: ApiObject): string => {
      const found = at(object, ...path);
      // What JSON leaves out because it is false is false all the same.
      if (field === 'spec.unschedulable') return String(found === true);
      return typeof found === 'string' ? found : '';
    };
    return sign === '!=' ? (object) => fieldOf(object) !== value : (object) => fieldOf(object) === value;
  });
  return (object) => tests.every((holds) => holds(object));
}

/** The value that a field selector demands of a field; undefined where it demands none. */
export function demandedField(query: URLSearchParams, field: string): string | undefined {
  const parts = (query.get('fieldSelector') ?? '').split(',');
  const found = parts.find((part) => part.startsWith(`${field}=`));
  return found?.slice(field.length).replace(/^==?/, '');
}
