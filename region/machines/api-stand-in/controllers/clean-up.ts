import { isExpired } from '../authenticate.ts';
import { objectOf, textOf } from '../json.ts';
import { resourceOf } from '../resources.ts';
import type { Controllers } from './run.ts';

const secrets = resourceOf('secrets');
const events = resourceOf('events');
/** kube-apiserver keeps an event for an hour. */
const eventMilliseconds = 60 * 60 * 1000;

/** Deletes bootstrap tokens whose time is over, and events that are old. */
export async function cleanUp({ now, store }: Controllers): Promise<void> {
  for (const secret of (await store.list(secrets, { namespace: 'kube-system' })).items) {
    if (secret.type !== 'bootstrap.kubernetes.io/token') continue;
    const expiration = Buffer.from(textOf(objectOf(secret.data).expiration), 'base64').toString('utf8');
    if (isExpired(expiration, now())) await store.remove(secrets, secret);
  }
  for (const event of (await store.list(events)).items) {
    const created = Date.parse(event.metadata.creationTimestamp ?? '');
    if (now().getTime() - created > eventMilliseconds) await store.remove(events, event);
  }
}
