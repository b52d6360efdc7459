export { EtcdMissing, type FoundEtcd, findEtcd } from './find-etcd.ts';
export { killLeftovers } from './leftovers.ts';
export { createMachines, type LocalMachines, type MachinesOptions } from './machines.ts';
