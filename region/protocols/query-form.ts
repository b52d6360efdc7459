import { AwsError } from '../kernel/errors.ts';
import { malformed, parseScalar } from './scalars.ts';
import { kindOf, membersOf, type Shape, traitsOf } from './shape.ts';

/** Form parameters as a tree: `Filter.1.Value.2=x` is the text x under Filter, 1, Value, 2. */
export interface FormNode {
  text: string | undefined;
  readonly children: Map<string, FormNode>;
}

const emptyNode = (): FormNode => ({ text: undefined, children: new Map() });

/** Parameters of a form body → tree. `Action` and `Version` belong to the protocol and stay out. */
export function formTree(parameters: readonly (readonly [string, string])[]): FormNode {
  const root = emptyNode();
  for (const [key, value] of parameters) {
    if (key === 'Action' || key === 'Version') continue;
    let node = root;
    for (const part of key.split('.')) {
      let child = node.children.get(part);
      if (!child) {
        child = emptyNode();
        node.children.set(part, child);
      }
      node = child;
    }
    node.text = value;
  }
  return root;
}

/** The differences between the two query protocols. */
export interface QueryDialect {
  /** Name of a structure's member in a parameter. */
  memberName(name: string, shape: Shape): string;
  /** EC2 numbers lists directly under their name; awsQuery puts `member` between, unless the list is flattened. */
  readonly flatLists: boolean;
  /** EC2 refuses parameters that the operation does not have; awsQuery services ignore them. */
  readonly refusesUnknown: boolean;
}

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

export const ec2Dialect: QueryDialect = {
  memberName: (name, shape) => traitsOf(shape).ec2QueryName ?? capitalized(traitsOf(shape).xmlName ?? name),
  flatLists: true,
  refusesUnknown: true,
};

export const awsDialect: QueryDialect = {
  memberName: (name, shape) => traitsOf(shape).xmlName ?? name,
  flatLists: false,
  refusesUnknown: false,
};

/** Reads an operation's input out of the tree. Throws UnknownParameter (EC2) or a SerializationException. */
export function readForm(shape: Shape, node: FormNode, dialect: QueryDialect): Record<string, unknown> {
  return kindOf(shape) === 'unit' ? {} : readStructure(shape, node, dialect, '');
}

function readNode(shape: Shape, node: FormNode, dialect: QueryDialect, where: string): unknown {
  switch (kindOf(shape)) {
    case 'structure':
      return readStructure(shape, node, dialect, where);
    case 'list':
      return readList(shape, node, dialect, where);
    case 'map':
      return readMap(shape, node, dialect, where);
    default:
      if (node.text === undefined) throw malformed(where, 'a value is expected, not further names');
      return parseScalar(shape, node.text, where);
  }
}

function readStructure(
  shape: Shape,
  node: FormNode,
  dialect: QueryDialect,
  where: string,
): Record<string, unknown> {
  const read: Record<string, unknown> = {};
  const known = new Set<string>();
  for (const [name, member] of membersOf(shape)) {
    const key = dialect.memberName(name, member);
    known.add(key);
    const child = node.children.get(key);
    if (child) read[name] = readNode(member, child, dialect, where === '' ? key : `${where}.${key}`);
  }
  if (dialect.refusesUnknown)
    for (const key of node.children.keys())
      if (!known.has(key))
        throw new AwsError(
          'UnknownParameter',
          `The parameter ${where === '' ? key : `${where}.${key}`} is not recognized`,
        );
  return read;
}

/** Numbered children in order of their numbers. Numbers need not be dense. */
function numbered(node: FormNode | undefined, where: string): [string, FormNode][] {
  const children = [...(node?.children ?? [])];
  for (const [key] of children)
    if (!/^\d+$/.test(key)) throw malformed(`${where}.${key}`, 'list entries are numbered');
  return children.sort(([left], [right]) => Number(left) - Number(right));
}

function readList(shape: Shape, node: FormNode, dialect: QueryDialect, where: string): unknown[] {
  const member = shape.getValueSchema();
  const flat = dialect.flatLists || Boolean(traitsOf(shape).xmlFlattened);
  const source = flat ? node : node.children.get(traitsOf(member).xmlName ?? 'member');
  return numbered(source, where).map(([key, child]) => readNode(member, child, dialect, `${where}.${key}`));
}

function readMap(
  shape: Shape,
  node: FormNode,
  dialect: QueryDialect,
  where: string,
): Record<string, unknown> {
  const member = shape.getValueSchema();
  const keyName = traitsOf(shape.getKeySchema()).xmlName ?? 'key';
  const valueName = traitsOf(member).xmlName ?? 'value';
  const source = traitsOf(shape).xmlFlattened ? node : node.children.get('entry');
  const entries = numbered(source, where).map(([number, entry]): [string, unknown] => {
    const value = entry.children.get(valueName);
    const place = `${where}.${number}`;
    if (!value) throw malformed(place, `the entry has no ${valueName}`);
    return [
      entry.children.get(keyName)?.text ?? '',
      readNode(member, value, dialect, `${place}.${valueName}`),
    ];
  });
  return Object.fromEntries(entries);
}
