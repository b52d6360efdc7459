import { type Json, textOf } from './json.ts';
import { messages } from './protobuf-fields.ts';
import { badRequest, StatusError } from './status-error.ts';

export const protobufType = 'application/vnd.kubernetes.protobuf';

/** What every object in Kubernetes' protobuf begins with. */
const magic = Buffer.from('k8s\0');

/**
 * An object that came in protobuf, as JSON would have it: only those that kubectl sends so (protobuf-fields.ts). Throws StatusError 415 that
 * names a kind or a field that is not among them: nothing that somebody sent is left out in silence. Answers are always JSON.
 */
export function readProtobuf(body: Buffer): Json {
  if (!body.subarray(0, magic.length).equals(magic))
    throw badRequest('the body is no protobuf of Kubernetes');
  const { raw, typeMeta } = readMessage('Unknown', body.subarray(magic.length), true);
  const { apiVersion, kind } = typeMeta as Json;
  const name = textOf(kind);
  if (!Object.hasOwn(messages, name)) throw unknown(`the kind ${name}`);
  return { apiVersion, kind, ...readMessage(name, Buffer.from(textOf(raw), 'base64')) };
}

const unknown = (what: string): StatusError =>
  new StatusError(
    415,
    'UnsupportedMediaType',
    `the API stand-in does not read ${what} in ${protobufType}; accepted media types include: application/json`,
  );

interface Field {
  readonly name: string;
  readonly sort: string;
  readonly repeated: boolean;
  /** Zero and nothing are two things. */
  readonly optional: boolean;
}

function fieldOf(message: string, number: number): Field | undefined {
  const row = (messages[message] ?? '').split(', ').find((one) => one.startsWith(`${number} `));
  if (row === undefined) return undefined;
  const [, name = '', sort = ''] = row.split(' ');
  const plain = sort.replace(/\[\]|\?/, '');
  return { name, sort: plain, repeated: sort.endsWith('[]'), optional: sort.endsWith('?') };
}

/** `lenient` where fields that are not in the table do not matter. */
function readMessage(message: string, bytes: Buffer, lenient = false): Json {
  const read: Record<string, unknown> = {};
  for (const { number, value } of wire(bytes)) {
    const field = fieldOf(message, number);
    if (!field) {
      // What is zero or empty says nothing.
      if (!lenient && !isZero(value)) throw unknown(`field ${number} of ${message}`);
      continue;
    }
    if (field.sort === 'skip') continue;
    if (field.sort === 'map' || field.sort === 'bytesMap' || field.sort === 'quantities')
      read[field.name] = { ...(read[field.name] as Json), ...entryOf(field.sort, value) };
    else if (field.repeated)
      read[field.name] = [...((read[field.name] ?? []) as []), valueOfSort(field, value)];
    else {
      const made = valueOfSort(field, value);
      if (field.optional || !isNothing(made)) read[field.name] = made;
    }
  }
  return read;
}

type Wire = number | Buffer;

const isZero = (value: Wire): boolean => (typeof value === 'number' ? value === 0 : value.length === 0);

const isNothing = (value: unknown): boolean =>
  value === undefined ||
  value === '' ||
  value === 0 ||
  value === false ||
  (typeof value === 'object' && value !== null && Object.keys(value).length === 0);

function valueOfSort({ sort }: Field, value: Wire): unknown {
  if (sort === 'number') return Number(value);
  if (sort === 'flag') return value === 1;
  const bytes = bytesOf(value);
  if (sort === 'text') return bytes.toString('utf8');
  if (sort === 'bytes') return bytes.toString('base64');
  if (sort === 'time') {
    const seconds = [...wire(bytes)].find(({ number }) => number === 1);
    return seconds && `${new Date(Number(seconds.value) * 1000).toISOString().slice(0, 19)}Z`;
  }
  if (sort === 'count') {
    const parts = new Map([...wire(bytes)].map((part) => [part.number, part.value]));
    return parts.get(1) === 1
      ? bytesOf(parts.get(3) ?? Buffer.alloc(0)).toString('utf8')
      : Number(parts.get(2) ?? 0);
  }
  return readMessage(sort, bytes);
}

function entryOf(sort: string, value: Wire): Json {
  const parts = new Map([...wire(bytesOf(value))].map((part) => [part.number, bytesOf(part.value)]));
  const inner = parts.get(2) ?? Buffer.alloc(0);
  const key = parts.get(1)?.toString('utf8') ?? '';
  if (sort === 'bytesMap') return { [key]: inner.toString('base64') };
  if (sort === 'map') return { [key]: inner.toString('utf8') };
  const text = [...wire(inner)].find(({ number }) => number === 1);
  return { [key]: text ? bytesOf(text.value).toString('utf8') : '0' };
}

function bytesOf(value: Wire): Buffer {
  if (typeof value === 'number') throw badRequest('the protobuf of the body is malformed');
  return value;
}

/** The fields of a message, as they come. Only the two wire types that these messages have: numbers and bytes. */
function* wire(bytes: Buffer): Generator<{ readonly number: number; readonly value: Wire }> {
  let at = 0;
  const varint = (): number => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at];
      if (byte === undefined || shift > 63n) throw badRequest('the protobuf of the body is malformed');
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(BigInt.asIntN(64, value));
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = tag >> 3;
    if ((tag & 7) === 0) yield { number, value: varint() };
    else if ((tag & 7) === 2) {
      const length = varint();
      if (length < 0 || at + length > bytes.length) throw badRequest('the protobuf of the body is malformed');
      yield { number, value: bytes.subarray(at, at + length) };
      at += length;
    } else throw badRequest('the protobuf of the body is malformed');
  }
}
