import { rmSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { clusterOfKey } from '../../functions/clusters/names.ts';
import { watchWorkers } from '../../functions/demand/contracts.ts';
import { type SweepScope, sweep } from '../../functions/sweep/contracts.ts';
import { readScope } from '../../functions/sweep/read-scope.ts';
import { compilePattern } from '../../region/services/eventbridge/pattern.ts';
import { type InputTransformer, transform } from '../../region/services/eventbridge/transform.ts';
import { ofType, synthesize, writeStubBundles } from './support/synthesize.ts';

const bundleDir = writeStubBundles();
afterAll(() => rmSync(bundleDir, { recursive: true }));

const account = '123456789012';
const region = 'us-east-1';
const bucket = `trivet-${account}-${region}`;
const instanceId = 'i-1234567890abcdef0';
const slotGroup = 'trivet-demo-slot-a';
const poolGroup = 'trivet-demo-pool-general-a';

interface Rule {
  readonly name: string;
  readonly matches: (event: unknown) => boolean;
  readonly transformer: InputTransformer;
}

/** What CloudFormation makes of the little that a rule leaves to it. */
function resolve(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(resolve);
  if (typeof value !== 'object' || value === null) return value;
  if ('Ref' in value) return { 'AWS::AccountId': account, 'AWS::Region': region }[String(value.Ref)];
  if ('Fn::Join' in value) {
    const [separator, parts] = value['Fn::Join'] as [string, unknown[]];
    return parts.map(resolve).join(separator);
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolve(inner)]));
}

/** Every rule with a pattern, as EventBridge gets it. */
const rules = ofType(synthesize({ bundleDir }).operations, 'AWS::Events::Rule').map(
  ({ Properties }): Rule => {
    const targets = Properties.Targets as readonly { readonly InputTransformer: InputTransformer }[];
    const [target, ...others] = targets;
    if (!target || others.length > 0) throw new Error(`${String(Properties.Name)} has not one target`);
    return {
      name: String(Properties.Name),
      matches: compilePattern(JSON.stringify(resolve(Properties.EventPattern))),
      transformer: target.InputTransformer,
    };
  },
);

type Event = Readonly<Record<string, unknown>>;

/** The names of the rules that an event matches. */
const rulesOf = (event: Event) => rules.filter(({ matches }) => matches(event)).map(({ name }) => name);

/** What each rule that an event matches gives its target. */
const inputsOf = (event: Event): unknown[] =>
  rules
    .filter(({ matches }) => matches(event))
    .map(({ name, transformer }) => {
      const ruleArn = `arn:aws:events:${region}:${account}:rule/${name}`;
      const ingestionTime = '2026-03-01T12:00:00Z';
      return JSON.parse(transform(transformer, { ruleArn, ruleName: name, event, ingestionTime }));
    });

/** The scope that the sweep makes of an event, for each rule that sends it. */
const scopesOf = (event: Event): (SweepScope | undefined)[] =>
  inputsOf(event).map((input) => readScope(sweep.input.parse(input).scope));

/** The envelope that every event of AWS comes in. */
function eventOf(
  source: string,
  detailType: string,
  detail: object,
  resources: readonly string[] = [],
): Event {
  return {
    version: '0',
    id: '12345678-1234-1234-1234-123456789012',
    'detail-type': detailType,
    source,
    account,
    time: '2026-03-01T12:00:00Z',
    region,
    resources,
    detail,
  };
}

const groupArn = (group: string) =>
  `arn:aws:autoscaling:${region}:${account}:autoScalingGroup:c1d7:autoScalingGroupName/${group}`;
const instanceArn = (id: string) => `arn:aws:ec2:${region}:${account}:instance/${id}`;

/** "Amazon EC2 Auto Scaling event reference", its user guide. */
const lifecycleAction = (group: string, transition: 'launch' | 'terminate', changes: object = {}): Event =>
  eventOf(
    'aws.autoscaling',
    `EC2 Instance-${transition} Lifecycle Action`,
    {
      LifecycleActionToken: '87654321-4321-4321-4321-210987654321',
      AutoScalingGroupName: group,
      LifecycleHookName: `trivet-${transition}`,
      EC2InstanceId: instanceId,
      LifecycleTransition:
        transition === 'launch'
          ? 'autoscaling:EC2_INSTANCE_LAUNCHING'
          : 'autoscaling:EC2_INSTANCE_TERMINATING',
      NotificationMetadata: 'additional-info',
      Origin: transition === 'launch' ? 'EC2' : 'AutoScalingGroup',
      Destination: transition === 'launch' ? 'AutoScalingGroup' : 'EC2',
      ...changes,
    },
    [groupArn(group)],
  );

/** The same reference: scaling events. */
const scalingEvent = (group: string, detailType: string, changes: object = {}): Event =>
  eventOf(
    'aws.autoscaling',
    detailType,
    {
      StatusCode: 'InProgress',
      Description: `Terminating EC2 instance: ${instanceId}`,
      AutoScalingGroupName: group,
      ActivityId: '87654321-4321-4321-4321-210987654321',
      Details: { 'Availability Zone': 'us-east-1a', 'Subnet ID': 'subnet-12345678' },
      RequestId: '12345678-1234-1234-1234-123456789012',
      StatusMessage: '',
      EndTime: '2026-03-01T12:00:00Z',
      EC2InstanceId: instanceId,
      StartTime: '2026-03-01T11:59:50Z',
      Cause: 'description-text',
      Origin: 'AutoScalingGroup',
      Destination: 'EC2',
      ...changes,
    },
    [groupArn(group), instanceArn(instanceId)],
  );

const launchFailed = (group: string, changes: object = {}): Event =>
  scalingEvent(group, 'EC2 Instance Launch Unsuccessful', {
    StatusCode: 'Failed',
    StatusMessage: 'We currently do not have sufficient m7g.large capacity in the zone you requested',
    Origin: 'EC2',
    Destination: 'AutoScalingGroup',
    ...changes,
  });

/** "State change events for Amazon EC2 instances", its user guide; its example has no `version`. */
function stateChange(state: string): Event {
  const { version: _, ...event } = eventOf(
    'aws.ec2',
    'EC2 Instance State-change Notification',
    { 'instance-id': instanceId, state },
    [instanceArn(instanceId)],
  );
  return event;
}

/** "Spot Instance interruption notices" and "EC2 instance rebalance recommendations", the same guide: a zone stands in the ARN. */
const spotWarning = (action: string): Event =>
  eventOf(
    'aws.ec2',
    'EC2 Spot Instance Interruption Warning',
    { 'instance-id': instanceId, 'instance-action': action },
    [`arn:aws:ec2:us-east-1b:instance/${instanceId}`],
  );
const rebalance = eventOf('aws.ec2', 'EC2 Instance Rebalance Recommendation', { 'instance-id': instanceId }, [
  `arn:aws:ec2:us-east-1b:instance/${instanceId}`,
]);

const entity = (entityValue: string) => ({
  entityValue,
  lastUpdatedTime: 'Thu, 26 Feb 2026 19:40:00 GMT',
  status: 'PENDING',
  tags: { 'trivet:deployment': 'trivet' },
});

/** "AWS Health events Amazon EventBridge schema", its user guide. */
const healthEvent = (changes: object = {}): Event =>
  eventOf(
    'aws.health',
    'AWS Health Event',
    {
      eventArn: `arn:aws:health:${region}::event/EC2/AWS_EC2_PERSISTENT_INSTANCE_RETIREMENT_SCHEDULED/c1d7`,
      service: 'EC2',
      eventScopeCode: 'ACCOUNT_SPECIFIC',
      communicationId: 'a9a4e7a0f9d5',
      eventTypeCode: 'AWS_EC2_PERSISTENT_INSTANCE_RETIREMENT_SCHEDULED',
      eventTypeCategory: 'scheduledChange',
      startTime: 'Thu, 05 Mar 2026 15:10:09 GMT',
      endTime: 'Thu, 05 Mar 2026 17:10:09 GMT',
      lastUpdatedTime: 'Thu, 26 Feb 2026 19:40:00 GMT',
      statusCode: 'upcoming',
      eventRegion: region,
      eventDescription: [{ language: 'en_US', latestDescription: 'EC2 has detected "degradation" …' }],
      eventMetadata: {},
      affectedEntities: [entity(instanceId), entity('i-0fedcba0987654321')],
      affectedAccount: account,
      page: '1',
      totalPages: '1',
      ...changes,
    },
    [instanceId, 'i-0fedcba0987654321'],
  );

/** "EventBridge event message structure", S3's user guide. */
const objectEvent = (key: string, changes: { name?: string; detailType?: string } = {}): Event =>
  eventOf(
    'aws.s3',
    changes.detailType ?? 'Object Created',
    {
      version: '0',
      bucket: { name: changes.name ?? bucket },
      object: {
        key,
        size: 5,
        etag: 'b1946ac92492d2347c6235b4d2611184',
        'version-id': 'IYV3p45BT0ac8hjHg1houSdS1a.Mro8e',
        sequencer: '617f08299329d189',
      },
      'request-id': 'N4N7GDK58NMKJ12R',
      requester: account,
      'source-ip-address': '1.2.3.4',
      reason: 'PutObject',
    },
    [`arn:aws:s3:::${changes.name ?? bucket}`],
  );

const observation = 'clusters/demo/observations/workers.json';

describe('an event names what the sweep is to look at', () => {
  test.for<[string, string, Event, SweepScope]>([
    [
      'a slot’s instance that waits in its launch hook',
      'trivet-instance-waits',
      lifecycleAction(slotGroup, 'launch'),
      { autoScalingGroupName: slotGroup, instanceId, reason: 'EC2 Instance-launch Lifecycle Action' },
    ],
    [
      'a worker that waits in its launch hook, as events were before AWS added where from and where to',
      'trivet-instance-waits',
      lifecycleAction(poolGroup, 'launch', {
        NotificationMetadata: undefined,
        Origin: undefined,
        Destination: undefined,
      }),
      { autoScalingGroupName: poolGroup, instanceId, reason: 'EC2 Instance-launch Lifecycle Action' },
    ],
    [
      'a worker that waits in its terminate hook',
      'trivet-worker-leaves',
      lifecycleAction(poolGroup, 'terminate'),
      { autoScalingGroupName: poolGroup, instanceId, reason: 'EC2 Instance-terminate Lifecycle Action' },
    ],
    [
      'a launch that failed, by its group alone',
      'trivet-launch-failed',
      launchFailed(slotGroup),
      { autoScalingGroupName: slotGroup, reason: 'EC2 Instance Launch Unsuccessful' },
    ],
    [
      'a launch that failed before there was an instance',
      'trivet-launch-failed',
      launchFailed(poolGroup, { EC2InstanceId: '' }),
      { autoScalingGroupName: poolGroup, reason: 'EC2 Instance Launch Unsuccessful' },
    ],
    [
      'a launch that failed and says nothing of an instance',
      'trivet-launch-failed',
      launchFailed(poolGroup, { EC2InstanceId: undefined }),
      { autoScalingGroupName: poolGroup, reason: 'EC2 Instance Launch Unsuccessful' },
    ],
    [
      'an instance that its group has terminated',
      'trivet-instance-terminated',
      scalingEvent(slotGroup, 'EC2 Instance Terminate Successful'),
      { autoScalingGroupName: slotGroup, instanceId, reason: 'EC2 Instance Terminate Successful' },
    ],
    ...['shutting-down', 'stopped', 'terminated'].map((state): [string, string, Event, SweepScope] => [
      `an instance that is ${state}`,
      'trivet-instance-stopped',
      stateChange(state),
      { instanceId, reason: 'EC2 Instance State-change Notification' },
    ]),
    ...['terminate', 'stop', 'hibernate'].map((action): [string, string, Event, SweepScope] => [
      `spot’s warning, to ${action}`,
      'trivet-spot-interruption',
      spotWarning(action),
      { instanceId, cause: 'spot-interruption', reason: 'EC2 Spot Instance Interruption Warning' },
    ]),
    [
      'spot’s recommendation',
      'trivet-rebalance-recommended',
      rebalance,
      { instanceId, cause: 'rebalance', reason: 'EC2 Instance Rebalance Recommendation' },
    ],
    [
      'what AWS has scheduled for two instances, whatever else it says of them',
      'trivet-change-scheduled',
      healthEvent(),
      {
        affectedEntities: [{ entityValue: instanceId }, { entityValue: 'i-0fedcba0987654321' }],
        cause: 'health-event',
        reason: 'AWS Health Event',
      },
    ],
    [
      'what AWS has scheduled, in the form of older events',
      'trivet-change-scheduled',
      eventOf(
        'aws.health',
        'AWS Health Event',
        {
          eventArn: 'arn:aws:health:region::event/id',
          service: 'EC2',
          eventTypeCode: 'AWS_EC2_DEDICATED_HOST_NETWORK_MAINTENANCE_SCHEDULED',
          eventTypeCategory: 'scheduledChange',
          startTime: 'Sat, 05 Jun 2016 15:10:09 GMT',
          eventDescription: [{ language: 'en_US', latestDescription: 'A description' }],
          affectedEntities: [{ entityValue: instanceId, tags: { stage: 'prod' } }],
        },
        [instanceId],
      ),
      { affectedEntities: [{ entityValue: instanceId }], cause: 'health-event', reason: 'AWS Health Event' },
    ],
    [
      'an observation of a cluster’s workers',
      'trivet-workers-observed',
      objectEvent(observation),
      { cluster: 'demo', reason: 'Object Created' },
    ],
    [
      'an observation of nobody’s cluster, which names nothing',
      'trivet-workers-observed',
      objectEvent('somewhere/else/observations/workers.json'),
      { reason: 'Object Created' },
    ],
  ])('%s', ([_, rule, event, scope]) => {
    expect(rulesOf(event)).toEqual([rule]);
    expect(scopesOf(event)).toEqual([scope]);
  });

  test('or what the watch of workers is to look at, where something else waits by now', () => {
    const event = objectEvent('clusters/demo/observations/demand-change.json');
    expect(rulesOf(event)).toEqual(['trivet-demand-changed']);
    const scopes = inputsOf(event).map((input) => watchWorkers.input.parse(input).scope);
    expect(scopes).toEqual([{ objectKey: 'clusters/demo/observations/demand-change.json' }]);
    expect(scopes.map((scope) => clusterOfKey(scope?.objectKey ?? '', 'demandChange'))).toEqual(['demo']);
  });

  test('and every rule has an event here', () => {
    expect(rules.map(({ name }) => name).toSorted()).toEqual([
      'trivet-change-scheduled',
      'trivet-demand-changed',
      'trivet-instance-stopped',
      'trivet-instance-terminated',
      'trivet-instance-waits',
      'trivet-launch-failed',
      'trivet-rebalance-recommended',
      'trivet-spot-interruption',
      'trivet-worker-leaves',
      'trivet-workers-observed',
    ]);
  });

  test('with quotes and signs in a group’s name as they are', () => {
    const group = 'trivet-"odd" \\ <name>';
    expect(scopesOf(lifecycleAction(group, 'launch'))).toEqual([
      { autoScalingGroupName: group, instanceId, reason: 'EC2 Instance-launch Lifecycle Action' },
    ]);
  });
});

describe('no rule sends', () => {
  test.for<[string, Event]>([
    ['a launch in another deployment’s group', lifecycleAction('trivet2-demo-slot-a', 'launch')],
    ['a launch in a group with our name in it', lifecycleAction('my-trivet-demo-slot-a', 'launch')],
    ['a group that is named as the deployment', lifecycleAction('trivet', 'launch')],
    ['a group’s name in capitals', lifecycleAction('Trivet-demo-slot-a', 'launch')],
    [
      'other people’s hook on other people’s group',
      lifecycleAction('my-asg', 'terminate', { LifecycleHookName: 'my-lifecycle-hook' }),
    ],
    ['a failed launch of a stranger’s group', launchFailed('my-asg')],
    [
      'a terminated instance of a stranger’s group',
      scalingEvent('my-asg', 'EC2 Instance Terminate Successful'),
    ],
    ['a launch that went well', scalingEvent(slotGroup, 'EC2 Instance Launch Successful')],
    ['a termination that failed', scalingEvent(slotGroup, 'EC2 Instance Terminate Unsuccessful')],
    [
      'an instance refresh',
      scalingEvent(slotGroup, 'EC2 Auto Scaling Instance Refresh Started', { InstanceRefreshId: 'c1d7' }),
    ],
    ['what another service calls the same', { ...lifecycleAction(slotGroup, 'launch'), source: 'my.app' }],
    ...['pending', 'running', 'stopping'].map((state): [string, Event] => [
      `an instance that is ${state}`,
      stateChange(state),
    ]),
    [
      'a warning of a capacity reservation',
      {
        ...spotWarning('terminate'),
        'detail-type': 'EC2 Interruptible Capacity Reservation Instance Interruption Warning',
      },
    ],
    ['a request for spot', { ...rebalance, 'detail-type': 'EC2 Spot Instance Request Fulfillment' }],
    ['what AWS Health says of another service', healthEvent({ service: 'RDS' })],
    ['an issue that AWS has', healthEvent({ eventTypeCategory: 'issue' })],
    ['a note to the account', healthEvent({ eventTypeCategory: 'accountNotification' })],
    ['a change that concerns no entity', healthEvent({ affectedEntities: [] })],
    ['a change that names no entities', healthEvent({ affectedEntities: undefined })],
    ['abuse', { ...healthEvent(), 'detail-type': 'AWS Health Abuse Event' }],
    ['another deployment’s observation', objectEvent(observation, { name: `other-${account}-${region}` })],
    ['an object of the issuers’ bucket', objectEvent(observation, { name: `${bucket}-issuers` })],
    ['another region’s bucket', objectEvent(observation, { name: `trivet-${account}-eu-west-1` })],
    ['another object of the bucket', objectEvent('clusters/demo/pki/etcd/ca.crt')],
    ['an object whose key only contains the name', objectEvent(`${observation}.bak`)],
    ['an observation that is deleted', objectEvent(observation, { detailType: 'Object Deleted' })],
    ['tags on an observation', objectEvent(observation, { detailType: 'Object Tags Added' })],
  ])('%s', ([_, event]) => {
    expect(rulesOf(event)).toEqual([]);
  });
});
