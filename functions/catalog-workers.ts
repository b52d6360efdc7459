import { inVpc, quick, type TaskEntry } from './catalog-entry.ts';

/** Tasks for workers that leave; `catalog.ts` has them among all others. */
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
];
