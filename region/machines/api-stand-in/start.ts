import { readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { createEtcdClient } from '../../../functions/etcd/client.ts';
import type { EtcdConnection } from '../../../functions/etcd/gateway.ts';
import { apiServerPort } from '../../../node/kubernetes/input.ts';
import { pki } from '../../../node/kubernetes/paths.ts';
import { standInVersion } from '../../../node/kubernetes/stand-in.ts';
import type { Clock } from '../../kernel/clock.ts';
import { startApiServer } from './api-server.ts';
import { namespacedResources, runControllers } from './controllers/run.ts';
import { watchEtcd } from './etcd-watch.ts';
import { prepareCreate } from './prepare.ts';
import { resourceOf } from './resources.ts';
import { StatusError } from './status-error.ts';
import { createStore, type Store } from './store.ts';

export interface StandIn {
  /** The machine's root, with the slot's certificates in /etc/kubernetes. */
  readonly root: string;
  readonly privateIp: string;
  /** Kubernetes' version of the spec. */
  readonly version: string;
  readonly instanceId: string;
  readonly clock: Clock;
  /** Factor on Kubernetes' own waits. */
  readonly waitScale: number;
  log(line: string): void;
  /** Aborted when the machine ends. */
  readonly signal: AbortSignal;
}

const prepareRetryMilliseconds = 500;
const firstNamespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

/** Resolves when the API is listening; its `/readyz` says when it serves. `ended` resolves when nothing of it is left. */
export async function startStandIn(standIn: StandIn): Promise<{ readonly ended: Promise<void> }> {
  const { clock, log, privateIp, root, signal, version } = standIn;
  const file = (name: string): Buffer => readFileSync(join(root, pki(name)));
  const connection: EtcdConnection = {
    endpoints: [`https://${privateIp}:2379`],
    ca: file('etcd/ca.crt'),
    cert: file('apiserver-etcd-client.crt'),
    key: file('apiserver-etcd-client.key'),
  };
  const etcd = createEtcdClient(connection);
  const store = createStore(etcd);
  const streams = new Agent({ keepAlive: false });
  const watcher = (range: Parameters<typeof watchEtcd>[2]) => watchEtcd(connection, streams, range);
  const now = (): Date => clock.now();
  let prepared = false;
  await startApiServer({
    store,
    watcher,
    version: standInVersion(version),
    address: privateIp,
    port: apiServerPort,
    cert: file('apiserver.crt'),
    key: file('apiserver.key'),
    clientAuthorities: file('client-ca.crt'),
    now,
    isPrepared: () => prepared,
    log: (line) => log(`API stand-in of ${standIn.instanceId}: ${line}`),
    signal,
  });
  const live = async (): Promise<void> => {
    await prepare(standIn, store);
    prepared = true;
    await runControllers({
      store,
      watcher,
      clock,
      authority: {
        certificate: file('kubelet-client-ca.crt').toString('utf8'),
        key: file('kubelet-client-ca.key').toString('utf8'),
      },
      identity: standIn.instanceId,
      waitScale: standIn.waitScale,
      namespacedResources,
      now,
      compact: (revision) => etcd.compact(revision),
      log,
      signal,
    });
  };
  const ended = live()
    .catch((error: unknown) => {
      if (!signal.aborted) log(`API stand-in of ${standIn.instanceId}: ${String(error)}`);
    })
    .finally(() => {
      etcd.close();
      streams.destroy();
    });
  return { ended };
}

/** What exists from the start, once etcd has a quorum. A repeat meets what is there. */
async function prepare({ clock, signal }: StandIn, store: Store): Promise<void> {
  const namespaces = resourceOf('namespaces');
  for (;;) {
    signal.throwIfAborted();
    try {
      for (const name of firstNamespaces) {
        if (await store.get(namespaces, undefined, name)) continue;
        const given = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
        await store.create(namespaces, prepareCreate(namespaces, given, clock.now())).catch(exists);
      }
      return;
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
    }
    await clock.sleep(prepareRetryMilliseconds, signal);
  }
}

function exists(error: unknown): undefined {
  if (error instanceof StatusError && error.reason === 'AlreadyExists') return undefined;
  throw error;
}
