import type { EtcdEvent } from './etcd-watch.ts';
import type { ApiObject } from './json.ts';
import { listObjects } from './objects.ts';
import type { Asked } from './request.ts';
import { groupVersionOf, type Resource } from './resources.ts';
import { parseSelectors, type Selector } from './selectors.ts';
import { StatusError } from './status-error.ts';
import { decode, endOf, keyOf, type Store } from './store.ts';

/** What a watch tells: an object that came, changed or went, a mark, or why the watch is over. */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: object;
}

/** What happens in etcd to a range of keys from a revision on. */
export type Watcher = (range: {
  readonly key: string;
  readonly end: string;
  readonly from: string;
  readonly signal: AbortSignal;
}) => AsyncIterable<readonly EtcdEvent[]>;

/**
 * A watch from the revision that the client knows, or from the newest with all that is there told first. Ends with the signal; a failure is
 * its last event, as the API has it.
 */
export async function* watchObjects(
  asked: Asked,
  store: Store,
  watcher: Watcher,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent, void, undefined> {
  const { namespace, query, resource } = asked;
  const chosen = parseSelectors(resource, query);
  const known = query.get('resourceVersion') ?? '';
  const fresh = known === '' || known === '0' || query.get('sendInitialEvents') === 'true';
  try {
    let revision = known;
    if (fresh) {
      const list = await listObjects({ asked: withoutPaging(asked), store });
      for (const object of list.items as readonly ApiObject[]) yield { type: 'ADDED', object };
      revision = list.metadata.resourceVersion ?? '';
      if (query.get('sendInitialEvents') === 'true') yield bookmark(resource, revision);
    }
    const key = keyOf(resource, namespace);
    const from = String(BigInt(revision) + 1n);
    for await (const events of watcher({ key, end: endOf(key), from, signal }))
      for (const event of events) yield* told(event, chosen);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    yield { type: 'ERROR', object: error.status };
  }
}

function withoutPaging(asked: Asked): Asked {
  const query = new URLSearchParams(asked.query);
  for (const name of ['limit', 'continue', 'resourceVersion', 'resourceVersionMatch']) query.delete(name);
  return { ...asked, query };
}

/** An object that a selector chooses no more is gone for this watch, and one that it chooses now is new. */
function* told({ modRevision, previous, value }: EtcdEvent, chosen: Selector): Generator<WatchEvent> {
  const before = previous === undefined ? undefined : decode({ value: previous, modRevision });
  const after = value === undefined ? undefined : decode({ value, modRevision });
  const was = before !== undefined && chosen(before);
  const is = after !== undefined && chosen(after);
  if (is) yield { type: was ? 'MODIFIED' : 'ADDED', object: after };
  else if (was) yield { type: 'DELETED', object: before };
}

function bookmark(resource: Resource, resourceVersion: string): WatchEvent {
  return {
    type: 'BOOKMARK',
    object: {
      kind: resource.kind,
      apiVersion: groupVersionOf(resource),
      metadata: { resourceVersion, annotations: { 'k8s.io/initial-events-end': 'true' } },
    },
  };
}
