import type { GetExecutionHistoryCommandInput, ListExecutionsCommandInput } from '@aws-sdk/client-sfn';
import { onlyPlayed } from '../common/request.ts';
import type { Execution, Executions } from './executions.ts';
import { withoutData } from './logging.ts';
import { page } from './paging.ts';
import type { StateMachines } from './state-machines.ts';

/** Lists that come in pages: the executions of a state machine, the events of an execution. */
export function executionListOperations(machines: StateMachines, executions: Executions) {
  return {
    listExecutions: (input: ListExecutionsCommandInput) => {
      const members = ['stateMachineArn', 'statusFilter', 'maxResults', 'nextToken'] as const;
      onlyPlayed('stepfunctions.listExecutions', input, members);
      const { machine, version } = machines.resolve(input.stateMachineArn);
      const newestFirst = [...executions.of(machine)]
        .filter((execution) => version === undefined || execution.version === version)
        .filter(({ status }) => input.statusFilter === undefined || status === input.statusFilter)
        .reverse();
      const list = JSON.stringify([input.stateMachineArn, input.statusFilter ?? null]);
      const { items, nextToken } = page(newestFirst, (execution) => execution.number, input, list);
      return { executions: items.map(listed), ...(nextToken === undefined ? {} : { nextToken }) };
    },
    getExecutionHistory: (input: GetExecutionHistoryCommandInput) => {
      const members = [
        'executionArn',
        'maxResults',
        'reverseOrder',
        'nextToken',
        'includeExecutionData',
      ] as const;
      onlyPlayed('stepfunctions.getExecutionHistory', input, members);
      const { history, arn } = executions.resolve(input.executionArn);
      const ordered = input.reverseOrder ? [...history.events].reverse() : history.events;
      const list = JSON.stringify([arn, input.reverseOrder ?? false]);
      const { items, nextToken } = page(ordered, (event) => event.id ?? 0, input, list);
      const events = input.includeExecutionData === false ? items.map(withoutData) : items;
      return { events, ...(nextToken === undefined ? {} : { nextToken }) };
    },
  };
}

/** What lists and descriptions of executions share. */
export function listed(execution: Execution) {
  const { arn, name, machine, version, status, startDate, stopDate } = execution;
  return {
    executionArn: arn,
    stateMachineArn: machine.arn,
    name,
    status,
    startDate,
    redriveCount: 0,
    ...(stopDate === undefined ? {} : { stopDate }),
    ...(version === undefined ? {} : { stateMachineVersionArn: version.arn }),
  };
}
