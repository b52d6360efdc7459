import { useEffect, useState } from 'preact/hooks';
import type { Pulse } from '../../cli/console/contracts.ts';

/** What is heard from the console's server. */
export interface Heard<T> {
  readonly value?: T;
  readonly pulse?: Pulse;
  /** When the data that is shown was read, by this browser's clock. It outlives the console that read it. */
  readonly goodAt?: number;
  readonly connected: boolean;
}

/** A browser gives up on a connection that was refused with a status, as after a change of the token. */
const reconnectMilliseconds = 2_000;

let served: string | undefined;

/** A console that was started anew may be another version, whose data this page does not understand: then it is loaded anew. */
function stayCurrent(hash: string): void {
  if (served !== undefined && served !== hash) location.reload();
  served = hash;
}

/** Listens to one of the console's streams for as long as it is shown, through any number of restarts of the server. */
export function useFeed<T>(url: string | undefined): Heard<T> {
  const [heard, setHeard] = useState<Heard<T> & { readonly url?: string }>({ connected: true });
  useEffect(() => {
    if (url === undefined) return;
    setHeard({ connected: true, url });
    let source: EventSource | undefined;
    let again: ReturnType<typeof setTimeout> | undefined;
    const connect = (): void => {
      source = new EventSource(url);
      source.onopen = () => setHeard((before) => ({ ...before, connected: true }));
      source.onerror = () => {
        setHeard((before) => ({ ...before, connected: false }));
        if (source?.readyState === EventSource.CLOSED) again = setTimeout(connect, reconnectMilliseconds);
      };
      source.addEventListener('page', ({ data }) => stayCurrent(data));
      source.addEventListener('value', ({ data }) =>
        setHeard((before) => ({ ...before, connected: true, value: JSON.parse(data) as T })),
      );
      source.addEventListener('pulse', ({ data }) => {
        const pulse = JSON.parse(data) as Pulse;
        const good = pulse.readAt !== undefined && { goodAt: Date.now() - pulse.ageSeconds * 1000 };
        setHeard((before) => ({ ...before, connected: true, pulse, ...good }));
      });
    };
    connect();
    return () => {
      clearTimeout(again);
      source?.close();
    };
  }, [url]);
  // What was heard of another address is not of this one.
  return heard.url === url ? heard : { connected: true };
}
