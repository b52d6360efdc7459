import { expect, test } from 'vitest';
import { AwsError } from '../../../region/kernel/errors.ts';
import { automationRegion, nap } from './automation-region.ts';

const reservations = {
  NextToken: 'more',
  Reservations: [
    {
      Instances: [
        {
          InstanceId: 'i-1',
          State: { Code: 16, Name: 'running' },
          LaunchTime: new Date(0),
          EbsOptimized: true,
        },
        { InstanceId: 'i-2', State: { Code: 80, Name: 'stopped' }, EbsOptimized: false },
      ],
    },
    { Instances: [{ InstanceId: 'i-3', State: { Code: 16, Name: 'running' } }] },
  ],
};

/** A region whose EC2 answers the answers one after the other, the last one for good. */
function withInstances(...answers: object[]) {
  const asked: unknown[] = [];
  const describeInstances = (input: object): object => {
    asked.push(input);
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer instanceof Error) throw answer;
    return answer ?? {};
  };
  return { ...automationRegion({ ec2: { describeInstances } }), asked };
}

const look = (outputs: object[], inputs: object = {}): object => ({
  name: 'look',
  action: 'aws:executeAwsApi',
  inputs: { Service: 'ec2', Api: 'DescribeInstances', ...inputs },
  outputs,
});

test.each<[selector: string, type: string | undefined, output: string[]]>([
  ['$.NextToken', undefined, ['more']],
  ['$.Reservations[0].Instances[1].InstanceId', 'String', ['i-2']],
  ["$.Reservations[0]['Instances'][0].State.Code", 'Integer', ['16']],
  ['$.Reservations[0].Instances[0].State.Code', 'String', ['16']],
  ['$.Reservations[0].Instances[0].EbsOptimized', 'Boolean', ['true']],
  ['$.Reservations[0].Instances[0].State', 'StringMap', ['{"Code":16,"Name":"running"}']],
  ['$.Reservations..InstanceId', 'StringList', ['i-1', 'i-2', 'i-3']],
  [
    '$.Reservations..Instances..State',
    'MapList',
    ['{"Code":16,"Name":"running"}', '{"Code":80,"Name":"stopped"}', '{"Code":16,"Name":"running"}'],
  ],
  ['$.Reservations[7].Instances[0].InstanceId', 'String', ['']],
  ['$.Reservations..Platform', 'StringList', []],
])('%s as %s selects %j', async (Selector, Type, output) => {
  const { finish } = withInstances(reservations);
  const { StepExecutions } = await finish({
    mainSteps: [look([{ Name: 'found', Selector, ...(Type && { Type }) }])],
  });
  expect(StepExecutions?.[0]).toMatchObject({ StepStatus: 'Success', Outputs: { found: output } });
});

test('a step calls an API with what parameters and steps before it gave', async () => {
  const { finish, asked } = withInstances(reservations);
  const { Outputs } = await finish(
    {
      parameters: { Cluster: { type: 'String' } },
      mainSteps: [
        look([{ Name: 'ids', Selector: '$.Reservations..InstanceId', Type: 'StringList' }], {
          Filters: [{ Name: 'tag:trivet:cluster', Values: ['{{ Cluster }}'] }],
        }),
        {
          name: 'again',
          action: 'aws:executeAwsApi',
          inputs: {
            Service: 'ec2',
            Api: 'describe_instances',
            InstanceIds: ['{{ look.ids }}'],
            MaxResults: 5,
          },
          outputs: [{ Name: 'token', Selector: '$.NextToken' }],
        },
      ],
      outputs: ['again.token'],
    },
    { Cluster: ['demo'] },
  );
  expect(asked).toEqual([
    { Filters: [{ Name: 'tag:trivet:cluster', Values: ['demo'] }] },
    { InstanceIds: ['i-1', 'i-2', 'i-3'], MaxResults: 5 },
  ]);
  expect(Outputs).toEqual({ 'again.token': ['more'] });
});

test.each<[what: string, step: object, answers: object[], message: string]>([
  [
    'what the API refuses',
    look([]),
    [new AwsError('InvalidInstanceID.NotFound', 'There is none.')],
    'Execute/Cancelling action. An error occurred (InvalidInstanceID.NotFound) when calling the DescribeInstances operation: There is none.',
  ],
  [
    'a text where the API takes a number',
    look([], { MaxResults: 'five' }),
    [reservations],
    'validating and resolving the step inputs. Parameter validation failed: MaxResults: "five" cannot be read as a number',
  ],
  [
    'an output of another type',
    look([{ Name: 'state', Selector: '$.Reservations[0].Instances[0].State', Type: 'StringList' }]),
    [reservations],
    'Poll action status for completion. The output "state" is not of the type StringList: {"Code":16,"Name":"running"}',
  ],
])('%s fails the step', async (_, step, answers, message) => {
  const { finish } = withInstances(...answers);
  const { FailureMessage } = await finish({ mainSteps: [step] });
  expect(FailureMessage).toContain(message);
});

test('an API that hangs is given up after 25 seconds', async () => {
  const region = automationRegion({ ec2: { describeInstances: () => new Promise(() => {}) } });
  await region.store({ mainSteps: [look([])] });
  const id = await region.start();
  await region.clock.advance(24_999);
  expect(await region.standing(id)).toBe('InProgress, look InProgress');
  await region.clock.advance(1);
  expect(await region.standing(id)).toBe('TimedOut, look TimedOut');
});

const property = (action: string, PropertySelector: string, DesiredValues: unknown[], more: object = {}) => ({
  name: 'check',
  action,
  inputs: { Service: 'ec2', Api: 'DescribeInstances', PropertySelector, DesiredValues },
  ...more,
});

test.each<[selector: string, desired: string[], status: string]>([
  ['$.Reservations[0].Instances[0].State.Name', ['pending', 'running'], 'Success'],
  ['$.Reservations[0].Instances[1].State.Name', ['pending', 'running'], 'Failed'],
  ['$.Reservations[0].Instances[0].State.Code', ['16'], 'Success'],
  ['$.Reservations[0].Instances[0].EbsOptimized', ['True'], 'Success'],
  ['$.Reservations[0].Instances[0].EbsOptimized', ['true'], 'Failed'],
  ['$.Reservations[9].Instances[0].State.Name', ['running'], 'Failed'],
])('an assertion that %s is in %j: %s', async (selector, desired, status) => {
  const { finish } = withInstances(reservations);
  const { AutomationExecutionStatus } = await finish({
    mainSteps: [property('aws:assertAwsResourceProperty', selector, desired)],
  });
  expect(AutomationExecutionStatus).toBe(status);
});

test('an assertion that fails says what is there', async () => {
  const { finish } = withInstances(reservations);
  const selector = '$.Reservations[0].Instances[1].State.Name';
  const { FailureMessage } = await finish({
    mainSteps: [property('aws:assertAwsResourceProperty', selector, ['running'])],
  });
  expect(FailureMessage).toBe(
    'Step fails when it is Poll action status for completion. The value of $.Reservations[0].Instances[1].State.Name is stopped, which is none of the desired values [running]. Please refer to Automation Service Troubleshooting Guide for more diagnosis details.',
  );
});

const state = (Name: string): object => ({ Reservations: [{ Instances: [{ State: { Name } }] }] });

test('a step waits until a property has a desired value', async () => {
  const { store, start, standing, clock, asked } = withInstances(
    state('pending'),
    state('pending'),
    state('running'),
  );
  const selector = '$.Reservations[0].Instances[0].State.Name';
  await store({ mainSteps: [property('aws:waitForAwsResourceProperty', selector, ['running'])] });
  const id = await start();
  await clock.advance(9_000);
  expect(await standing(id)).toBe('InProgress, check InProgress');
  await clock.advance(1_000);
  expect([await standing(id), asked.length]).toEqual(['Success, check Success', 3]);
});

test('a step that waits for a property times out: by itself after an hour', async () => {
  const { store, start, standing, clock } = withInstances(state('pending'));
  const selector = '$.Reservations[0].Instances[0].State.Name';
  await store({
    mainSteps: [
      property('aws:waitForAwsResourceProperty', selector, ['running'], { onFailure: 'Continue' }),
      nap('after'),
    ],
  });
  const id = await start();
  await clock.advance(3_599_999);
  expect(await standing(id)).toBe('InProgress, check InProgress, after Pending');
  await clock.advance(2_000);
  // A failure that is continued from is not critical unless the step says so.
  expect(await standing(id)).toBe('Success, check TimedOut, after Success');
});
