import { Duration } from 'aws-cdk-lib';
import { EventField, type EventPattern, Match, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

interface Occasion {
  readonly name: string;
  readonly description: string;
  readonly pattern: EventPattern;
  readonly scope: Readonly<Record<string, string>>;
}

/** The events that are a reason to look now. What they say is never believed: the sweep observes (design §4). */
function occasions(deployment: string): readonly Occasion[] {
  const group = EventField.fromPath('$.detail.AutoScalingGroupName');
  const ofGroup = (name: string, description: string, detailType: string): Occasion => ({
    name,
    description,
    pattern: {
      source: ['aws.autoscaling'],
      detailType: [detailType],
      detail: { AutoScalingGroupName: Match.prefix(`${deployment}-`) },
    },
    scope: {
      autoScalingGroupName: group,
      instanceId: EventField.fromPath('$.detail.EC2InstanceId'),
      reason: detailType,
    },
  });
  const stateChange = 'EC2 Instance State-change Notification';
  return [
    ofGroup(
      'instance-waits',
      'A new instance waits in a launch hook',
      'EC2 Instance-launch Lifecycle Action',
    ),
    ofGroup(
      'launch-failed',
      'A group could not launch, mostly as the old node still holds the interface',
      'EC2 Instance Launch Unsuccessful',
    ),
    ofGroup('instance-terminated', 'A group has terminated an instance', 'EC2 Instance Terminate Successful'),
    {
      name: 'instance-stopped',
      description: 'An instance stops; of which cluster, the sweep finds out',
      pattern: {
        source: ['aws.ec2'],
        detailType: [stateChange],
        detail: { state: ['shutting-down', 'stopped', 'terminated'] },
      },
      scope: { instanceId: EventField.fromPath('$.detail.instance-id'), reason: stateChange },
    },
  ];
}

/** Sends events to the sweep, each with the scope that it names. */
export class Events extends Construct {
  constructor(
    scope: Construct,
    id: string,
    props: { deployment: string; sweep: IFunction; undelivered: IQueue },
  ) {
    super(scope, id);
    for (const occasion of occasions(props.deployment)) {
      const rule = new Rule(this, occasion.name, {
        ruleName: `${props.deployment}-${occasion.name}`,
        description: occasion.description,
        eventPattern: occasion.pattern,
      });
      rule.addTarget(
        new LambdaFunction(props.sweep, {
          event: RuleTargetInput.fromObject({ scope: occasion.scope }),
          deadLetterQueue: props.undelivered,
          // What is older than that, the next minute's sweep has found by itself.
          maxEventAge: Duration.minutes(1),
          retryAttempts: 2,
        }),
      );
    }
  }
}
