import { quick, type TaskEntry } from './catalog-entry.ts';

/** Tasks of what people ask for by runbooks (`run-runbook`). */
export const runbookTasks: readonly TaskEntry[] = [
  {
    name: 'check-runbook',
    entry: 'functions/runbooks/check-runbook.ts',
    ...quick,
    description: 'Checks what a person asks for by a runbook, before anything is done',
  },
  {
    name: 'start-workflow',
    entry: 'functions/runbooks/start-workflow.ts',
    ...quick,
    description: 'Starts the workflow that a runbook is for, or joins the one that runs for the same',
  },
  {
    name: 'observe-workflow',
    entry: 'functions/runbooks/observe-workflow.ts',
    ...quick,
    description: 'Looks at the workflow that a runbook has started',
  },
  {
    name: 'pause-cluster',
    entry: 'functions/runbooks/pause-cluster.ts',
    ...quick,
    description: 'Pauses the automation of a cluster for some minutes',
  },
  {
    name: 'resume-cluster',
    entry: 'functions/runbooks/resume-cluster.ts',
    ...quick,
    description: "Ends the pause of a cluster's automation",
  },
  {
    name: 'kick-slot',
    entry: 'functions/runbooks/kick-slot.ts',
    ...quick,
    description: 'Has the group of a slot try its launch again',
  },
];
