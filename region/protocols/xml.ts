import type { WireError } from './protocol.ts';
import { formatScalar, malformed, parseScalar, unfitting } from './scalars.ts';
import { isRecord, kindOf, membersOf, memberTraitsOf, type Shape, traitsOf } from './shape.ts';
import type { XmlElement } from './xml-parser.ts';

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#xD;',
};

/** Text made safe for element content and attribute values. */
export const escapeXml = (text: string): string =>
  text.replace(/[&<>"\r]/g, (character) => escapes[character] ?? character);

/** One element; `content` is markup already. */
export const element = (name: string, content: string, attributes = ''): string =>
  content === '' ? `<${name}${attributes}/>` : `<${name}${attributes}>${content}</${name}>`;

const namespaceAttribute = (shape: Shape): string => {
  const [prefix, uri] = traitsOf(shape).xmlNamespace ?? [];
  return uri ? ` xmlns${prefix ? `:${prefix}` : ''}="${escapeXml(uri)}"` : '';
};

/**
 * The members of a structure as markup, without the structure's own element. Empty lists stay visible as an empty element, as AWS
 * writes them, so that clients see `[]` and not "absent". `only` limits the members (those that REST binds elsewhere stay out).
 */
export function writeMembers(
  shape: Shape,
  value: unknown,
  where: string,
  only: (member: Shape) => boolean = () => true,
): string {
  if (kindOf(shape) === 'unit') return '';
  if (!isRecord(value)) throw unfitting(where, `the structure ${shape.getName() ?? ''}`, value);
  let markup = '';
  for (const [name, member] of membersOf(shape)) {
    const item = value[name];
    if (item === undefined || item === null || !only(member)) continue;
    if (traitsOf(member).xmlAttribute) continue;
    markup += writeNamed(member, memberTraitsOf(member).xmlName ?? name, item, `${where}.${name}`);
  }
  return markup;
}

/** A value under an element of the given name; a flattened list or map becomes several elements, or none. */
export function writeNamed(shape: Shape, name: string, value: unknown, where: string): string {
  const flat = Boolean(traitsOf(shape).xmlFlattened);
  switch (kindOf(shape)) {
    case 'unit':
      return element(name, '');
    case 'structure':
      return element(
        name,
        writeMembers(shape, value, where),
        namespaceAttribute(shape) + attributesOf(shape, value, where),
      );
    case 'list': {
      if (!Array.isArray(value)) throw unfitting(where, 'a list', value);
      const member = shape.getValueSchema();
      const itemName = flat ? name : (traitsOf(member).xmlName ?? 'member');
      const items = value
        .map((item, index) => writeNamed(member, itemName, item, `${where}.${index}`))
        .join('');
      return flat ? items : element(name, items);
    }
    case 'map': {
      const entries = writeEntries(shape, flat ? name : 'entry', value, where);
      return flat ? entries : element(name, entries);
    }
    default:
      return element(name, escapeXml(formatScalar(shape, value, 'date-time', where)));
  }
}

/** Members of a modelled error beside its message, as they stand in the error's element. */
export function writeErrorMembers(error: Pick<WireError, 'shape' | 'shapeName' | 'members'>): string {
  if (!error.shape) return '';
  return writeMembers(
    error.shape,
    error.members,
    error.shapeName,
    (member) => member.getMemberName().toLowerCase() !== 'message',
  );
}

function attributesOf(shape: Shape, value: unknown, where: string): string {
  let markup = '';
  for (const [name, member] of membersOf(shape)) {
    const traits = traitsOf(member);
    const item = isRecord(value) ? value[name] : undefined;
    if (!traits.xmlAttribute || item === undefined) continue;
    markup += ` ${traits.xmlName ?? name}="${escapeXml(formatScalar(member, item, 'date-time', where))}"`;
  }
  return markup;
}

function writeEntries(shape: Shape, entryName: string, value: unknown, where: string): string {
  if (!isRecord(value)) throw unfitting(where, 'a map', value);
  const keyName = traitsOf(shape.getKeySchema()).xmlName ?? 'key';
  const member = shape.getValueSchema();
  const valueName = traitsOf(member).xmlName ?? 'value';
  return Object.entries(value)
    .filter(([, item]) => item !== undefined && item !== null)
    .map(([key, item]) =>
      element(
        entryName,
        element(keyName, escapeXml(key)) + writeNamed(member, valueName, item, `${where}.${key}`),
      ),
    )
    .join('');
}

/** The members of a structure out of an element's children and attributes. */
export function readMembers(shape: Shape, source: XmlElement): Record<string, unknown> {
  const read: Record<string, unknown> = {};
  for (const [name, member] of membersOf(shape)) {
    const wireName = memberTraitsOf(member).xmlName ?? name;
    if (traitsOf(member).xmlAttribute) {
      const attribute = source.attributes[wireName];
      if (attribute !== undefined) read[name] = parseScalar(member, attribute, name);
      continue;
    }
    const found = source.children.filter((child) => child.name === wireName);
    if (found.length > 0) read[name] = readElements(member, found, name);
  }
  return read;
}

function readElements(shape: Shape, found: readonly XmlElement[], where: string): unknown {
  const flat = Boolean(traitsOf(shape).xmlFlattened);
  const [first] = found;
  if (!first) throw malformed(where, 'the element is missing');
  switch (kindOf(shape)) {
    case 'unit':
      return {};
    case 'structure':
      return readMembers(shape, first);
    case 'list': {
      const member = shape.getValueSchema();
      const itemName = traitsOf(member).xmlName ?? 'member';
      const items = flat ? found : first.children.filter((child) => child.name === itemName);
      return items.map((item) => readElements(member, [item], where));
    }
    case 'map': {
      const entries = flat ? found : first.children.filter((child) => child.name === 'entry');
      return Object.fromEntries(entries.map((entry) => readEntry(shape, entry, where)));
    }
    default:
      return parseScalar(shape, first.text, where);
  }
}

function readEntry(shape: Shape, entry: XmlElement, where: string): [string, unknown] {
  const keyName = traitsOf(shape.getKeySchema()).xmlName ?? 'key';
  const member = shape.getValueSchema();
  const valueName = traitsOf(member).xmlName ?? 'value';
  const key = entry.children.find((child) => child.name === keyName)?.text ?? '';
  const values = entry.children.filter((child) => child.name === valueName);
  return [key, readElements(member, values, where)];
}
