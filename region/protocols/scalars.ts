import { AwsError } from '../kernel/errors.ts';
import { kindOf, type Shape } from './shape.ts';

/** How a protocol writes times where the schema does not say; numbers are the SDK's schema ids. */
export type TimestampFormat = 'date-time' | 'http-date' | 'epoch-seconds';

const formatsBySchemaId: Readonly<Record<number, TimestampFormat>> = {
  5: 'date-time',
  6: 'http-date',
  7: 'epoch-seconds',
};

/** The format that a timestamp's own schema demands, otherwise `fallback`. */
export function timestampFormatOf(shape: Shape, fallback: TimestampFormat): TimestampFormat {
  const schema: unknown = shape.getSchema();
  return (typeof schema === 'number' ? formatsBySchemaId[schema] : undefined) ?? fallback;
}

/** Reads a time in any of the three formats: what arrives tells which one it is. Seconds since the epoch may have a fraction. */
export function parseTimestamp(text: string | number, where: string): Date {
  const seconds = typeof text === 'number' ? text : Number(text);
  const date = Number.isFinite(seconds) && text !== '' ? new Date(seconds * 1000) : new Date(text);
  if (Number.isNaN(date.getTime())) throw malformed(where, `'${text}' is not a timestamp`);
  return date;
}

/** Writes a time; milliseconds are kept where the format has them, and left out where they are zero. */
export function formatTimestamp(date: Date, format: TimestampFormat): string {
  if (format === 'epoch-seconds') return String(date.getTime() / 1000);
  if (format === 'http-date') return date.toUTCString();
  return date.toISOString().replace('.000Z', 'Z');
}

/** Reads a scalar that arrived as text (query parameter, header, label, XML). */
export function parseScalar(shape: Shape, text: string, where: string): unknown {
  const kind = kindOf(shape);
  switch (kind) {
    case 'string':
      return text;
    case 'number':
      return parseNumber(text, where);
    case 'boolean':
      if (/^true$/i.test(text)) return true;
      if (/^false$/i.test(text)) return false;
      throw malformed(where, `'${text}' is not a boolean`);
    case 'timestamp':
      return parseTimestamp(text, where);
    case 'blob':
      return new Uint8Array(Buffer.from(text, 'base64'));
    case 'bigInteger':
      return BigInt(text);
    case 'document':
    case 'bigDecimal':
      return text;
    default:
      throw malformed(where, `text stands where a ${kind} is expected`);
  }
}

function parseNumber(text: string, where: string): number {
  if (text === 'NaN' || text === 'Infinity' || text === '-Infinity') return Number(text);
  const number = Number(text);
  if (text.trim() === '' || Number.isNaN(number)) throw malformed(where, `'${text}' is not a number`);
  return number;
}

/**
 * Writes a scalar as text.
 * Throws a plain Error when a service answers something else than its schema says: a fault of the region, never hidden.
 */
export function formatScalar(shape: Shape, value: unknown, format: TimestampFormat, where: string): string {
  const kind = kindOf(shape);
  if (kind === 'timestamp' && value instanceof Date)
    return formatTimestamp(value, timestampFormatOf(shape, format));
  if (kind === 'blob') return Buffer.from(blobBytes(value, where)).toString('base64');
  const type = typeof value;
  if (kind === 'string' && type === 'string') return value as string;
  if (kind === 'boolean' && type === 'boolean') return String(value);
  if (kind === 'number' && type === 'number') return String(value);
  if (kind === 'bigInteger' || kind === 'bigDecimal' || kind === 'document') return String(value);
  throw unfitting(where, kind, value);
}

/** The bytes of a blob that a service answered: bytes, or text in UTF-8. */
export function blobBytes(value: unknown, where: string): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string') return new TextEncoder().encode(value);
  throw unfitting(where, 'blob (Uint8Array)', value);
}

/** The fault of a service whose answer does not fit its schema. */
export function unfitting(where: string, kind: string, value: unknown): Error {
  const found = value instanceof Date ? 'a Date' : Array.isArray(value) ? 'a list' : `a ${typeof value}`;
  return new Error(`The embedded region answered ${found} in ${where || 'the output'} where ${kind} is due.`);
}

/** A request whose text does not fit its schema. Each protocol gives this its own code. */
export function malformed(where: string, problem: string): AwsError {
  return new AwsError('SerializationException', `${where || 'The request'}: ${problem}.`);
}
