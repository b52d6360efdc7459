import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { administrator, automationRegion, nap, refusal } from './automation-region.ts';

const document = {
  parameters: {
    ClusterName: { type: 'String', allowedPattern: '[a-z0-9-]{3,40}', minChars: 3 },
    Slot: { type: 'String', allowedValues: ['a', 'b', 'c'], default: 'a' },
    Zones: { type: 'StringList', minItems: 1, maxItems: 3, default: [] },
    Size: { type: 'Integer', allowedValues: [1, 3], default: 3 },
    Force: { type: 'Boolean', default: false },
    Labels: { type: 'StringMap', default: {} },
    Pools: { type: 'MapList', default: [] },
    Comment: { type: 'String', maxChars: 10, default: '' },
  },
  mainSteps: [nap('wait')],
};
const invalid = (message: string): string => `InvalidAutomationExecutionParametersException: ${message}`;

test.each<[what: string, parameters: Record<string, string[]>, answer: string]>([
  [
    'a parameter that the document does not have',
    { ClusterName: ['demo'], Cluster: ['demo'], Slots: ['a'] },
    invalid('Undefined execution inputs: [Cluster, Slots]'),
  ],
  [
    'a parameter missing',
    { Slot: ['a'] },
    invalid('Missing required parameter: ClusterName in user inputs.'),
  ],
  [
    'a value that is not allowed',
    { ClusterName: ['demo'], Slot: ['d'] },
    invalid('Parameter "Slot" has value "d" not found in [a, b, c].'),
  ],
  [
    'a value against its pattern',
    { ClusterName: ['demo"}'] },
    invalid(
      'Parameter "ClusterName" has value "demo"}" which does not match the allowed pattern [a-z0-9-]{3,40}.',
    ),
  ],
  [
    'two values for one text',
    { ClusterName: ['one', 'two'] },
    invalid('Parameter "ClusterName" has value "one, two" which is not of the type String.'),
  ],
  [
    'a number that is none',
    { ClusterName: ['demo'], Size: ['three'] },
    invalid('Parameter "Size" has value "three" which is not of the type Integer.'),
  ],
  [
    'a number that is not allowed',
    { ClusterName: ['demo'], Size: ['2'] },
    invalid('Parameter "Size" has value "2" not found in [1, 3].'),
  ],
  [
    'a Boolean that is none',
    { ClusterName: ['demo'], Force: ['yes'] },
    invalid('Parameter "Force" has value "yes" which is not of the type Boolean.'),
  ],
  [
    'a map that is none',
    { ClusterName: ['demo'], Labels: ['a=b'] },
    invalid('Parameter "Labels" has value "a=b" which is not of the type StringMap.'),
  ],
  [
    'maps that are none',
    { ClusterName: ['demo'], Pools: ['{}', '[]'] },
    invalid('Parameter "Pools" has value "{}, []" which is not of the type MapList.'),
  ],
  [
    'too many items',
    { ClusterName: ['demo'], Zones: ['a', 'b', 'c', 'd'] },
    invalid('Parameter "Zones" has 4 items, and must have 1 to 3.'),
  ],
  [
    'too many characters',
    { ClusterName: ['demo'], Comment: ['far too long'] },
    invalid('Parameter "Comment" has 12 characters, and must have at most 10.'),
  ],
  [
    'more than 64 KB, document and all',
    { ClusterName: ['demo'], Zones: ['x'.repeat(65_000)] },
    invalid('The document and its parameters together are larger than 64 KB.'),
  ],
  [
    'an empty value',
    { ClusterName: [''] },
    "ValidationException: 1 validation error detected: Value '{ClusterName=[]}' at 'parameters' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to 50, Member must satisfy constraint: [Member must have length greater than or equal to 1]]",
  ],
])('a start with %s is refused before anything runs', async (_, parameters, answer) => {
  const { ssm, store, start } = automationRegion();
  await store(document);
  expect(await refusal(start(parameters))).toBe(answer);
  expect((await ssm.describeAutomationExecutions({})).AutomationExecutionMetadataList).toEqual([]);
});

test.each<[what: string, request: object, code: string]>([
  ['a document of nobody', { DocumentName: 'gone' }, 'AutomationDefinitionNotFoundException'],
  ['a version of nobody', { DocumentVersion: '7' }, 'AutomationDefinitionVersionNotFoundException'],
  ['a token that is no UUID', { ClientToken: 'once' }, 'ValidationException'],
  [
    'six tags',
    { Tags: ['a', 'b', 'c', 'd', 'e', 'f'].map((Key) => ({ Key, Value: '' })) },
    'ValidationException',
  ],
  ['step by step', { Mode: 'Interactive' }, 'NotImplementedByEmbeddedRegion'],
  [
    'many targets',
    { TargetParameterName: 'Slot', Targets: [{ Key: 'ParameterValues', Values: ['a'] }] },
    'NotImplementedByEmbeddedRegion',
  ],
])('a start of %s is refused', async (_, request, code) => {
  const { store, start } = automationRegion();
  await store({ mainSteps: [nap('wait')] });
  await expect(start(undefined, request)).rejects.toMatchObject({ name: code });
});

test('a value may be as long as a spec is', async () => {
  const { finish } = automationRegion();
  const spec = JSON.stringify({ cluster: 'demo', labels: { note: 'x'.repeat(4_000) } });
  const { Parameters } = await finish(
    { parameters: { Spec: { type: 'StringMap' } }, mainSteps: [nap('wait')] },
    { Spec: [spec] },
  );
  expect(Parameters).toEqual({ Spec: [spec] });
});

test('two starts with one token are one execution, and the token is of no use for another', async () => {
  const { ssm, store, start } = automationRegion();
  await store(document);
  const ClientToken = randomUUID();
  const both = await Promise.all([
    start({ ClusterName: ['demo'] }, { ClientToken }),
    start({ ClusterName: ['demo'] }, { ClientToken: ClientToken.toUpperCase() }),
  ]);
  expect(new Set(both).size).toBe(1);
  expect((await ssm.describeAutomationExecutions({})).AutomationExecutionMetadataList).toHaveLength(1);
  await expect(start({ ClusterName: ['other'] }, { ClientToken })).rejects.toMatchObject({
    name: 'IdempotentParameterMismatch',
  });
});

test('a refused start has not used its token', async () => {
  const { store, start } = automationRegion();
  await store(document);
  const ClientToken = randomUUID();
  await expect(start({ ClusterName: ['X'] }, { ClientToken })).rejects.toMatchObject({
    name: 'InvalidAutomationExecutionParametersException',
  });
  expect(await start({ ClusterName: ['demo'] }, { ClientToken })).toMatch(/^[0-9a-f-]{36}$/);
});

test('parameters reach steps with their types, and system variables with their values', async () => {
  const { finish } = automationRegion();
  const { StepExecutions: steps = [], Parameters } = await finish(
    {
      parameters: document.parameters,
      mainSteps: [
        {
          name: 'choose',
          action: 'aws:branch',
          inputs: {
            Choices: [
              {
                NextStep: 'wait',
                And: [
                  { Variable: '{{ Size }}', NumericEquals: 1 },
                  { Variable: '{{Force}}', BooleanEquals: true },
                  { Variable: '{{ ClusterName }}-{{ Slot }} {{ Zones }} {{ Labels }}', StringEquals: 'x' },
                  {
                    Variable: '{{ global:REGION }} {{ global:DATE_TIME }} {{ global:ACCOUNT_ID }}',
                    StringEquals: '{{ Zones }}',
                  },
                ],
              },
            ],
          },
        },
        nap('wait'),
      ],
    },
    { ClusterName: ['demo'], Size: ['1'], Force: ['true'], Zones: ['a', 'b'], Labels: ['{"k":"v"}'] },
  );
  // What was given, not what was taken from defaults.
  expect(Object.keys(Parameters ?? {})).toEqual(['ClusterName', 'Size', 'Force', 'Zones', 'Labels']);
  expect(JSON.parse(steps[0]?.Inputs?.Choices ?? '')).toEqual([
    {
      NextStep: 'wait',
      And: [
        { Variable: 1, NumericEquals: 1 },
        { Variable: true, BooleanEquals: true },
        { Variable: 'demo-a ["a","b"] {"k":"v"}', StringEquals: 'x' },
        { Variable: 'us-east-1 2026-01-01_00.00.00 123456789012', StringEquals: ['a', 'b'] },
      ],
    },
  ]);
});

test('a runbook calls as its role, which has to be there and to trust Systems Manager', async () => {
  const { kernel, store, start } = automationRegion();
  const role = (name: string, Service: string) =>
    kernel.invoke('iam', 'createRole', {
      RoleName: name,
      Path: '/trivet/',
      AssumeRolePolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { Service }, Action: 'sts:AssumeRole' }],
      }),
    });
  await role('runbook', 'ssm.amazonaws.com');
  await role('function', 'lambda.amazonaws.com');
  const principals: string[] = [];
  kernel.onCall(({ operation, principal, via }) => {
    if (operation === 'listStateMachines')
      principals.push(`${principal.arn} ${principal.sessionName} ${via}`);
  });
  await store({
    assumeRole: '{{ AutomationAssumeRole }}',
    parameters: { AutomationAssumeRole: { type: 'AWS::IAM::Role::Arn', default: '' } },
    mainSteps: [
      {
        name: 'look',
        action: 'aws:executeAwsApi',
        inputs: { Service: 'stepfunctions', Api: 'list_state_machines' },
      },
    ],
  });
  const asRole = (arn: string) => start({ AutomationAssumeRole: [arn] });
  expect(await refusal(asRole('runbook'))).toBe(
    invalid('The format of the supplied assume role ARN is invalid.'),
  );
  expect(await refusal(asRole('arn:aws:iam::123456789012:role/trivet/gone'))).toMatch(
    /^InvalidAutomationExecutionParametersException: The defined assume role is unable to be assumed\./,
  );
  expect(await refusal(asRole('arn:aws:iam::123456789012:role/trivet/function'))).toMatch(
    /^InvalidAutomationExecutionParametersException: The defined assume role is unable to be assumed\./,
  );
  const id = await asRole('arn:aws:iam::123456789012:role/trivet/runbook');
  await start();
  expect(principals).toEqual([
    `arn:aws:iam::123456789012:role/trivet/runbook Automation-${id} invoke`,
    `${administrator} undefined invoke`,
  ]);
});
