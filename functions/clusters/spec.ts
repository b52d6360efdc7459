export { type ClusterSpec, clusterSpec } from './spec-schema.ts';
