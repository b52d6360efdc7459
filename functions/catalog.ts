import { inVpc, making, quick, type TaskEntry } from './catalog-entry.ts';
import { replacementTasks } from './catalog-replacement.ts';
import { retirementTasks } from './catalog-retirement.ts';
import { runbookTasks } from './catalog-runbooks.ts';
import { leavingWorkerTasks } from './catalog-workers.ts';

export type { TaskEntry };

/**
 * Every task of Trivet: one entry is one Lambda function with one role of its own (design §4). The bundler reads
 * the entries, the CDK app the sizes, the tests the names. Imports nothing but its own parts, so that
 * anything may import it.
 */
export const catalog: readonly TaskEntry[] = [
  {
    name: 'plan-cluster',
    entry: 'functions/clusters/plan-cluster.ts',
    ...quick,
    description: 'Validates a cluster spec, lays the cluster out and says what differs from what is there',
  },
  {
    name: 'acquire-lease',
    entry: 'functions/leases/acquire-lease.ts',
    ...quick,
    description: 'Takes the lease of a cluster or a slot for an execution',
  },
  {
    name: 'release-lease',
    entry: 'functions/leases/release-lease.ts',
    ...quick,
    description: 'Gives a lease back',
  },
  {
    name: 'record-cluster',
    entry: 'functions/clusters/record-cluster.ts',
    ...quick,
    description: 'Writes the spec and the layout of a cluster into the registry',
  },
  {
    name: 'ensure-certificates',
    entry: 'functions/pki/ensure-certificates.ts',
    ...making,
    description: "Makes a cluster's certificate authorities and its slots' certificates",
  },
  {
    name: 'publish-issuer-documents',
    entry: 'functions/identity/publish-issuer-documents.ts',
    ...making,
    description: "Publishes how to verify the tokens of a cluster's service accounts",
  },
  {
    name: 'ensure-add-on-roles',
    entry: 'functions/identity/ensure-add-on-roles.ts',
    ...making,
    description: "Makes IAM trust a cluster's service-account issuer, and the roles of its add-ons",
  },
  {
    name: 'issue-kubeconfig',
    entry: 'functions/pki/issue-kubeconfig.ts',
    ...quick,
    description: "Signs a person's client certificate for a cluster's API, for some hours",
  },
  {
    name: 'ensure-security-groups',
    entry: 'functions/clusters/ensure-security-groups.ts',
    ...making,
    description: 'Makes the security groups of the control plane and of its load balancer',
  },
  {
    name: 'ensure-network-interface',
    entry: 'functions/clusters/ensure-network-interface.ts',
    ...making,
    description: "Makes a slot's network interface with its fixed address",
  },
  {
    name: 'ensure-volume',
    entry: 'functions/clusters/ensure-volume.ts',
    ...making,
    description: "Makes a slot's encrypted volume for etcd",
  },
  {
    name: 'ensure-load-balancer',
    entry: 'functions/clusters/ensure-load-balancer.ts',
    ...making,
    description: 'Makes the load balancer of the API servers with the slots as its targets',
  },
  {
    name: 'ensure-node-role',
    entry: 'functions/clusters/ensure-node-role.ts',
    ...making,
    description: "Makes the role and the instance profile of a slot's nodes",
  },
  {
    name: 'ensure-launch-template',
    entry: 'functions/clusters/ensure-launch-template.ts',
    ...making,
    description: "Renders a slot's node files, uploads them and makes the launch template that pins them",
  },
  {
    name: 'ensure-slot-group',
    entry: 'functions/clusters/ensure-slot-group.ts',
    ...making,
    description: "Makes a slot's Auto Scaling group with its launch hook",
  },
  {
    name: 'observe-slot',
    entry: 'functions/etcd/observe-slot.ts',
    ...quick,
    description: 'Reads what AWS, the registry and the node say of a slot',
  },
  {
    name: 'judge-slot',
    entry: 'functions/etcd/judge-slot.ts',
    ...inVpc,
    description: 'Asks etcd about a slot and decides what is to be done with it',
  },
  {
    name: 'direct-slot',
    entry: 'functions/etcd/direct-slot.ts',
    ...making,
    description: "Attaches a slot's volume and writes the node's directive",
  },
  {
    name: 'hold-slot',
    entry: 'functions/etcd/hold-slot.ts',
    ...quick,
    description: 'Records why a slot is held, lets its instance pass the launch hook and raises the alarm',
  },
  {
    name: 'verify-etcd',
    entry: 'functions/etcd/verify-etcd.ts',
    ...inVpc,
    description: "Asks every member of a cluster's etcd how it is",
  },
  {
    name: 'complete-launch',
    entry: 'functions/etcd/complete-launch.ts',
    ...quick,
    description: "Lets a slot's instance pass its launch hook",
  },
  {
    name: 'record-slot',
    entry: 'functions/etcd/record-slot.ts',
    ...quick,
    description: "Advances a slot's mark in the registry once its member is a healthy voter",
  },
  ...replacementTasks,
  {
    name: 'finish-provisioning',
    entry: 'functions/clusters/finish-provisioning.ts',
    ...quick,
    description: 'Marks a cluster as formed and serving',
  },
  {
    name: 'verify-kubernetes',
    entry: 'functions/kubernetes/verify-kubernetes.ts',
    ...inVpc,
    description: "Asks every API server of a cluster how it is, and for the cluster's nodes",
  },
  {
    name: 'bootstrap-kubernetes',
    entry: 'functions/kubernetes/bootstrap-kubernetes.ts',
    ...inVpc,
    timeoutSeconds: 60,
    description: "Applies who may do what in a cluster's API, and marks the control plane's nodes",
  },
  {
    name: 'apply-add-ons',
    entry: 'functions/kubernetes/apply-add-ons.ts',
    ...inVpc,
    timeoutSeconds: 60,
    description: "Applies a cluster's add-ons, and deletes those that are wanted no more",
  },
  {
    name: 'verify-add-ons',
    entry: 'functions/kubernetes/verify-add-ons.ts',
    ...inVpc,
    description: "Looks whether a cluster's add-ons are rolled out",
  },
  {
    name: 'ensure-worker-role',
    entry: 'functions/workers/ensure-worker-role.ts',
    ...making,
    description: "Makes the role and the instance profile of a pool's workers",
  },
  {
    name: 'ensure-pool-template',
    entry: 'functions/workers/ensure-pool-template.ts',
    ...making,
    description: "Renders a pool's node files, uploads them and makes the launch template that pins them",
  },
  {
    name: 'ensure-pool-groups',
    entry: 'functions/workers/ensure-pool-groups.ts',
    ...making,
    description: "Makes a pool's Auto Scaling groups, one in each of its zones",
  },
  {
    name: 'observe-worker',
    entry: 'functions/workers/observe-worker.ts',
    ...quick,
    description: 'Reads what AWS and the node say of a worker that waits to join',
  },
  {
    name: 'judge-worker',
    entry: 'functions/workers/judge-worker.ts',
    ...inVpc,
    description: 'Asks Kubernetes about a worker and decides what is to be done with it',
  },
  {
    name: 'admit-worker',
    entry: 'functions/workers/admit-worker.ts',
    ...inVpc,
    description: 'Gives one worker a bootstrap token of its own, where it alone can read it',
  },
  {
    name: 'approve-worker',
    entry: 'functions/workers/approve-worker.ts',
    ...inVpc,
    description: "Approves the one certificate request that is a worker's own",
  },
  {
    name: 'revoke-worker-token',
    entry: 'functions/workers/revoke-worker-token.ts',
    ...inVpc,
    description: "Takes a worker's bootstrap token away once it is a node",
  },
  {
    name: 'complete-worker',
    entry: 'functions/workers/complete-worker.ts',
    ...quick,
    description: 'Lets a worker pass its launch hook',
  },
  {
    name: 'abandon-worker',
    entry: 'functions/workers/abandon-worker.ts',
    ...quick,
    description: 'Gives a worker up that did not join, and keeps its console',
  },
  ...leavingWorkerTasks,
  {
    name: 'finish-kubernetes',
    entry: 'functions/kubernetes/finish-kubernetes.ts',
    ...quick,
    description: "Records what was applied to a cluster's API",
  },
  ...retirementTasks,
  {
    name: 'record-failure',
    entry: 'functions/clusters/record-failure.ts',
    ...quick,
    description: 'Records which step of a workflow failed, why, and the way on',
  },
  ...runbookTasks,
  {
    name: 'sweep',
    entry: 'functions/sweep/sweep.ts',
    ...quick,
    // Ends before the next minute's sweep begins.
    timeoutSeconds: 50,
    description: 'Looks at every cluster, or at what an event names, and starts what should be running',
  },
  {
    name: 'watch-etcd',
    entry: 'functions/sweep/watch-etcd.ts',
    ...inVpc,
    timeoutSeconds: 50,
    description: "Probes every formed cluster's etcd and records how far each member has come",
  },
  {
    name: 'watch-kubernetes',
    entry: 'functions/sweep/watch-kubernetes.ts',
    ...inVpc,
    timeoutSeconds: 50,
    description: "Probes every cluster's API servers and nodes and records since when a slot is not ready",
  },
  {
    name: 'watch-workers',
    entry: 'functions/demand/watch-workers.ts',
    ...inVpc,
    timeoutSeconds: 50,
    // A whole processor: with less, a look at all pods of a large cluster takes half a minute (ADR 20).
    memoryMegabytes: 1_769,
    description:
      "Reads every cluster's workers and pods without a place, or those of one whose demand has changed",
  },
  {
    name: 'watch-demand',
    entry: 'functions/demand/watch-demand.ts',
    ...inVpc,
    timeoutSeconds: 58,
    // It waits for most of each minute, and is billed for it by its memory.
    memoryMegabytes: 128,
    description: 'Looks every few seconds whether something else waits for a worker than at the last look',
  },
];
