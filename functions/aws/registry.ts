import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Config } from '../runtime/config.ts';
import { RegistryConflict } from '../runtime/errors.ts';
import { clientSettings } from './client-settings.ts';
import type {
  ClusterRecord,
  LeaseRecord,
  ObservationRecord,
  RepairsRecord,
  ScalingRecord,
  SlotRecord,
} from './records.ts';
import { type Expectation, type Key, openTable, type Patch, withoutKey } from './registry-table.ts';

export type {
  ClusterRecord,
  FailureRecord,
  LaunchRecord,
  LeaseRecord,
  ObservationRecord,
  PauseRecord,
  RepairRecord,
  RepairsRecord,
  ScalingRecord,
  SlotRecord,
} from './records.ts';
export type { Expectation, Patch } from './registry-table.ts';

/**
 * The registry: what was made of each cluster. Reads are strongly consistent; each write touches one item, so that no write is ever
 * half done. A write whose expectation fails throws RegistryConflict.
 */
export interface Registry {
  getCluster(cluster: string, signal?: AbortSignal): Promise<ClusterRecord | undefined>;
  /** Writes the whole record and enters the name into the index of clusters. `'absent'`: only when there is none yet. */
  putCluster(
    record: ClusterRecord,
    expected?: Expectation<ClusterRecord> | 'absent',
    signal?: AbortSignal,
  ): Promise<void>;
  /** Patches an existing record. */
  updateCluster(
    cluster: string,
    patch: Patch<ClusterRecord>,
    expected?: Expectation<ClusterRecord>,
    signal?: AbortSignal,
  ): Promise<void>;
  /** Names of all clusters, in order. */
  listClusters(signal?: AbortSignal): Promise<string[]>;
  getSlots(cluster: string, signal?: AbortSignal): Promise<SlotRecord[]>;
  getSlot(cluster: string, slot: string, signal?: AbortSignal): Promise<SlotRecord | undefined>;
  putSlot(
    cluster: string,
    record: SlotRecord,
    expected?: Expectation<SlotRecord> | 'absent',
    signal?: AbortSignal,
  ): Promise<void>;
  /** Patches an existing slot. */
  updateSlot(
    cluster: string,
    slot: string,
    patch: Patch<SlotRecord>,
    expected?: Expectation<SlotRecord>,
    signal?: AbortSignal,
  ): Promise<void>;
  getLease(cluster: string, scope: string, signal?: AbortSignal): Promise<LeaseRecord | undefined>;
  putLease(
    cluster: string,
    scope: string,
    record: LeaseRecord,
    expected: Expectation<LeaseRecord> | 'absent',
    signal?: AbortSignal,
  ): Promise<void>;
  getObservation(cluster: string, signal?: AbortSignal): Promise<ObservationRecord | undefined>;
  putObservation(cluster: string, record: ObservationRecord, signal?: AbortSignal): Promise<void>;
  getKubernetesObservation(cluster: string, signal?: AbortSignal): Promise<ObservationRecord | undefined>;
  putKubernetesObservation(cluster: string, record: ObservationRecord, signal?: AbortSignal): Promise<void>;
  getRepairs(cluster: string, signal?: AbortSignal): Promise<RepairsRecord | undefined>;
  putRepairs(
    cluster: string,
    record: RepairsRecord,
    expected: Expectation<RepairsRecord> | 'absent',
    signal?: AbortSignal,
  ): Promise<void>;
  getScaling(cluster: string, signal?: AbortSignal): Promise<ScalingRecord | undefined>;
  putScaling(
    cluster: string,
    record: ScalingRecord,
    expected: Expectation<ScalingRecord> | 'absent',
    signal?: AbortSignal,
  ): Promise<void>;
  /** Which run of a function that lasts for most of each minute is the latest; absent before there was one. */
  getRun(task: string, signal?: AbortSignal): Promise<string | undefined>;
  putRun(task: string, run: string, signal?: AbortSignal): Promise<void>;
  /** Every slot address of the deployment and the cluster that it is promised to. */
  listAddresses(signal?: AbortSignal): Promise<AddressClaim[]>;
  /** Promises an address to a cluster unless it is another's already; whose it is then. */
  claimAddress(address: string, cluster: string, signal?: AbortSignal): Promise<string>;
}

/** Two clusters that are planned at once must not choose one address; EC2 would only tell later, and as a stranger's interface. */
export interface AddressClaim {
  readonly address: string;
  readonly cluster: string;
}

/** Where everything lies in the table. */
export const registryKeys = {
  index: (cluster: string): Key => ({ pk: 'clusters', sk: cluster }),
  cluster: (cluster: string): Key => ({ pk: `cluster#${cluster}`, sk: 'cluster' }),
  slot: (cluster: string, slot: string): Key => ({ pk: `cluster#${cluster}`, sk: `slot#${slot}` }),
  lease: (cluster: string, scope: string): Key => ({
    pk: `cluster#${cluster}`,
    sk: `lease#${scope.replace(':', '#')}`,
  }),
  observation: (cluster: string): Key => ({ pk: `cluster#${cluster}`, sk: 'observation' }),
  kubernetesObservation: (cluster: string): Key => ({
    pk: `cluster#${cluster}`,
    sk: 'observation#kubernetes',
  }),
  repairs: (cluster: string): Key => ({ pk: `cluster#${cluster}`, sk: 'repairs' }),
  scaling: (cluster: string): Key => ({ pk: `cluster#${cluster}`, sk: 'scaling' }),
  run: (task: string): Key => ({ pk: 'runs', sk: task }),
  address: (address: string): Key => ({ pk: 'addresses', sk: address }),
};

/** The registry in the deployment's DynamoDB table. */
export function makeRegistry(config: Config): Registry {
  const table = openTable(new DynamoDBClient(clientSettings(config)), config.registryTable);
  return {
    getCluster: (cluster, signal) => table.get<ClusterRecord>(registryKeys.cluster(cluster), signal),
    async putCluster(record, expected, signal) {
      // The index first: a name without a record is skipped by readers, a record without a name would never be swept.
      await table.put(registryKeys.index(record.name), { name: record.name }, undefined, signal);
      await table.put(registryKeys.cluster(record.name), record, expected, signal);
    },
    updateCluster: (cluster, patch, expected, signal) =>
      table.update(registryKeys.cluster(cluster), patch, expected, signal),
    async listClusters(signal) {
      const items = await table.query('clusters', '', signal);
      return items.map((item) => String(item.sk));
    },
    async getSlots(cluster, signal) {
      const items = await table.query(`cluster#${cluster}`, 'slot#', signal);
      return items.map((item) => withoutKey<SlotRecord>(item));
    },
    getSlot: (cluster, slot, signal) => table.get<SlotRecord>(registryKeys.slot(cluster, slot), signal),
    putSlot: (cluster, record, expected, signal) =>
      table.put(registryKeys.slot(cluster, record.slot), record, expected, signal),
    updateSlot: (cluster, slot, patch, expected, signal) =>
      table.update(registryKeys.slot(cluster, slot), patch, expected, signal),
    getLease: (cluster, scope, signal) => table.get<LeaseRecord>(registryKeys.lease(cluster, scope), signal),
    putLease: (cluster, scope, record, expected, signal) =>
      table.put(registryKeys.lease(cluster, scope), record, expected, signal),
    getObservation: (cluster, signal) =>
      table.get<ObservationRecord>(registryKeys.observation(cluster), signal),
    putObservation: (cluster, record, signal) =>
      table.put(registryKeys.observation(cluster), record, undefined, signal),
    getKubernetesObservation: (cluster, signal) =>
      table.get<ObservationRecord>(registryKeys.kubernetesObservation(cluster), signal),
    putKubernetesObservation: (cluster, record, signal) =>
      table.put(registryKeys.kubernetesObservation(cluster), record, undefined, signal),
    getRepairs: (cluster, signal) => table.get<RepairsRecord>(registryKeys.repairs(cluster), signal),
    putRepairs: (cluster, record, expected, signal) =>
      table.put(registryKeys.repairs(cluster), record, expected, signal),
    getScaling: (cluster, signal) => table.get<ScalingRecord>(registryKeys.scaling(cluster), signal),
    putScaling: (cluster, record, expected, signal) =>
      table.put(registryKeys.scaling(cluster), record, expected, signal),
    getRun: async (task, signal) => (await table.get<{ run: string }>(registryKeys.run(task), signal))?.run,
    putRun: (task, run, signal) => table.put(registryKeys.run(task), { run }, undefined, signal),
    async listAddresses(signal) {
      const items = await table.query('addresses', '', signal);
      return items.map(({ sk, cluster }) => ({ address: String(sk), cluster: String(cluster) }));
    },
    async claimAddress(address, cluster, signal) {
      try {
        await table.put(registryKeys.address(address), { cluster }, 'absent', signal);
        return cluster;
      } catch (error) {
        if (!(error instanceof RegistryConflict)) throw error;
        const claim = await table.get<{ cluster: string }>(registryKeys.address(address), signal);
        return claim?.cluster ?? cluster;
      }
    },
  };
}
