import type { Objects, PutCondition } from '../aws/objects.ts';
import type { Registry } from '../aws/registry.ts';
import { assertLease } from '../leases/assert-lease.ts';
import type { Lease } from '../leases/contracts.ts';
import { ObjectConflict } from '../runtime/errors.ts';

export interface StoredText {
  readonly text: string;
  readonly etag: string;
}

/** The bucket as ensure-certificates uses it: every write is checked against the lease immediately before (S14). */
export interface LeasedStore {
  readonly now: Date;
  read(path: string): Promise<StoredText | undefined>;
  write(path: string, text: string, condition: PutCondition): Promise<StoredText>;
  /** What is there, or what is made for it; a writer that came first wins. */
  readOrCreate(
    path: string,
    make: () => Promise<string>,
  ): Promise<StoredText & { readonly created: boolean }>;
  /** Makes the object say this text. */
  ensureText(path: string, text: string): Promise<void>;
}

export function openLeasedStore(
  registry: Pick<Registry, 'getLease'>,
  objects: Pick<Objects, 'get' | 'put'>,
  lease: Lease,
  now: Date,
  signal: AbortSignal,
): LeasedStore {
  const write: LeasedStore['write'] = async (path, text, condition) => {
    await assertLease(registry, lease, signal);
    return { text, ...(await objects.put(path, text, condition, signal)) };
  };
  const read: LeasedStore['read'] = async (path) => {
    const found = await objects.get(path, signal);
    return found && { text: new TextDecoder().decode(found.body), etag: found.etag };
  };
  const readOrCreate: LeasedStore['readOrCreate'] = async (path, make) => {
    const present = await read(path);
    if (present) return { ...present, created: false };
    const text = await make();
    try {
      return { ...(await write(path, text, { ifNoneMatch: true })), created: true };
    } catch (error) {
      const first = error instanceof ObjectConflict ? await read(path) : undefined;
      if (!first) throw error;
      return { ...first, created: false };
    }
  };
  return {
    now,
    read,
    write,
    readOrCreate,
    async ensureText(path, text) {
      const present = await readOrCreate(path, async () => text);
      if (present.text !== text) await write(path, text, { ifMatch: present.etag });
    },
  };
}
