/**
 * Makes what is missing of a cluster's etcd certificates: the authority once and never again, each leaf when it is missing, ends soon or
 * says other names than wanted. Keys and certificates go to the bucket and nowhere else (S22).
 *
 * Safe to repeat: every object is created only where there is none, a leaf is issued again for the key that is there already, so that
 * certificate and key fit each other at every moment, and the lease is checked immediately before each write (S14).
 */
import { makeObjects, type Objects, type PutCondition } from '../aws/objects.ts';
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { assertLease } from '../leases/assert-lease.ts';
import type { Lease } from '../leases/contracts.ts';
import { CertificateInvalid, ObjectConflict } from '../runtime/errors.ts';
import { task } from '../runtime/task.ts';
import { ensureCertificates } from './contracts.ts';
import { belongsTogether, doubtLeaf, isUsableAuthority } from './inspect.ts';
import { issueAuthority, issueLeaf, type KeyPair, makeKey } from './issue.ts';
import { authorityCopies, authorityPaths, type WantedLeaf, wantedLeaves } from './slot-certificates.ts';

export interface EnsureCertificatesDeps {
  readonly registry: Pick<Registry, 'getLease'>;
  readonly objects: Pick<Objects, 'get' | 'put'>;
}

interface Stored {
  readonly text: string;
  readonly etag: string;
}

/** The bucket as this task uses it: every write under the lease. */
interface Store {
  readonly now: Date;
  read(path: string): Promise<Stored | undefined>;
  write(path: string, text: string, condition: PutCondition): Promise<Stored>;
  /** What is there, or what is made for it; a writer that came first wins. */
  readOrCreate(path: string, make: () => Promise<string>): Promise<Stored & { readonly created: boolean }>;
}

export const handler = task(
  ensureCertificates,
  (config): EnsureCertificatesDeps => ({ registry: makeRegistry(config), objects: makeObjects(config) }),
  async ({ lease, cluster, layout }, deps, { signal, clock, log }) => {
    const store = openStore(deps, lease, clock.now(), signal);
    const authority = await ensureAuthority(store, cluster);
    await Promise.all(
      authorityCopies(cluster, layout.slots).map((path) => ensureCopy(store, path, authority.certificate)),
    );
    const reasons = await Promise.all(
      wantedLeaves(cluster, layout.slots).map(async (leaf) => {
        const reason = await ensureLeaf(store, leaf, authority);
        if (reason) log.info('issued', { path: leaf.certificatePath, reason });
        return reason;
      }),
    );
    const created = reasons.filter(Boolean).length + (authority.created ? 1 : 0);
    return { created, unchanged: reasons.length + 1 - created };
  },
);

function openStore(
  { registry, objects }: EnsureCertificatesDeps,
  lease: Lease,
  now: Date,
  signal: AbortSignal,
): Store {
  const write: Store['write'] = async (path, text, condition) => {
    await assertLease(registry, lease, signal);
    return { text, ...(await objects.put(path, text, condition, signal)) };
  };
  const read: Store['read'] = async (path) => {
    const found = await objects.get(path, signal);
    return found && { text: new TextDecoder().decode(found.body), etag: found.etag };
  };
  return {
    now,
    read,
    write,
    async readOrCreate(path, make) {
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
    },
  };
}

/** The authority, made from nothing only where neither its key nor its certificate is there. */
async function ensureAuthority(store: Store, cluster: string): Promise<KeyPair & { created: boolean }> {
  const paths = authorityPaths(cluster);
  const [keyThere, certificateThere] = [await store.read(paths.key), await store.read(paths.certificate)];
  if (keyThere === undefined && certificateThere !== undefined)
    throw new CertificateInvalid(
      `${paths.certificate} is there and its key is not: nothing can be signed by it any more`,
    );
  const key = await store.readOrCreate(paths.key, makeKey);
  const certificate = await store.readOrCreate(paths.certificate, () =>
    issueAuthority(`${cluster} etcd`, key.text, store.now),
  );
  if (!belongsTogether(certificate.text, key.text))
    throw new CertificateInvalid(`${paths.certificate} and ${paths.key} do not belong together`);
  if (!isUsableAuthority(certificate.text, store.now))
    throw new CertificateInvalid(
      `${paths.certificate} has ended or is not an authority's; it is never replaced here`,
    );
  return { certificate: certificate.text, key: key.text, created: certificate.created };
}

async function ensureCopy(store: Store, path: string, certificate: string): Promise<void> {
  const copy = await store.readOrCreate(path, async () => certificate);
  if (copy.text !== certificate) await store.write(path, certificate, { ifMatch: copy.etag });
}

/** Returns why a certificate was issued; undefined when the one that is there is as wanted. */
async function ensureLeaf(store: Store, leaf: WantedLeaf, authority: KeyPair): Promise<string | undefined> {
  const { text: key } = await store.readOrCreate(leaf.keyPath, makeKey);
  const issue = () => issueLeaf(authority, leaf.subject, key, store.now);
  const present = await store.readOrCreate(leaf.certificatePath, issue);
  if (present.created) return 'there was none';
  const wanted = { key, authority: authority.certificate, subject: leaf.subject };
  const doubt = doubtLeaf(present.text, wanted, store.now);
  if (doubt) await store.write(leaf.certificatePath, await issue(), { ifMatch: present.etag });
  return doubt;
}
