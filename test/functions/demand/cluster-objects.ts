import { type KubernetesClient, KubernetesError } from '../../../functions/kubernetes/client.ts';

type Listed = { readonly metadata: { readonly name: string } };

/** A cluster's API in memory: lists by the path's last part, with the field selectors that the watch uses. */
export interface FakeApi {
  readonly lists: Map<string, Listed[]>;
  /** What was asked for, `pods?spec.nodeName=`. */
  readonly asked: string[];
  /** Is thrown at each call while it is set. */
  failure: KubernetesError | undefined;
  closed: number;
  readonly client: KubernetesClient;
}

export function fakeApi(): FakeApi {
  const api: Omit<FakeApi, 'client'> = { lists: new Map(), asked: [], failure: undefined, closed: 0 };
  const items = (path: string, query: Readonly<Record<string, string>> = {}): Listed[] => {
    const plural = path.split('/').at(-1) ?? '';
    api.asked.push([plural, ...Object.values(query)].join('?'));
    if (api.failure) throw api.failure;
    const all = api.lists.get(plural) ?? [];
    if (plural !== 'pods') return all;
    const placed = query.fieldSelector?.startsWith('spec.nodeName!=') ?? false;
    return all.filter((pod) => Boolean((pod as { spec?: { nodeName?: string } }).spec?.nodeName) === placed);
  };
  const client = {
    list: async (path: string, query?: Readonly<Record<string, string>>) => items(path, query),
    visit: async (path: string, query: Readonly<Record<string, string>>, visitor: (item: Listed) => void) => {
      for (const item of items(path, query)) visitor(item);
    },
    close: () => {
      api.closed += 1;
    },
  };
  return Object.assign(api, { client: client as unknown as KubernetesClient });
}

export const apiDown = (): KubernetesError =>
  new KubernetesError('unreachable', 'connect ECONNREFUSED', { endpoint: 'https://127.80.0.10:6443' });

export const nodeOf = (name: string, pool = 'general') => ({
  metadata: {
    name,
    creationTimestamp: '2026-03-01T11:00:00Z',
    labels: { 'trivet.dev/pool': pool, 'topology.kubernetes.io/zone': 'us-east-1b' },
  },
  status: { allocatable: { cpu: '2', pods: '110' }, conditions: [] },
});

export const podOf = (name: string, nodeName?: string) => ({
  metadata: {
    name,
    namespace: 'shop',
    uid: `uid-${name}`,
    labels: { app: 'web' },
    creationTimestamp: '2026-03-01T11:59:00Z',
    ownerReferences: [{ kind: 'ReplicaSet', name: 'web', controller: true }],
  },
  spec: { containers: [{ resources: { requests: { cpu: '500m' } } }], ...(nodeName && { nodeName }) },
  status: nodeName
    ? { phase: 'Running' }
    : { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }] },
});
