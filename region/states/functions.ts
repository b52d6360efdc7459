import { createHash } from 'node:crypto';
import jsonata from 'jsonata';
import type { JsonValue } from './json.ts';

/** What expressions may not know by themselves: the time and chance of the execution. */
export interface ExpressionSources {
  now(): Date;
  /** A number in [0, 1). */
  random(): number;
}

const rangeItemsMax = 1_000;

const hashAlgorithms: Readonly<Record<string, string>> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};

function partition(values: readonly JsonValue[], size: number): JsonValue | undefined {
  if (!Number.isInteger(size) || size < 1) throw new Error('$partition needs a positive integer size');
  if (!Array.isArray(values)) throw new Error('$partition needs an array');
  const parts: JsonValue[] = [];
  for (let start = 0; start < values.length; start += size) parts.push(values.slice(start, start + size));
  return parts;
}

/** A range of one value is that value: AWS answers a JSONata sequence, and a singleton sequence is its only value. */
function range(first: number, last: number, step: number): JsonValue | undefined {
  if (![first, last, step].every(Number.isInteger)) throw new Error('$range needs three integers');
  if (step === 0) throw new Error('$range needs a step that is not 0');
  const count = Math.floor((last - first) / step) + 1;
  if (count > rangeItemsMax) throw new Error(`$range makes at most ${rangeItemsMax} items`);
  if (count < 1) return undefined;
  const values = Array.from({ length: count }, (_, index) => first + index * step);
  return values.length === 1 ? values[0] : values;
}

function hash(text: string, algorithm: string): string {
  const known = hashAlgorithms[algorithm];
  if (typeof text !== 'string' || !known) {
    throw new Error(`$hash needs a string and one of ${Object.keys(hashAlgorithms).join(', ')}`);
  }
  return createHash(known).update(text).digest('hex');
}

/** One number in [0, 1) that depends on the seed alone. */
function seededRandom(seed: number): number {
  const digest = createHash('sha256').update(String(seed)).digest();
  return digest.readUInt32BE(0) / 4_294_967_296;
}

function uuid(random: () => number): string {
  const bytes = Buffer.from(Array.from({ length: 16 }, () => Math.floor(random() * 256)));
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

const formatMillis = jsonata('$fromMillis($milliseconds, $picture, $zone)');

/**
 * Functions that Step Functions adds to JSONata, those that read the clock (which is the execution's, not the process's),
 * and `$eval`, which Step Functions takes away.
 */
export function stepFunctionsFunctions(sources: ExpressionSources): Record<string, unknown> {
  return {
    partition,
    range,
    hash,
    random: (seed?: number) => (seed === undefined ? sources.random() : seededRandom(seed)),
    uuid: () => uuid(sources.random),
    parse: (text: string) => JSON.parse(text) as JsonValue,
    millis: () => sources.now().getTime(),
    now: (picture?: string, zone?: string) =>
      picture === undefined
        ? sources.now().toISOString()
        : formatMillis.evaluate(undefined, { milliseconds: sources.now().getTime(), picture, zone }),
    eval: undefined,
  };
}
