export { findEtcd } from './find-etcd.ts';
export { createMachines } from './machines.ts';
