import type { AwsEvent, Kernel } from '../../../kernel/kernel.ts';
import { documentArn } from '../state.ts';
import type { Execution, StepRecord } from './execution.ts';

/**
 * The event of a change of status, as Systems Manager puts it on the default bus (user guide, "Amazon EventBridge event examples for
 * Systems Manager"): of a step where one is given, else of the automation.
 */
export function statusEvent(kernel: Kernel, execution: Execution, record?: StepRecord): AwsEvent {
  const { region, accountId, clock } = kernel;
  const { id, documentName, documentVersion, executedBy } = execution;
  const { status, startedAt, endedAt } = record ?? execution;
  const start = startedAt ?? clock.now();
  const definition = documentArn(kernel, documentName).replace(':document/', ':automation-definition/');
  return {
    source: 'aws.ssm',
    'detail-type': `EC2 Automation ${record ? 'Step' : 'Execution'} Status-change Notification`,
    resources: [
      `arn:aws:ssm:${region}:${accountId}:automation-execution/${id}`,
      `${definition}:${documentVersion}`,
    ],
    detail: {
      ExecutionId: id,
      Definition: documentName,
      DefinitionVersion: documentVersion,
      Status: status,
      StartTime: timeText(start),
      ...(endedAt === undefined ? {} : { EndTime: timeText(endedAt) }),
      Time: (endedAt ?? clock.now()).getTime() - start.getTime(),
      ...(record ? { StepName: record.step.name, Action: record.step.action } : { ExecutedBy: executedBy }),
    },
  };
}

const format = new Intl.DateTimeFormat('en-US', {
  dateStyle: 'medium',
  timeStyle: 'medium',
  timeZone: 'UTC',
});

/** `Nov 29, 2024 7:43:25 PM`. */
function timeText(time: Date): string {
  const parts = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, value]));
  const { month, day, year, hour, minute, second, dayPeriod } = parts;
  return `${month} ${day}, ${year} ${hour}:${minute}:${second} ${dayPeriod}`;
}
