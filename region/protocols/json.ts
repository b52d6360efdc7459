import {
  blobBytes,
  formatTimestamp,
  malformed,
  parseTimestamp,
  timestampFormatOf,
  unfitting,
} from './scalars.ts';
import { isRecord, kindOf, membersOf, type Shape, traitsOf } from './shape.ts';

export interface JsonOptions {
  /** Whether members may have another name on the wire (restJson does, awsJson does not). */
  readonly jsonNames: boolean;
}

type Json = unknown;

/** JSON text → value in the SDK's shape. Throws SerializationException, as AWS does, where a type does not fit. */
export function parseJsonBody(shape: Shape, text: string, options: JsonOptions): unknown {
  if (text.trim() === '') return {};
  let parsed: Json;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw malformed('', 'the body is not JSON');
  }
  return readJson(shape, parsed, options, '');
}

/** A parsed JSON value → value in the SDK's shape; nulls outside lists and maps count as absent. */
function readJson(shape: Shape, value: Json, options: JsonOptions, where: string): unknown {
  const kind = kindOf(shape);
  switch (kind) {
    case 'unit':
      return {};
    case 'structure':
      return readStructure(shape, value, options, where);
    case 'list': {
      if (!Array.isArray(value)) throw misfit(where, 'list', value);
      const member = shape.getValueSchema();
      return value.map((item, index) =>
        item === null ? null : readJson(member, item, options, `${where}.${index + 1}`),
      );
    }
    case 'map': {
      if (!isRecord(value)) throw misfit(where, 'map', value);
      const member = shape.getValueSchema();
      return Object.fromEntries(
        Object.entries(value).map(([key, item]) => [
          key,
          item === null ? null : readJson(member, item, options, `${where}.${key}`),
        ]),
      );
    }
    default:
      return readScalar(kind, value, where);
  }
}

function readStructure(
  shape: Shape,
  value: Json,
  options: JsonOptions,
  where: string,
): Record<string, unknown> {
  if (!isRecord(value)) throw misfit(where, 'structure', value);
  const read: Record<string, unknown> = {};
  for (const [name, member] of membersOf(shape)) {
    const wireName = options.jsonNames ? (traitsOf(member).jsonName ?? name) : name;
    const item = value[wireName];
    if (item === undefined || item === null) continue;
    read[name] = readJson(member, item, options, where === '' ? name : `${where}.${name}`);
  }
  return read;
}

function readScalar(kind: string, value: Json, where: string): unknown {
  const type = typeof value;
  if (kind === 'document') return value;
  if (kind === 'string' && type === 'string') return value;
  if (kind === 'boolean' && type === 'boolean') return value;
  if (kind === 'number' && type === 'number') return value;
  if (kind === 'number' && (value === 'NaN' || value === 'Infinity' || value === '-Infinity'))
    return Number(value);
  if (kind === 'timestamp' && (typeof value === 'number' || typeof value === 'string'))
    return parseTimestamp(value, where);
  if (kind === 'blob' && typeof value === 'string') return new Uint8Array(Buffer.from(value, 'base64'));
  if (kind === 'bigInteger' && (typeof value === 'number' || typeof value === 'string')) return BigInt(value);
  if (kind === 'bigDecimal' && (type === 'number' || type === 'string')) return value;
  throw misfit(where, kind, value);
}

const misfit = (where: string, kind: string, value: Json): Error =>
  malformed(where, `${JSON.stringify(value)?.slice(0, 60)} cannot be read as a ${kind}`);

/** Value in the SDK's shape → value that JSON.stringify turns into the wire form. */
export function toJson(shape: Shape, value: unknown, options: JsonOptions, where: string): Json {
  const kind = kindOf(shape);
  switch (kind) {
    case 'unit':
      return {};
    case 'structure':
      return structureToJson(shape, value, options, where);
    case 'list': {
      if (!Array.isArray(value)) throw unfitting(where, 'a list', value);
      const member = shape.getValueSchema();
      return value.map((item, index) =>
        item == null ? null : toJson(member, item, options, `${where}.${index}`),
      );
    }
    case 'map': {
      if (!isRecord(value)) throw unfitting(where, 'a map', value);
      const member = shape.getValueSchema();
      const entries = Object.entries(value).filter(([, item]) => item !== undefined);
      return Object.fromEntries(
        entries.map(([key, item]) => [
          key,
          item === null ? null : toJson(member, item, options, `${where}.${key}`),
        ]),
      );
    }
    default:
      return scalarToJson(shape, kind, value, where);
  }
}

function structureToJson(shape: Shape, value: unknown, options: JsonOptions, where: string): Json {
  if (!isRecord(value)) throw unfitting(where, `the structure ${shape.getName() ?? ''}`, value);
  const written: Record<string, Json> = {};
  for (const [name, member] of membersOf(shape)) {
    const item = value[name];
    if (item === undefined || item === null) continue;
    const wireName = options.jsonNames ? (traitsOf(member).jsonName ?? name) : name;
    written[wireName] = toJson(member, item, options, `${where}.${name}`);
  }
  return written;
}

function scalarToJson(shape: Shape, kind: string, value: unknown, where: string): Json {
  const type = typeof value;
  if (kind === 'timestamp' && value instanceof Date) {
    const format = timestampFormatOf(shape, 'epoch-seconds');
    return format === 'epoch-seconds' ? value.getTime() / 1000 : formatTimestamp(value, format);
  }
  if (kind === 'blob') return Buffer.from(blobBytes(value, where)).toString('base64');
  if (kind === 'string' && type === 'string') return value;
  if (kind === 'boolean' && type === 'boolean') return value;
  if (kind === 'number' && type === 'number') return Number.isFinite(value) ? value : String(value);
  if (kind === 'document' || kind === 'bigDecimal') return value;
  if (kind === 'bigInteger') return Number(value);
  throw unfitting(where, kind, value);
}
