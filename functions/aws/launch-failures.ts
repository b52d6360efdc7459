import {
  type Activity,
  type AutoScalingClient,
  DescribeScalingActivitiesCommand,
} from '@aws-sdk/client-auto-scaling';
import { calling } from './classify.ts';
import { abortedBy } from './client-settings.ts';
import { classifyLaunchFailure, type LaunchFailure } from './launch-failure.ts';

/** DescribeScalingActivities gives at most 100 at once. */
const activitiesPerCallMax = 100;

/** Launches of a group that failed since one last brought an instance, newest first; at most the latest 100 activities are looked at. */
export async function findLaunchFailures(
  client: AutoScalingClient,
  group: string,
  signal?: AbortSignal,
): Promise<LaunchFailure[]> {
  const command = new DescribeScalingActivitiesCommand({
    AutoScalingGroupName: group,
    MaxRecords: activitiesPerCallMax,
  });
  const call = client.send(command, abortedBy(signal));
  const { Activities = [] } = await calling('autoscaling:DescribeScalingActivities', call);
  const launches = Activities.filter(({ Description = '' }) => Description.startsWith('Launching '));
  const brought = launches.findIndex(broughtInstance);
  return launches
    .slice(0, brought === -1 ? undefined : brought)
    .filter(({ StatusCode }) => StatusCode === 'Failed')
    .map(({ StatusMessage = '', StartTime }) =>
      classifyLaunchFailure(StatusMessage, (StartTime ?? new Date(0)).toISOString()),
    );
}

/** `Launching a new EC2 instance: i-…`; a launch that failed before there was an instance names none. */
function broughtInstance({ Description = '' }: Activity): boolean {
  return /: i-[0-9a-f]+/.test(Description);
}
