import { inVpc, quick, type TaskEntry } from './catalog-entry.ts';

/** Tasks for the planned replacement of a control-plane node; `catalog.ts` has them among all others. */
export const replacementTasks: readonly TaskEntry[] = [
  {
    name: 'observe-replacement',
    entry: 'functions/replacement/observe-replacement.ts',
    ...quick,
    description: 'Reads what AWS and the registry say of a control plane, a node of which is to be replaced',
  },
  {
    name: 'judge-replacement',
    entry: 'functions/replacement/judge-replacement.ts',
    ...inVpc,
    description: "Asks etcd and Kubernetes and decides the next step of a node's planned replacement",
  },
  {
    name: 'suspend-launch',
    entry: 'functions/replacement/suspend-launch.ts',
    ...quick,
    description: "Keeps a slot's group from launching while its instance goes",
  },
  {
    name: 'move-leader',
    entry: 'functions/replacement/move-leader.ts',
    ...inVpc,
    description: 'Has another member of etcd lead than the one whose instance goes',
  },
  {
    name: 'terminate-node',
    entry: 'functions/replacement/terminate-node.ts',
    ...quick,
    description: "Ends a slot's instance through its group",
  },
  {
    name: 'resume-launch',
    entry: 'functions/replacement/resume-launch.ts',
    ...quick,
    description: "Lets a slot's group launch again",
  },
];
