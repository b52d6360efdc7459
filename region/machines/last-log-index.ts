import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LogFinding } from '../../node/decide-boot.ts';

/**
 * What etcd's write-ahead log says of itself: whose it is and its last index. The same reading as node/files/last-log-index.py.ts,
 * which describes the format. Undefined when there is no log or it cannot be read.
 */
export function lastLogIndex(walDirectory: string): LogFinding | undefined {
  try {
    const name = readdirSync(walDirectory)
      .filter((entry) => entry.endsWith('.wal'))
      .sort()
      .at(-1);
    return name === undefined ? undefined : readLog(name, readFileSync(join(walDirectory, name)));
  } catch {
    return undefined;
  }
}

function readLog(name: string, data: Buffer): LogFinding | undefined {
  const firstIndex = BigInt(`0x${/-([0-9a-f]+)\.wal$/.exec(name)?.[1] ?? '0'}`);
  let last = firstIndex > 0n ? firstIndex - 1n : 0n;
  let identity: Fields | undefined;
  for (const record of records(data)) {
    const content = record.get(3);
    const inner = Buffer.isBuffer(content) ? fieldsOf(content) : new Map<number, bigint | Buffer>();
    const index = number(inner.get(record.get(1) === 2n ? 3 : 1));
    if (record.get(1) === 1n) identity = inner;
    if (record.get(1) === 2n) last = index;
    if (record.get(1) === 5n && index > last) last = index;
  }
  if (!identity) return undefined;
  const [memberId, clusterId] = [number(identity.get(1)), number(identity.get(2))];
  return { clusterId: String(clusterId), memberId: String(memberId), raftIndex: String(last) };
}

type Fields = Map<number, bigint | Buffer>;

const number = (value: bigint | Buffer | undefined): bigint => (typeof value === 'bigint' ? value : 0n);

function* records(data: Buffer): Generator<Fields> {
  let at = 0;
  while (at + 8 <= data.length) {
    const frame = data.readBigUInt64LE(at);
    const length = Number(frame & ((1n << 56n) - 1n));
    const padding = frame >> 63n ? Number((frame >> 56n) & 7n) : 0;
    at += 8;
    if (length === 0 || at + length > data.length) return;
    yield fieldsOf(data.subarray(at, at + length));
    at += length + padding;
  }
}

/** The first occurrence of each protobuf field. */
function fieldsOf(data: Buffer): Fields {
  const found: Fields = new Map();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = data.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < data.length) {
    const key = Number(varint());
    const kind = key & 7;
    if (kind !== 0 && kind !== 2) throw new RangeError('unexpected wire type');
    const value = varint();
    if (!found.has(key >> 3)) found.set(key >> 3, kind === 0 ? value : data.subarray(at, at + Number(value)));
    if (kind === 2) at += Number(value);
  }
  return found;
}
