import type {
  Activity,
  AutoScaling as AutoScalingClient,
  DescribeScalingActivitiesCommandOutput,
  DescribeScalingActivitiesType,
} from '@aws-sdk/client-auto-scaling';
import type { Operations } from '../../kernel/kernel.ts';
import { onlyPlayed } from '../common/request.ts';
import { takePage } from '../common/take-page.ts';
import type { Group } from './group.ts';
import { type AutoScaling, groupNamed } from './store.ts';

/** AWS keeps activities for six weeks; here the newest ones of each group. */
const keptActivities = 200;

/** Where an activity happened, as its Details and its events say. */
export interface ActivityPlace {
  readonly zone: string;
  readonly subnetId?: string | undefined;
}

/** A new activity of a group, in progress. */
export function beginActivity(
  { kernel }: AutoScaling,
  group: Group,
  { description, cause, place }: { description: string; cause: string; place: ActivityPlace },
): Activity {
  const activity: Activity = {
    ActivityId: kernel.ids.uuid(),
    AutoScalingGroupName: group.name,
    AutoScalingGroupARN: group.arn,
    Description: description,
    Cause: cause,
    StartTime: kernel.clock.now(),
    StatusCode: 'InProgress',
    Progress: 0,
    Details: JSON.stringify(detailsOf(place)),
  };
  group.activities.unshift(activity);
  group.activities.splice(keptActivities);
  return activity;
}

function detailsOf({ zone, subnetId }: ActivityPlace): Record<string, string> {
  return { ...(subnetId === undefined ? {} : { 'Subnet ID': subnetId }), 'Availability Zone': zone };
}

/** How an activity ended. */
export function endActivity(
  { kernel }: AutoScaling,
  activity: Activity,
  status: 'Successful' | 'Failed' | 'Cancelled',
  message?: string,
): void {
  activity.StatusCode = status;
  activity.StatusMessage = message;
  activity.EndTime = kernel.clock.now();
  activity.Progress = 100;
}

export type ResultEvent =
  | 'EC2 Instance Launch Successful'
  | 'EC2 Instance Launch Unsuccessful'
  | 'EC2 Instance Terminate Successful'
  | 'EC2 Instance Terminate Unsuccessful';

/** The event about the end of an activity, with the fields of facts §2. A success says `InProgress`, as AWS's own example does. */
export function putResultEvent(
  { kernel }: AutoScaling,
  group: Group,
  type: ResultEvent,
  { activity, instanceId }: { activity: Activity; instanceId: string },
): void {
  const launch = type.includes('Launch');
  const ec2Arn = `arn:aws:ec2:${kernel.region}:${kernel.accountId}:instance/${instanceId}`;
  kernel.putEvent({
    source: 'aws.autoscaling',
    'detail-type': type,
    resources: instanceId === '' ? [group.arn] : [group.arn, ec2Arn],
    detail: {
      StatusCode: type.endsWith('Unsuccessful') ? 'Failed' : 'InProgress',
      StatusMessage: activity.StatusMessage ?? '',
      Description: activity.Description,
      AutoScalingGroupName: group.name,
      ActivityId: activity.ActivityId,
      RequestId: kernel.ids.uuid(),
      EC2InstanceId: instanceId,
      StartTime: activity.StartTime?.toISOString(),
      EndTime: (activity.EndTime ?? kernel.clock.now()).toISOString(),
      Cause: activity.Cause,
      Details: JSON.parse(activity.Details ?? '{}') as Record<string, string>,
      Origin: launch ? 'EC2' : 'AutoScalingGroup',
      Destination: launch ? 'AutoScalingGroup' : 'EC2',
    },
  });
}

function describeActivities(
  scaling: AutoScaling,
  input: DescribeScalingActivitiesType,
): Omit<DescribeScalingActivitiesCommandOutput, '$metadata'> {
  onlyPlayed('autoscaling.describeScalingActivities', input, [
    'AutoScalingGroupName',
    'ActivityIds',
    'MaxRecords',
    'NextToken',
    'IncludeDeletedGroups',
  ]);
  const groups =
    input.AutoScalingGroupName === undefined
      ? [...scaling.groups.values()]
      : [groupNamed(scaling, input.AutoScalingGroupName)];
  const wanted = groups
    .flatMap((group) => group.activities)
    .filter(({ ActivityId = '' }) => !input.ActivityIds?.length || input.ActivityIds.includes(ActivityId));
  const page = takePage(wanted, input.NextToken, input.MaxRecords, { smallest: 1, largest: 100 });
  return { Activities: page.items.map((activity) => ({ ...activity })), NextToken: page.nextToken };
}

/** DescribeScalingActivities: newest first. */
export function activityOperations(scaling: AutoScaling): Operations<AutoScalingClient> {
  return { describeScalingActivities: (input) => describeActivities(scaling, input) };
}
