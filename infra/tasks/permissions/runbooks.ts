import { runbookWorkflows } from '../../../functions/runbooks/contracts.ts';
import type { Permissions } from '../permissions.ts';
import type { Scope } from '../scope.ts';
import { allow, describe } from '../statements.ts';

/** What people ask for: workflows that runbooks name, the pause of a cluster, and a kick of a slot's group. */
export function runbookPermissions({
  execution,
  ours,
  readsObjects,
  registry,
  slotGroup,
  stateMachine,
}: Scope): Permissions {
  const describesExecutions = allow(['states:DescribeExecution'], [execution]);
  return {
    'check-runbook': [
      ...registry(),
      ...readsObjects('specs/*'),
      describe('autoscaling', 'AutoScalingGroups'),
      describesExecutions,
    ],
    'start-workflow': [
      allow(['states:StartExecution'], runbookWorkflows.map(stateMachine)),
      describesExecutions,
    ],
    'observe-workflow': [describesExecutions],
    'pause-cluster': registry('UpdateItem'),
    'resume-cluster': registry('UpdateItem'),
    'kick-slot': [
      describe('autoscaling', 'AutoScalingGroups'),
      allow(['autoscaling:SuspendProcesses', 'autoscaling:ResumeProcesses'], [slotGroup], ours),
    ],
  };
}
