import { setTimeout as sleep } from 'node:timers/promises';
import { createEtcdClient, type EtcdClient } from '../../functions/etcd/client.ts';

export interface EtcdCertificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** A client that writes without pause while something is broken, and afterwards proves that nothing acknowledged was lost (S23). */
export interface Writer {
  /** Stops writing; the longest time between two acknowledged writes, in seconds, and how many there were. */
  stop(): Promise<{ longestGapSeconds: number; acknowledged: number }>;
  /** Reads every acknowledged write back. Resolves to the keys that are missing or hold another value. */
  missing(): Promise<string[]>;
}

/** One write may take this long before another member is asked. */
const writeTimeoutMilliseconds = 500;
/** Between two writes: enough load to see a gap, little enough to leave two cores alone. */
const pauseMilliseconds = 5;

/** Starts to write numbered keys below `prefix`, to one member at a time, going on to the next one when it fails. */
export function startWriter(
  addresses: readonly string[],
  certificates: EtcdCertificates,
  prefix: string,
): Writer {
  const clients = addresses.map((address) =>
    createEtcdClient({ address, ...certificates, timeoutMilliseconds: writeTimeoutMilliseconds }),
  );
  const acknowledged = new Map<string, string>();
  let longestGap = 0;
  let lastAcknowledged = performance.now();
  let stopped = false;

  const write = async (): Promise<void> => {
    let at = 0;
    for (let number = 1; !stopped; number += 1) {
      const key = `${prefix}${String(number).padStart(8, '0')}`;
      const value = `value-${number}`;
      try {
        await clientAt(clients, at).put(key, value);
        acknowledged.set(key, value);
        const now = performance.now();
        longestGap = Math.max(longestGap, now - lastAcknowledged);
        lastAcknowledged = now;
      } catch {
        // Not acknowledged: it may or may not have been written, and nothing is promised of it.
        at += 1;
      }
      await sleep(pauseMilliseconds);
    }
  };
  const writing = write();

  return {
    async stop() {
      stopped = true;
      await writing;
      return { longestGapSeconds: longestGap / 1000, acknowledged: acknowledged.size };
    },
    async missing() {
      const present = new Map<string, string>();
      for (let from = prefix; ; ) {
        const page = await clientAt(clients, 0).range(from, `${prefix}~`, { limit: 1_000 });
        for (const { key, value } of page) present.set(key, value);
        const last = page.at(-1);
        if (page.length < 1_000 || !last) break;
        from = `${last.key}\0`;
      }
      for (const client of clients) client.close();
      return [...acknowledged].filter(([key, value]) => present.get(key) !== value).map(([key]) => key);
    },
  };
}

function clientAt(clients: readonly EtcdClient[], index: number): EtcdClient {
  const client = clients[index % clients.length];
  if (!client) throw new Error('a writer needs at least one address');
  return client;
}
