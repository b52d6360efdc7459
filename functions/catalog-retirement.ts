import { making, quick, type TaskEntry } from './catalog-entry.ts';

/** Tasks that take a cluster away; `catalog.ts` has them among all others. */
export const retirementTasks: readonly TaskEntry[] = [
  {
    name: 'observe-retirement',
    entry: 'functions/retirement/observe-retirement.ts',
    ...quick,
    description: 'Looks at everything that is there of a cluster and decides the next step of its retirement',
  },
  {
    name: 'begin-retirement',
    entry: 'functions/retirement/begin-retirement.ts',
    ...quick,
    description: 'Marks a cluster as being retired, so that all else leaves it alone',
  },
  {
    name: 'delete-groups',
    entry: 'functions/retirement/delete-groups.ts',
    ...making,
    description: "Deletes a cluster's Auto Scaling groups with their instances",
  },
  {
    name: 'delete-load-balancers',
    entry: 'functions/retirement/delete-load-balancers.ts',
    ...making,
    description: "Deletes a cluster's load balancer with its listeners",
  },
  {
    name: 'delete-target-groups',
    entry: 'functions/retirement/delete-target-groups.ts',
    ...making,
    description: "Deletes the target group of a cluster's API servers",
  },
  {
    name: 'terminate-instances',
    entry: 'functions/retirement/terminate-instances.ts',
    ...making,
    description: 'Ends instances of a cluster that no group has',
  },
  {
    name: 'delete-launch-templates',
    entry: 'functions/retirement/delete-launch-templates.ts',
    ...making,
    description: "Deletes a cluster's launch templates",
  },
  {
    name: 'delete-roles',
    entry: 'functions/retirement/delete-roles.ts',
    ...making,
    description: "Deletes the roles and instance profiles of a cluster's nodes and add-ons",
  },
  {
    name: 'delete-identity-providers',
    entry: 'functions/retirement/delete-identity-providers.ts',
    ...making,
    description: "Ends IAM's trust in a cluster's issuers",
  },
  {
    name: 'delete-network-interfaces',
    entry: 'functions/retirement/delete-network-interfaces.ts',
    ...making,
    description: "Deletes network interfaces of a cluster's slots",
  },
  {
    name: 'delete-volumes',
    entry: 'functions/retirement/delete-volumes.ts',
    ...making,
    description: "Deletes a cluster's volumes",
  },
  {
    name: 'keep-volumes',
    entry: 'functions/retirement/keep-volumes.ts',
    ...making,
    description: "Hands a cluster's volumes over to whoever asked to keep them",
  },
  {
    name: 'delete-security-groups',
    entry: 'functions/retirement/delete-security-groups.ts',
    ...making,
    description: "Deletes a cluster's security groups",
  },
  {
    name: 'delete-objects',
    entry: 'functions/retirement/delete-objects.ts',
    ...making,
    description: "Deletes all versions of a cluster's objects",
  },
  {
    name: 'forget-cluster',
    entry: 'functions/retirement/forget-cluster.ts',
    ...quick,
    description: 'Deletes all that the registry has of a cluster',
  },
  {
    name: 'verify-retirement',
    entry: 'functions/retirement/verify-retirement.ts',
    ...quick,
    description: 'Looks everywhere again: the proof that nothing is left of a cluster',
  },
];
