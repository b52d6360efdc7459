/** Ids in AWS's forms. Seeded, so that a run can be replayed. */
export interface Ids {
  /** `prefix-` and 17 hex digits, as EC2 makes them (`i-0123456789abcdef0`). */
  ec2(prefix: string): string;
  /** A version-4 UUID. */
  uuid(): string;
  /** `length` characters of `[A-Z0-9]`, as in access key and role ids. */
  upper(length: number): string;
  /** A number in [0, 1). */
  random(): number;
}

/** mulberry32: a small generator with a 32-bit state; good enough for ids and jitter, and the same on every machine. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Ids from a seed. */
export function createIds(seed: number): Ids {
  const random = generator(seed);
  const pick = (alphabet: string, length: number): string =>
    Array.from({ length }, () => alphabet.charAt(Math.floor(random() * alphabet.length))).join('');
  const hex = (length: number): string => pick('0123456789abcdef', length);
  return {
    ec2: (prefix) => `${prefix}-0${hex(16)}`,
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`,
    upper: (length) => pick('ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789', length),
    random,
  };
}
