import type { User } from './authenticate.ts';
import {
  type ApiObject,
  at,
  type Json,
  listOf,
  numberOf,
  objectOf,
  secondsTime,
  textOf,
  withAt,
} from './json.ts';
import { restrictNode } from './node-restriction.ts';
import type { Asked } from './request.ts';
import type { Resource } from './resources.ts';
import { conflict, notFound } from './status-error.ts';
import type { Store } from './store.ts';

interface Deleting {
  readonly asked: Asked;
  readonly user: User;
  readonly store: Store;
  readonly now: Date;
  /** DeleteOptions. */
  readonly options: Json;
}

/**
 * Deletes an object, or marks it as about to go: a running pod until its kubelet has ended it, a namespace until it is empty, whatever has
 * finalizers until they are gone. Answers as the API does: with the object, or with a Status. Dependents are not looked for: every
 * propagation policy is taken as if there were none. Throws StatusError 404 or 409.
 */
export async function deleteObject({ asked, now, options, store, user }: Deleting): Promise<object> {
  const { name = '', namespace, query, resource } = asked;
  for (;;) {
    const current = await store.get(resource, namespace, name);
    if (!current) throw notFound(resource, name);
    checkPreconditions(resource, current, objectOf(options.preconditions));
    restrictNode(user, { asked, old: current });
    const outcome = decideDeletion(resource, current, options, now);
    if (query.getAll('dryRun').includes('All') || listOf(options.dryRun).includes('All'))
      return outcome.action === 'mark' ? outcome.object : deleted(resource, current);
    if (outcome.action === 'keep') return current;
    if (outcome.action === 'mark') {
      const marked = await markDeleted(store, resource, current, outcome.object);
      if (marked) return marked;
    } else if ((await store.remove(resource, current)) !== undefined) return deleted(resource, current);
    // Somebody else was faster: decided anew by what is there now.
  }
}

async function markDeleted(
  store: Store,
  resource: Resource,
  current: ApiObject,
  marked: ApiObject,
): Promise<ApiObject | undefined> {
  const { name = '', namespace, resourceVersion } = current.metadata;
  const written = await store.change(resource, namespace, name, (found) =>
    found.metadata.resourceVersion === resourceVersion ? marked : found,
  );
  return written.metadata.deletionTimestamp === undefined ? undefined : written;
}

type Outcome =
  | { readonly action: 'remove' | 'keep' }
  | { readonly action: 'mark'; readonly object: ApiObject };

/** What deleting an object comes to. Pure. */
export function decideDeletion(
  { kind }: Pick<Resource, 'kind'>,
  object: ApiObject,
  options: Json,
  now: Date,
): Outcome {
  const { deletionGracePeriodSeconds, deletionTimestamp, finalizers = [] } = object.metadata;
  const grace = kind === 'Pod' ? graceOf(object, options) : 0;
  const marked = (seconds: number): ApiObject => {
    const until = secondsTime(new Date(now.getTime() + seconds * 1000));
    const metadata = { ...object.metadata, deletionTimestamp: until, deletionGracePeriodSeconds: seconds };
    const leaving = { ...object, metadata };
    return kind === 'Namespace' ? withAt(leaving, ['status', 'phase'], 'Terminating') : leaving;
  };
  const waits = finalizers.length > 0 || holdsNamespace(kind, object);
  if (deletionTimestamp !== undefined) {
    const shorter = grace < (deletionGracePeriodSeconds ?? 0);
    if (!shorter) return { action: waits || grace > 0 ? 'keep' : 'remove' };
  }
  return grace > 0 || waits ? { action: 'mark', object: marked(grace) } : { action: 'remove' };
}

/** A namespace goes when its own finalizer has, which the namespace controller takes away. */
const holdsNamespace = (kind: string, object: ApiObject): boolean =>
  kind === 'Namespace' && listOf(at(object, 'spec', 'finalizers')).length > 0;

/** Seconds that a pod's kubelet has to end it: none where no kubelet has it, or it has ended already. */
function graceOf(pod: ApiObject, options: Json): number {
  const ended = ['Succeeded', 'Failed'].includes(textOf(at(pod, 'status', 'phase')));
  if (ended || textOf(at(pod, 'spec', 'nodeName')) === '') return 0;
  return numberOf(options.gracePeriodSeconds, numberOf(at(pod, 'spec', 'terminationGracePeriodSeconds'), 30));
}

/** Deletes what was only waiting for its last finalizer. */
export async function finishDeletion(store: Store, resource: Resource, object: ApiObject): Promise<void> {
  const { deletionGracePeriodSeconds = 0, deletionTimestamp, finalizers = [] } = object.metadata;
  const waits =
    finalizers.length > 0 || deletionGracePeriodSeconds > 0 || holdsNamespace(resource.kind, object);
  if (deletionTimestamp !== undefined && !waits) await store.remove(resource, object);
}

function checkPreconditions(resource: Resource, { metadata }: ApiObject, wanted: Json): void {
  const { name = '', resourceVersion, uid } = metadata;
  const fail = (what: string, asked: unknown, found: unknown): never => {
    throw conflict(
      resource,
      name,
      `Precondition failed: ${what} in precondition: ${String(asked)}, ${what} in object meta: ${String(found)}`,
    );
  };
  if (wanted.uid !== undefined && wanted.uid !== uid) fail('UID', wanted.uid, uid);
  if (wanted.resourceVersion !== undefined && wanted.resourceVersion !== resourceVersion)
    fail('ResourceVersion', wanted.resourceVersion, resourceVersion);
}

function deleted({ group, plural, returnsDeleted }: Resource, object: ApiObject): object {
  if (returnsDeleted) return object;
  const { name, uid } = object.metadata;
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name, ...(group && { group }), kind: plural, uid },
  };
}
