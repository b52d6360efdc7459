import { nap } from './automation-region.ts';

const steps = (...mainSteps: object[]): object => ({ mainSteps });
const branch = (...Choices: object[]): object =>
  steps({ name: 'choose', action: 'aws:branch', inputs: { Choices } }, nap('wait'));
const invalid = (message: string): string => `InvalidDocumentContent: ${message}`;
const notPlayed = (what: string): string =>
  `NotImplementedByEmbeddedRegion: The embedded region does not play ${what}.`;
const parameter = (declared: object, name = 'Slot'): object => ({
  parameters: { [name]: declared },
  ...steps(nap('wait')),
});
const describeInstances = { Service: 'ec2', Api: 'DescribeInstances' };

/** What a document has, the document, and AWS's answer. */
export const documentRefusals: [what: string, content: object, answer: string][] = [
  [
    'another schema',
    { schemaVersion: '2.2', ...steps(nap('wait')) },
    invalid('Document schema version is invalid. Value: 2.2'),
  ],
  ['no steps', steps(), invalid('mainSteps: has no step')],
  [
    'a section of no schema',
    { ...steps(nap('wait')), mainStep: [] },
    invalid('The document: Unrecognized key: "mainStep"'),
  ],
  [
    'attached files',
    { ...steps(nap('wait')), files: {} },
    notPlayed('the section files of Automation documents'),
  ],
  ['two steps of one name', steps(nap('wait'), nap('wait')), invalid('The step name "wait" is not unique.')],
  [
    'a step name with a dash',
    steps(nap('wait-a-bit')),
    invalid('mainSteps.0.name: is not of letters, digits and underscores'),
  ],
  [
    'an action of nobody',
    steps({ name: 'go', action: 'aws:dance', inputs: {} }),
    invalid('Step "go" has the unknown action aws:dance.'),
  ],
  [
    'an action that the region has not',
    steps({ name: 'go', action: 'aws:runCommand', inputs: {} }),
    notPlayed('the automation action aws:runCommand (step "go")'),
  ],
  [
    'a way to no step',
    steps(nap('wait', { nextStep: 'gone' })),
    invalid('Step "wait" leads to "gone", which is no step of the document.'),
  ],
  [
    'a failure that leads to no step',
    steps(nap('wait', { onFailure: 'step:gone' })),
    invalid('Step "wait" leads to "gone", which is no step of the document.'),
  ],
  [
    'an onFailure of nobody',
    steps(nap('wait', { onFailure: 'Retry' })),
    invalid('mainSteps.0.onFailure: is not Abort, Continue or step:NAME'),
  ],
  [
    'a cancellation that leads to a delay',
    steps(nap('wait', { onCancel: 'step:after' }), nap('after')),
    invalid('Step "wait": onCancel cannot lead to "after", a step of aws:sleep.'),
  ],
  [
    'a circle',
    steps(nap('a'), nap('b', { nextStep: 'c' }), nap('c', { onFailure: 'step:b', isEnd: true })),
    invalid('The document has an infinite loop: b -> c -> b.'),
  ],
  ['no attempts', steps(nap('wait', { maxAttempts: 0 })), invalid('mainSteps.0.maxAttempts: is not above 0')],
  [
    'a parameter that nobody declared',
    steps(nap('wait', { inputs: { Duration: '{{ Howlong }}' } })),
    invalid('Parameter "Howlong" is not declared.'),
  ],
  [
    'a parameter of Parameter Store in an input',
    steps(nap('wait', { inputs: { Duration: '{{ ssm:/how/long }}' } })),
    invalid('Parameter "ssm:/how/long" is not declared.'),
  ],
  [
    'an output of no step',
    steps(nap('wait', { inputs: { Duration: '{{ look.duration }}' } })),
    invalid('Step "wait" refers to the step "look", which is no step of the document.'),
  ],
  [
    'an output that its action does not give',
    steps(
      { name: 'run', action: 'aws:executeStateMachine', inputs: { stateMachineArn: 'arn' } },
      nap('wait', { inputs: { Duration: '{{ run.duration }}' } }),
    ),
    invalid('Step "wait" refers to run.duration, which is no output of aws:executeStateMachine.'),
  ],
  [
    'an output of the document that is none',
    { ...steps(nap('wait')), outputs: ['wait.duration'] },
    invalid('The output "wait.duration" refers to wait.duration, which is no output of aws:sleep.'),
  ],
  [
    'a system variable of nobody',
    steps(nap('wait', { inputs: { Duration: '{{ global:MOOD }}' } })),
    notPlayed('the variable global:MOOD in automations (step "wait")'),
  ],
  [
    'a role that is none',
    { assumeRole: 'admin', ...steps(nap('wait')) },
    invalid('The format of the supplied assume role ARN is invalid.'),
  ],
  [
    'a role from a parameter that nobody declared',
    { assumeRole: '{{ Role }}', ...steps(nap('wait')) },
    invalid('Parameter "Role" is not declared.'),
  ],
  [
    'a parameter name with an underscore',
    parameter({ type: 'String' }, 'slot_name'),
    invalid('Parameter name "slot_name" is not alpha-numeric.'),
  ],
  [
    'a parameter of no type',
    parameter({ type: 'Text' }),
    invalid(
      'parameters.Slot.type: Invalid option: expected one of "String"|"StringList"|"Integer"|"Boolean"|"StringMap"|"MapList"|"AWS::IAM::Role::Arn"',
    ),
  ],
  [
    'a default of another type',
    parameter({ type: 'Integer', default: 'three' }),
    invalid('The default value of parameter "Slot" is not of the type Integer.'),
  ],
  [
    'allowed values of another type',
    parameter({ type: 'String', allowedValues: ['a', 2] }),
    invalid('Parameter "Slot" allows values that are not of its type.'),
  ],
  [
    "a pattern that is Java's alone",
    parameter({ type: 'String', allowedPattern: '(?<!' }),
    notPlayed('the allowedPattern (?<! of parameter "Slot": it is no pattern of JavaScript'),
  ],
  [
    'an input that the action does not have',
    steps({
      name: 'run',
      action: 'aws:executeStateMachine',
      inputs: { stateMachineArn: 'arn', executionName: 'one' },
    }),
    invalid(
      'Unknown input names provided. Known=[ [stateMachineArn, name, input] ], provided=[ [stateMachineArn, executionName] ] in step: run.',
    ),
  ],
  [
    'an input missing',
    steps({ name: 'ask', action: 'aws:approve', inputs: { Message: 'May I?' } }),
    invalid('Step "ask" lacks the required input "Approvers".'),
  ],
  [
    'a notification',
    steps({ name: 'ask', action: 'aws:approve', inputs: { Approvers: ['a'], NotificationArn: 'arn' } }),
    notPlayed('NotificationArn of aws:approve (it has no SNS)'),
  ],
  [
    'an approval of more than 30 days',
    steps({ name: 'ask', action: 'aws:approve', timeoutSeconds: 2_592_001, inputs: { Approvers: ['a'] } }),
    invalid('Step "ask": timeoutSeconds of aws:approve is at most 2592000.'),
  ],
  [
    'neither a duration nor a moment',
    steps(nap('wait', { inputs: {} })),
    invalid('Step "wait" must have one of the inputs Duration and Timestamp.'),
  ],
  [
    'an operation that branches do not have',
    branch({ NextStep: 'wait', Variable: 'a', StringMatches: 'a' }),
    invalid('Unsupported operation: StringMatches in step: choose.'),
  ],
  [
    'an Or of one',
    branch({ NextStep: 'wait', Or: [{ Variable: 'a', StringEquals: 'a' }] }),
    invalid('Expect at lease two expressions for operator: Or in step: choose. Provided: 1'),
  ],
  [
    'a choice that leads nowhere',
    branch({ Variable: 'a', StringEquals: 'a' }),
    invalid('A choice of step "choose" names no NextStep.'),
  ],
  [
    'a choice without a variable',
    branch({ NextStep: 'wait', StringEquals: 'a' }),
    invalid('Operation: StringEquals has no Variable in step: choose.'),
  ],
  [
    'an API of nobody',
    steps({ name: 'look', action: 'aws:executeAwsApi', inputs: { Service: 'ec2', Api: 'DescribeMoods' } }),
    invalid('Step "look" calls DescribeMoods, which ec2 does not have.'),
  ],
  [
    'a service that the region has not',
    steps({
      name: 'look',
      action: 'aws:executeAwsApi',
      inputs: { Service: 'rds', Api: 'DescribeDBInstances' },
    }),
    notPlayed('the service rds, which step "look" calls'),
  ],
  [
    'an API that the region has not',
    steps({ name: 'look', action: 'aws:executeAwsApi', inputs: { Service: 'ec2', Api: 'DescribeHosts' } }),
    notPlayed('ec2.describeHosts'),
  ],
  [
    'a parameter that the API does not have',
    steps({ name: 'look', action: 'aws:executeAwsApi', inputs: { ...describeInstances, Instances: [] } }),
    invalid('Step "look" gives DescribeInstances the parameter Instances, which it does not have.'),
  ],
  [
    'a streaming API',
    steps({ name: 'look', action: 'aws:executeAwsApi', inputs: { Service: 's3', Api: 'GetObject' } }),
    invalid('Step "look" calls GetObject, a streaming API, which no action supports.'),
  ],
  [
    'a selector beyond the three operators',
    steps({
      name: 'look',
      action: 'aws:executeAwsApi',
      inputs: describeInstances,
      outputs: [{ Name: 'ids', Selector: '$.Reservations[*]' }],
    }),
    notPlayed('the JSONPath $.Reservations[*] (only $, .name, ..name and [0])'),
  ],
  [
    'an assertion of nothing',
    steps({ name: 'look', action: 'aws:assertAwsResourceProperty', inputs: describeInstances }),
    invalid('Step "look" must have a PropertySelector.'),
  ],
];
