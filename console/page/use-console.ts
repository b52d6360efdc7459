import { useEffect, useState } from 'preact/hooks';
import type { ExecutionDetail, Pulse, Snapshot } from '../../cli/console/contracts.ts';

/** What is heard from the console's server. */
export interface Heard {
  readonly snapshot?: Snapshot;
  readonly execution?: ExecutionDetail;
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

/** Listens to the console for as long as the page is there, through any number of restarts. */
export function useConsole(cluster: string, executionArn: string | undefined): Heard {
  const [heard, setHeard] = useState<Heard>({ connected: true });
  useEffect(() => {
    const take = (more: Partial<Heard>): void =>
      setHeard((before) => ({ ...before, connected: true, ...more }));
    let source: EventSource | undefined;
    let again: ReturnType<typeof setTimeout> | undefined;
    const connect = (): void => {
      source = new EventSource(addressOf(cluster, executionArn));
      source.onopen = () => take({});
      source.onerror = () => {
        take({ connected: false });
        if (source?.readyState === EventSource.CLOSED) again = setTimeout(connect, reconnectMilliseconds);
      };
      source.addEventListener('page', ({ data }) => stayCurrent(data));
      source.addEventListener('value', ({ data }) => take({ snapshot: JSON.parse(data) as Snapshot }));
      source.addEventListener('execution', ({ data }) =>
        take({ execution: JSON.parse(data) as ExecutionDetail }),
      );
      source.addEventListener('pulse', ({ data }) => {
        const pulse = JSON.parse(data) as Pulse;
        const good = pulse.readAt !== undefined && { goodAt: Date.now() - pulse.ageSeconds * 1000 };
        take({ pulse, ...good });
      });
    };
    connect();
    return () => {
      clearTimeout(again);
      source?.close();
    };
  }, [cluster, executionArn]);
  return heard;
}

function addressOf(cluster: string, executionArn: string | undefined): string {
  const query = new URLSearchParams({
    ...(cluster !== '' && { cluster }),
    ...(executionArn !== undefined && { execution: executionArn }),
  });
  return `/events?${query}`;
}
