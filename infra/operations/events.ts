import { Duration } from 'aws-cdk-lib';
import { EventField, type EventPattern, Match, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { bucketName } from '../names.ts';

/** Who looks when something happens. */
export type Lookers = Readonly<Record<'sweep' | 'watch-workers', IFunction>>;

interface Occasion {
  readonly name: string;
  readonly description: string;
  readonly pattern: EventPattern;
  readonly scope: Readonly<Record<string, string>>;
  /** The sweep, unless told otherwise. */
  readonly looker?: keyof Lookers;
}

/** The events that are a reason to look now. What they say is never believed: the sweep observes (design §4). */
function occasions(deployment: string): readonly Occasion[] {
  const created = 'Object Created';
  const ofObject = (name: string, description: string, suffix: string): Occasion => ({
    name,
    description,
    pattern: {
      source: ['aws.s3'],
      detailType: [created],
      detail: { bucket: { name: [bucketName(deployment)] }, object: { key: Match.suffix(suffix) } },
    },
    scope: { objectKey: EventField.fromPath('$.detail.object.key'), reason: created },
  });
  const stateChange = 'EC2 Instance State-change Notification';
  return [
    ...happenings(deployment),
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
    ...announcements(),
    ofObject(
      'workers-observed',
      'A watch has looked at a cluster’s workers and at the pods that wait for one',
      '/observations/workers.json',
    ),
    {
      ...ofObject(
        'demand-changed',
        'Something else waits for a worker than at the last look',
        '/observations/demand-change.json',
      ),
      looker: 'watch-workers',
    },
  ];
}

/** What happens in the deployment's groups. */
function happenings(deployment: string): readonly Occasion[] {
  const group = EventField.fromPath('$.detail.AutoScalingGroupName');
  const instance = { instanceId: EventField.fromPath('$.detail.EC2InstanceId') };
  const ofGroup = (
    name: string,
    description: string,
    detailType: string,
    named: Occasion['scope'] = instance,
  ): Occasion => ({
    name,
    description,
    pattern: {
      source: ['aws.autoscaling'],
      detailType: [detailType],
      detail: { AutoScalingGroupName: Match.prefix(`${deployment}-`) },
    },
    scope: { autoScalingGroupName: group, ...named, reason: detailType },
  });
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
      // There may be no instance, and a path that leads nowhere would make the input no JSON.
      {},
    ),
    ofGroup(
      'worker-leaves',
      'A worker waits in its terminate hook to be drained',
      'EC2 Instance-terminate Lifecycle Action',
    ),
    ofGroup('instance-terminated', 'A group has terminated an instance', 'EC2 Instance Terminate Successful'),
  ];
}

/** What AWS announces for instances of this account; whose they are, if anybody's here, the sweep finds out. */
function announcements(): readonly Occasion[] {
  const ofSpot = (name: string, description: string, detailType: string, cause: string): Occasion => ({
    name,
    description,
    pattern: { source: ['aws.ec2'], detailType: [detailType] },
    scope: { instanceId: EventField.fromPath('$.detail.instance-id'), cause, reason: detailType },
  });
  const health = 'AWS Health Event';
  return [
    ofSpot(
      'spot-interruption',
      'Spot takes an instance back in two minutes',
      'EC2 Spot Instance Interruption Warning',
      'spot-interruption',
    ),
    ofSpot(
      'rebalance-recommended',
      'Spot will probably take an instance back',
      'EC2 Instance Rebalance Recommendation',
      'rebalance',
    ),
    {
      name: 'change-scheduled',
      description: 'AWS has scheduled something for instances, mostly days from now',
      pattern: {
        source: ['aws.health'],
        detailType: [health],
        detail: {
          service: ['EC2'],
          eventTypeCategory: ['scheduledChange'],
          // A path that leads nowhere would make the input no JSON.
          affectedEntities: { entityValue: Match.exists() },
        },
      },
      scope: {
        affectedEntities: EventField.fromPath('$.detail.affectedEntities'),
        cause: 'health-event',
        reason: health,
      },
    },
  ];
}

/** Sends events to the sweep, each with the scope that it names. */
export class Events extends Construct {
  constructor(
    scope: Construct,
    id: string,
    props: { deployment: string; lookers: Lookers; undelivered: IQueue },
  ) {
    super(scope, id);
    for (const occasion of occasions(props.deployment)) {
      const rule = new Rule(this, occasion.name, {
        ruleName: `${props.deployment}-${occasion.name}`,
        description: occasion.description,
        eventPattern: occasion.pattern,
      });
      rule.addTarget(
        new LambdaFunction(props.lookers[occasion.looker ?? 'sweep'], {
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
