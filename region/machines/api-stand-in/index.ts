import { readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { createEtcdClient } from '../../../functions/etcd/client.ts';
import type { EtcdConnection } from '../../../functions/etcd/gateway.ts';
import { apiServerPort } from '../../../node/kubernetes/input.ts';
import { pki } from '../../../node/kubernetes/paths.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Console } from '../console.ts';
import { countBudgets } from './controllers/budgets.ts';
import { watchNodes } from './controllers/node-lifecycle.ts';
import { signRequests } from './controllers/sign-requests.ts';
import { collectGarbage, pretendRollouts } from './controllers/workloads.ts';
import { watchEtcd } from './etcd-watch.ts';
import { at, textOf, withAt } from './json.ts';
import { prepareCreate } from './prepare.ts';
import { resourceOf } from './resources.ts';
import { listen } from './server.ts';
import { StatusError } from './status-error.ts';
import { createStore, type Store } from './store.ts';

/** What stands in for a control-plane machine's API server, controller manager and scheduler (README.md here). */
export interface ApiStandInOptions {
  readonly root: string;
  /** The slot's address. */
  readonly host: string;
  readonly instanceId: string;
  /** As its /version says it, `1.35.4+trivet.standin`. */
  readonly version: string;
  readonly clock: Clock;
  readonly console: Console;
  /** Ends it, as SIGKILL would. */
  readonly signal: AbortSignal;
}

const controllerIntervalMilliseconds = 1_000;
/** A runner that has not said so for this long is gone. */
const leaseMilliseconds = 5_000;

/** Starts the stand-in. Resolves once it listens and its namespaces are there; its controllers run until the signal is aborted. */
export async function startApiStandIn(
  options: ApiStandInOptions,
): Promise<{ readonly ended: Promise<void> }> {
  const { clock, console, host, root, signal, version } = options;
  const read = (name: string): Buffer => readFileSync(join(root, name));
  const connection: EtcdConnection = {
    endpoints: [`https://${host}:2379`],
    ca: read(pki('etcd/ca.crt')),
    cert: read(pki('apiserver-etcd-client.crt')),
    key: read(pki('apiserver-etcd-client.key')),
  };
  const etcd = createEtcdClient(connection);
  const agent = new Agent({ keepAlive: true });
  const store = createStore(etcd);
  await listen({
    root,
    host,
    signal,
    store,
    version,
    address: `${host}:${apiServerPort}`,
    now: () => clock.now(),
    watcher: (watched) => watchEtcd(connection, agent, watched),
    say: console.say,
  });
  signal.addEventListener(
    'abort',
    () => {
      etcd.close();
      agent.destroy();
    },
    { once: true },
  );
  return { ended: runControllers(store, options) };
}

/** One runner a cluster does the controllers' work; the others wait for it to fall silent. */
async function runControllers(store: Store, options: ApiStandInOptions): Promise<void> {
  const { clock, console, instanceId, root, signal } = options;
  const authority = {
    certificate: readFileSync(join(root, pki('kubelet-client-ca.crt')), 'utf8'),
    key: readFileSync(join(root, pki('kubelet-client-ca.key')), 'utf8'),
  };
  for (let last = ''; !signal.aborted; ) {
    try {
      await ensureNamespaces(store, clock.now());
      if (await isRunner(store, instanceId, clock.now())) {
        const now = clock.now();
        await signRequests(store, authority, now);
        await watchNodes(store, now);
        await pretendRollouts(store, now);
        await countBudgets(store);
        await collectGarbage(store, now);
      }
      last = '';
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error);
      if (failure !== last && !signal.aborted) console.say(`API stand-in: controllers: ${failure}`);
      last = failure;
    }
    await clock.sleep(controllerIntervalMilliseconds, signal).catch(() => {});
  }
}

const leases = resourceOf('leases');
const namespaces = resourceOf('namespaces');
const leaseName = 'trivet-api-stand-in';

async function isRunner(store: Store, holderIdentity: string, now: Date): Promise<boolean> {
  const spec = {
    holderIdentity,
    renewTime: now.toISOString(),
    leaseDurationSeconds: leaseMilliseconds / 1000,
  };
  try {
    const written = await store.change(leases, 'kube-system', leaseName, (lease) => {
      const holder = textOf(at(lease, 'spec', 'holderIdentity'));
      const renewed = Date.parse(textOf(at(lease, 'spec', 'renewTime')));
      const free = holder === holderIdentity || now.getTime() - renewed > leaseMilliseconds;
      return free ? withAt(lease, ['spec'], spec) : lease;
    });
    return at(written, 'spec', 'holderIdentity') === holderIdentity;
  } catch (error) {
    if (!(error instanceof StatusError) || error.code !== 404) throw error;
    await create(
      store,
      leases,
      {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        name: leaseName,
        namespace: 'kube-system',
        spec,
      },
      now,
    );
    return false;
  }
}

/** Those that every cluster begins with. */
async function ensureNamespaces(store: Store, now: Date): Promise<void> {
  for (const name of ['default', 'kube-system', 'kube-node-lease', 'kube-public'])
    if (!(await store.get(namespaces, undefined, name)))
      await create(store, namespaces, { apiVersion: 'v1', kind: 'Namespace', name }, now);
}

interface Fresh {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly spec?: object;
}

async function create(
  store: Store,
  resource: typeof leases,
  { apiVersion, kind, name, namespace, spec }: Fresh,
  now: Date,
): Promise<void> {
  const metadata = { name, ...(namespace !== undefined && { namespace }) };
  const given = { apiVersion, kind, metadata, ...(spec && { spec }) };
  await store.create(resource, prepareCreate(resource, given, now)).catch((error: unknown) => {
    // Another stand-in of the cluster was faster.
    if (!(error instanceof StatusError) || error.code !== 409) throw error;
  });
}
