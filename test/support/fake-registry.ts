import type { Expectation, LeaseRecord, Patch, Registry } from '../../functions/aws/registry.ts';
import { RegistryConflict } from '../../functions/runtime/errors.ts';

/** The registry in memory, with the conditions of the real one. `items` is open for tests to look at and to spoil. */
export interface FakeRegistry extends Registry {
  readonly items: Map<string, Record<string, unknown>>;
}

export function fakeRegistry(): FakeRegistry {
  const items = new Map<string, Record<string, unknown>>();
  const get = <T>(key: string): T | undefined => {
    const item = items.get(key);
    return item && (structuredClone(item) as T);
  };
  const check = (key: string, expected: object | 'absent' | undefined) => {
    const item = items.get(key);
    if (expected === undefined) return;
    const conflict = new RegistryConflict(`${key} is not as expected`);
    if (expected === 'absent') {
      if (item) throw conflict;
      return;
    }
    if (!item) throw conflict;
    for (const [field, value] of Object.entries(expected)) {
      const same = value === null ? item[field] === undefined : equal(item[field], value);
      if (!same) throw conflict;
    }
  };
  const put = async (key: string, record: object, expected?: object | 'absent') => {
    check(key, expected);
    items.set(key, structuredClone({ ...record }));
  };
  const update = async <T>(key: string, patch: Patch<T>, expected: Expectation<T> = {}) => {
    check(key, expected);
    const item: Record<string, unknown> = { ...items.get(key) };
    for (const [field, value] of Object.entries(patch)) {
      if (value === null) delete item[field];
      else if (value !== undefined) item[field] = structuredClone(value);
    }
    items.set(key, item);
  };
  return {
    items,
    getCluster: async (cluster) => get(`${cluster}/cluster`),
    putCluster: (record, expected) => put(`${record.name}/cluster`, record, expected),
    updateCluster: (cluster, patch, expected) => update(`${cluster}/cluster`, patch, expected),
    listClusters: async () =>
      [...items.keys()]
        .filter((key) => key.endsWith('/cluster'))
        .map((key) => key.replace('/cluster', ''))
        .sort(),
    getSlots: async (cluster) =>
      [...items.entries()]
        .filter(([key]) => key.startsWith(`${cluster}/slot#`))
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, item]) => structuredClone(item) as never),
    getSlot: async (cluster, slot) => get(`${cluster}/slot#${slot}`),
    putSlot: (cluster, record, expected) => put(`${cluster}/slot#${record.slot}`, record, expected),
    updateSlot: (cluster, slot, patch, expected) => update(`${cluster}/slot#${slot}`, patch, expected),
    getLease: async (cluster, scope) => get<LeaseRecord>(`${cluster}/lease#${scope}`),
    putLease: (cluster, scope, record, expected) => put(`${cluster}/lease#${scope}`, record, expected),
    getObservation: async (cluster) => get(`${cluster}/observation`),
    putObservation: (cluster, record) => put(`${cluster}/observation`, record),
    getKubernetesObservation: async (cluster) => get(`${cluster}/observation#kubernetes`),
    putKubernetesObservation: (cluster, record) => put(`${cluster}/observation#kubernetes`, record),
    getScaling: async (cluster) => get(`${cluster}/scaling`),
    putScaling: (cluster, record, expected) => put(`${cluster}/scaling`, record, expected),
    getRepairs: async (cluster) => get(`${cluster}/repairs`),
    putRepairs: (cluster, record, expected) => put(`${cluster}/repairs`, record, expected),
    listAddresses: async () =>
      [...items.entries()]
        .filter(([key]) => key.startsWith('addresses/'))
        .map(([key, { cluster }]) => ({ address: key.slice('addresses/'.length), cluster: String(cluster) })),
    getRun: async (task) => get<{ run: string }>(`runs/${task}`)?.run,
    putRun: (task, run) => put(`runs/${task}`, { run }),
    claimAddress: async (address, cluster) => {
      const key = `addresses/${address}`;
      if (!items.has(key)) items.set(key, { cluster });
      return String(items.get(key)?.cluster);
    },
  };
}

function equal(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
