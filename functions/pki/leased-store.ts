import type { Objects, PutCondition } from '../aws/objects.ts';
import type { Registry } from '../aws/registry.ts';
import { objectKeys } from '../clusters/names.ts';
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

export interface LeasedStoreDeps {
  readonly registry: Pick<Registry, 'getLease'>;
  readonly objects: Pick<Objects, 'get' | 'put' | 'list'>;
}

/** Opens the store of a cluster: looks once at what is there, since most of it is there or none of it. */
export async function openLeasedStore(
  { registry, objects }: LeasedStoreDeps,
  of: {
    readonly cluster: string;
    readonly slots: readonly string[];
    readonly lease: Lease;
    readonly now: Date;
  },
  signal: AbortSignal,
): Promise<LeasedStore> {
  const { root, slot } = objectKeys(of.cluster);
  const folders = [root, ...of.slots.map((name) => slot(name))].map((folder) => `${folder}pki/`);
  const listed = await Promise.all(folders.map((folder) => objects.list(folder, signal)));
  const there = new Set(listed.flat().map(({ key }) => key));
  const checkLease = shareChecks(() => assertLease(registry, of.lease, signal));
  const read: LeasedStore['read'] = async (path) => {
    const found = await objects.get(path, signal);
    return found && { text: new TextDecoder().decode(found.body), etag: found.etag };
  };
  const write: LeasedStore['write'] = async (path, text, condition) => {
    await checkLease();
    return { text, ...(await objects.put(path, text, condition, signal)) };
  };
  /** What was not there a moment ago is not asked for: if it is by now, the condition of the write tells. */
  const readKnown: LeasedStore['read'] = async (path) => (there.has(path) ? read(path) : undefined);
  const readOrCreate: LeasedStore['readOrCreate'] = async (path, make) => {
    const present = await readKnown(path);
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
    now: of.now,
    read: readKnown,
    write,
    readOrCreate,
    async ensureText(path, text) {
      const present = await readOrCreate(path, async () => text);
      if (present.text !== text) await write(path, text, { ifMatch: present.etag });
    },
  };
}

/**
 * One check for all who ask while another is under way: each gets the answer of a check that began after it asked, so nobody acts on an
 * older one. A hundred writes side by side need a few checks and not a hundred.
 */
export function shareChecks(check: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let waiting: Promise<void> | undefined;
  const start = (): Promise<void> => {
    waiting = undefined;
    const begun = check().finally(() => {
      if (running === begun) running = undefined;
    });
    running = begun;
    return begun;
  };
  return () => {
    if (!running) return start();
    waiting ??= running.then(start, start);
    return waiting;
  };
}
