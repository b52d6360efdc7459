import { inVpc, quick, type TaskEntry } from './catalog-entry.ts';

/** Tasks for workers that leave, are replaced, or are to be more or fewer; `catalog.ts` has them among all others. */
export const leavingWorkerTasks: readonly TaskEntry[] = [
  {
    name: 'observe-drain',
    entry: 'functions/drain/observe-drain.ts',
    ...quick,
    description: 'Reads what AWS says of a worker that is to be drained, and what is next',
  },
  {
    name: 'evict-pods',
    entry: 'functions/drain/evict-pods.ts',
    ...inVpc,
    timeoutSeconds: 60,
    description:
      "Cordons a worker's node and asks its pods to go, as disruption budgets and the deadline allow",
  },
  {
    name: 'heartbeat-drain',
    entry: 'functions/drain/heartbeat-drain.ts',
    ...quick,
    description: "Begins the time-out of a worker's terminate hook anew",
  },
  {
    name: 'finish-drain',
    entry: 'functions/drain/finish-drain.ts',
    ...quick,
    description: 'Lets a drained worker go, through its terminate hook',
  },
  {
    name: 'uncordon-node',
    entry: 'functions/drain/uncordon-node.ts',
    ...inVpc,
    description: 'Takes a node back whose drain was given up',
  },
  {
    name: 'judge-repair',
    entry: 'functions/repair/judge-repair.ts',
    ...quick,
    description: 'Looks at a worker and its pool and decides the next step of its repair',
  },
  {
    name: 'begin-repair',
    entry: 'functions/repair/begin-repair.ts',
    ...quick,
    description: "Enters a worker's repair into the registry, one at a time in each pool and zone",
  },
  {
    name: 'raise-pool',
    entry: 'functions/repair/raise-pool.ts',
    ...quick,
    description: "Has a worker's group want one more, so that its replacement comes first",
  },
  {
    name: 'terminate-worker',
    entry: 'functions/repair/terminate-worker.ts',
    ...quick,
    description: 'Ends a dead worker through its group',
  },
  {
    name: 'finish-repair',
    entry: 'functions/repair/finish-repair.ts',
    ...quick,
    description: "Records how a worker's repair ended, and why",
  },
  {
    name: 'plan-person-sizes',
    entry: 'functions/scaling/plan-person-sizes.ts',
    ...quick,
    description: "Says what a person's size of a pool takes, and refuses one that cannot be",
  },
  {
    name: 'resize-pools',
    entry: 'functions/scaling/resize-pools.ts',
    ...quick,
    description: 'Gives the groups of pools the sizes that were decided, zone by zone',
  },
  {
    name: 'verify-scaling',
    entry: 'functions/scaling/verify-scaling.ts',
    ...quick,
    description: 'Looks what has become of the workers that were asked for',
  },
  {
    name: 'fall-back-scaling',
    entry: 'functions/scaling/fall-back-scaling.ts',
    ...quick,
    description: 'Takes back what a zone does not give, and leaves that zone alone for a while',
  },
  {
    name: 'start-drains',
    entry: 'functions/scaling/start-drains.ts',
    ...quick,
    description: 'Starts the drains of workers with which their groups become smaller',
  },
  {
    name: 'verify-drains',
    entry: 'functions/scaling/verify-drains.ts',
    ...quick,
    description: 'Looks what has become of drains that were started',
  },
];
