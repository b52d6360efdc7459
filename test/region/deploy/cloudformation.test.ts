import { expect, test } from 'vitest';
import { AwsError } from '../../../region/kernel/errors.ts';
import { fakeService, testKernel } from './support/kernel.ts';
import { stackTester } from './support/stacks.ts';

const thing = (properties: object = {}, more: object = {}) => ({
  Type: 'Test::Thing',
  Properties: properties,
  ...more,
});

test('resources are made after those that they name, others side by side', async () => {
  const stacks = stackTester(testKernel());
  const { status, outputs } = await stacks.create('trivet-order', {
    Resources: {
      Last: thing({ Needs: { 'Fn::Sub': '${Middle.Arn}' } }),
      Middle: thing({ Name: 'middle', Slow: true, Needs: [{ Ref: 'First' }] }),
      Beside: thing({ Slow: true }, { DependsOn: 'First' }),
      First: thing(),
    },
    Outputs: { Arn: { Value: { 'Fn::GetAtt': ['Middle', 'Arn'] } } },
  });
  expect(status).toBe('CREATE_COMPLETE');
  expect(outputs).toEqual({ Arn: 'arn:middle' });
  expect(stacks.things.history.filter((line) => !line.endsWith('Beside'))).toEqual([
    'create First',
    'create Middle',
    'create Last',
  ]);
  expect(stacks.things.mostAtOnce).toBe(2);
});

test('a create that fails is rolled back, names the resource and the cause, and leaves nothing', async () => {
  const kernel = testKernel();
  const stacks = stackTester(kernel);
  const { status, reason } = await stacks.create('trivet-fails', {
    Resources: {
      First: thing({}, { DeletionPolicy: 'RetainExceptOnCreate' }),
      Second: thing({ Fail: true, Needs: { Ref: 'First' } }),
      Third: thing({ Needs: { Ref: 'Second' } }),
    },
  });
  expect({ status, reason }).toEqual({
    status: 'ROLLBACK_COMPLETE',
    reason: 'The following resource(s) failed to create: Second: it was told to fail',
  });
  expect(stacks.things.history).toEqual(['create First', 'delete First']);
  expect([...stacks.things.alive]).toEqual([]);
  const { StackEvents } = await kernel.invoke<{
    StackEvents: { LogicalResourceId: string; ResourceStatus: string }[];
  }>('cloudformation', 'describeStackEvents', { StackName: 'trivet-fails' });
  expect(StackEvents.map((event) => `${event.LogicalResourceId} ${event.ResourceStatus}`).reverse()).toEqual([
    'trivet-fails CREATE_IN_PROGRESS',
    'First CREATE_IN_PROGRESS',
    'First CREATE_COMPLETE',
    'Second CREATE_IN_PROGRESS',
    'Second CREATE_FAILED',
    'trivet-fails ROLLBACK_IN_PROGRESS',
    'First DELETE_IN_PROGRESS',
    'First DELETE_COMPLETE',
    'trivet-fails ROLLBACK_COMPLETE',
  ]);
});

test('as on AWS, Retain holds even when a create is rolled back', async () => {
  const stacks = stackTester(testKernel());
  await stacks.create('trivet-retain', {
    Resources: {
      Kept: thing({ Name: 'kept' }, { DeletionPolicy: 'Retain' }),
      Bad: thing({ Fail: true }, { DependsOn: 'Kept' }),
    },
  });
  expect([...stacks.things.alive.keys()]).toEqual(['kept']);
});

test('an update touches only what changed, and removes what is gone', async () => {
  const stacks = stackTester(testKernel());
  await stacks.create('trivet-update', {
    Resources: {
      Same: thing({ Name: 'same' }),
      Grows: thing({ Name: 'grows', Size: 1 }),
      Goes: thing({ Name: 'goes' }),
    },
  });
  stacks.things.history.length = 0;
  const { status } = await stacks.update('trivet-update', {
    Resources: {
      Same: thing({ Name: 'same' }),
      Grows: thing({ Name: 'grows', Size: 2 }),
      Comes: thing({ Name: 'comes' }),
    },
  });
  expect(status).toBe('UPDATE_COMPLETE');
  expect(stacks.things.history.sort()).toEqual(['create Comes', 'delete Goes', 'update Grows']);
});

test('a property that cannot change in place makes a new resource first and removes the old one after', async () => {
  const stacks = stackTester(testKernel());
  await stacks.create('trivet-replace', {
    Resources: { It: thing({ Name: 'old' }), User: thing({ Needs: { Ref: 'It' } }) },
  });
  stacks.things.history.length = 0;
  await stacks.update('trivet-replace', {
    Resources: { It: thing({ Name: 'new' }), User: thing({ Needs: { Ref: 'It' } }) },
  });
  expect(stacks.things.history).toEqual(['create It', 'update User', 'delete It']);
  expect(stacks.things.alive.has('old')).toBe(false);
});

test('an update that fails goes back to what was', async () => {
  const stacks = stackTester(testKernel());
  const before = {
    Resources: { One: thing({ Name: 'one', Size: 1 }), Two: thing({ Name: 'two', Needs: { Ref: 'One' } }) },
  };
  await stacks.create('trivet-back', before);
  const { status, reason } = await stacks.update('trivet-back', {
    Resources: {
      One: thing({ Name: 'uno', Size: 2 }),
      Two: thing({ Name: 'two', Needs: { Ref: 'One' }, Fail: true }),
    },
  });
  expect({ status, reason }).toEqual({
    status: 'UPDATE_ROLLBACK_COMPLETE',
    reason: 'Two: it was told to fail',
  });
  expect([...stacks.things.alive]).toEqual([
    ['one', { Name: 'one', Size: 1 }],
    ['two', { Name: 'two', Needs: 'one' }],
  ]);
  expect(
    (await stacks.update('trivet-back', { Resources: { ...before.Resources, Three: thing() } })).status,
  ).toBe('UPDATE_COMPLETE');
});

test('the same template again is no update', async () => {
  const stacks = stackTester(testKernel());
  const template = { Resources: { One: thing() } };
  await stacks.create('trivet-again', template);
  await expect(stacks.update('trivet-again', template)).rejects.toThrow('No updates are to be performed.');
});

test('deleting removes users before what they use, and keeps what is to be retained', async () => {
  const stacks = stackTester(testKernel());
  await stacks.create('trivet-delete', {
    Resources: {
      Base: thing({ Name: 'base' }),
      User: thing({ Name: 'user', Needs: { Ref: 'Base' } }),
      Data: thing({ Name: 'data' }, { DeletionPolicy: 'Retain' }),
    },
  });
  stacks.things.history.length = 0;
  expect((await stacks.remove('trivet-delete')).status).toBe('DELETE_COMPLETE');
  expect(stacks.things.history).toEqual(['delete User', 'delete Base']);
  expect([...stacks.things.alive.keys()]).toEqual(['data']);
  await expect(stacks.view('trivet-delete')).rejects.toThrow('Stack with id trivet-delete does not exist');
});

test('exports reach other stacks, and cannot go while they are used', async () => {
  const kernel = testKernel();
  const stacks = stackTester(kernel);
  const network = (name: string) => ({
    Resources: { Vpc: thing({ Name: name }) },
    Outputs: { Vpc: { Value: { Ref: 'Vpc' }, Export: { Name: { 'Fn::Sub': '${AWS::StackName}:Vpc' } } } },
  });
  await stacks.create('trivet-network', network('vpc-1'));
  const user = { Resources: { User: thing({ Needs: { 'Fn::ImportValue': 'trivet-network:Vpc' } }) } };
  await stacks.create('trivet-core', user);
  expect([...stacks.things.alive.values()]).toContainEqual({ Needs: 'vpc-1' });
  expect(await kernel.invoke('cloudformation', 'listExports', {})).toMatchObject({
    Exports: [{ Name: 'trivet-network:Vpc', Value: 'vpc-1' }],
  });
  await expect(stacks.remove('trivet-network')).rejects.toThrow(
    'Export trivet-network:Vpc cannot be deleted as it is in use by trivet-core',
  );
  expect(await stacks.update('trivet-network', network('vpc-2'))).toMatchObject({
    status: 'UPDATE_ROLLBACK_COMPLETE',
    reason: 'Export trivet-network:Vpc cannot be updated as it is in use by trivet-core',
  });
  const alone = await stacks.create('trivet-alone', {
    Resources: { User: thing({ Needs: { 'Fn::ImportValue': 'nothing' } }) },
  });
  expect(alone.reason).toContain('No export named nothing found.');
});

test('conditions leave resources and outputs out', async () => {
  const stacks = stackTester(testKernel());
  const template = {
    Parameters: { Existing: { Type: 'String', Default: '' } },
    Conditions: {
      Own: { 'Fn::Equals': [{ Ref: 'Existing' }, ''] },
      Foreign: { 'Fn::Not': [{ Condition: 'Own' }] },
    },
    Resources: {
      Vpc: thing({ Name: 'vpc' }, { Condition: 'Own' }),
      User: thing({ Needs: { 'Fn::If': ['Own', { Ref: 'Vpc' }, { Ref: 'Existing' }] } }),
    },
    Outputs: {
      Own: { Condition: 'Own', Value: { Ref: 'Vpc' } },
      Foreign: { Condition: 'Foreign', Value: { Ref: 'Existing' } },
    },
  };
  expect((await stacks.create('trivet-own', template)).outputs).toEqual({ Own: 'vpc' });
  expect((await stacks.create('trivet-foreign', template, { Existing: 'vpc-7' })).outputs).toEqual({
    Foreign: 'vpc-7',
  });
});

test.each<[string, object, Record<string, string>, string]>([
  ['missing', { Name: { Type: 'String' } }, {}, 'Parameters: [Name] must have values'],
  [
    'undeclared',
    { Name: { Type: 'String', Default: 'x' } },
    { Nmae: 'y' },
    'Parameters: [Nmae] do not exist in the template',
  ],
  [
    'against its pattern',
    { Cidr: { Type: 'String', AllowedPattern: '\\d+/\\d+' } },
    { Cidr: 'x10/2' },
    'Parameter Cidr failed to satisfy constraint: must match pattern \\d+/\\d+',
  ],
  [
    'not among its values',
    { Size: { Type: 'String', AllowedValues: ['s', 'm'] } },
    { Size: 'l' },
    "Parameter 'Size' must be one of AllowedValues",
  ],
  ['no number', { Count: { Type: 'Number' } }, { Count: 'many' }, "Parameter 'Count' must be a number."],
  [
    'too small',
    { Count: { Type: 'Number', MinValue: 3 } },
    { Count: '2' },
    'must be a number not less than 3',
  ],
  [
    'of an unknown type',
    { Image: { Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>' } },
    { Image: 'x' },
    'does not play the parameter type',
  ],
])('a parameter that is %s is refused before anything is made', async (_, declared, given, message) => {
  const stacks = stackTester(testKernel());
  await expect(
    stacks.create('trivet-parameters', { Parameters: declared, Resources: { One: thing() } }, given),
  ).rejects.toThrow(message);
  expect(stacks.things.history).toEqual([]);
});

test('the bootstrap version is read from its SSM parameter and checked by the rule', async () => {
  const kernel = testKernel();
  let version = '30';
  kernel.register(
    fakeService('ssm', {
      getParameter: ({ Name }: { Name: string }) => {
        if (Name !== '/cdk-bootstrap/hnb659fds/version') throw new AwsError('ParameterNotFound', '');
        return { Parameter: { Value: version } };
      },
    }),
  );
  const stacks = stackTester(kernel);
  const template = {
    Parameters: {
      BootstrapVersion: {
        Type: 'AWS::SSM::Parameter::Value<String>',
        Default: '/cdk-bootstrap/hnb659fds/version',
      },
    },
    Rules: {
      CheckBootstrapVersion: {
        Assertions: [
          {
            Assert: {
              'Fn::Not': [{ 'Fn::Contains': [['1', '2', '3', '4', '5'], { Ref: 'BootstrapVersion' }] }],
            },
            AssertDescription: "CDK bootstrap stack version 6 required. Please run 'cdk bootstrap'.",
          },
        ],
      },
    },
    Resources: { One: thing() },
  };
  expect((await stacks.create('trivet-new', template)).status).toBe('CREATE_COMPLETE');
  version = '5';
  await expect(stacks.create('trivet-old', template)).rejects.toThrow(
    'CDK bootstrap stack version 6 required.',
  );
});

test('hidden parameters are shown as asterisks, and mappings are looked up', async () => {
  const kernel = testKernel();
  const stacks = stackTester(kernel);
  await stacks.create('trivet-hidden', {
    Parameters: { Secret: { Type: 'String', NoEcho: true, Default: 'open' } },
    Mappings: { Sizes: { 'us-east-1': { small: 't4g.small' } } },
    Resources: { One: thing({ Name: { 'Fn::FindInMap': ['Sizes', { Ref: 'AWS::Region' }, 'small'] } }) },
  });
  expect([...stacks.things.alive.keys()]).toEqual(['t4g.small']);
  expect(await kernel.invoke('cloudformation', 'describeStacks', {})).toMatchObject({
    Stacks: [{ Parameters: [{ ParameterKey: 'Secret', ParameterValue: '****' }] }],
  });
});

test.each<[string, object, string]>([
  [
    'resource types',
    { Resources: { A: { Type: 'AWS::EKS::Cluster' }, B: { Type: 'AWS::ECS::Service' } } },
    'the resource types AWS::ECS::Service, AWS::EKS::Cluster',
  ],
  [
    'attributes',
    { Resources: { A: thing(), B: thing({ Needs: { 'Fn::GetAtt': ['A', 'Url'] } }) } },
    'the attribute Url of Test::Thing (A, used by B)',
  ],
  ['sections', { Transform: 'AWS::Serverless', Resources: { A: thing() } }, 'the template section Transform'],
  [
    'resource attributes',
    { Resources: { A: thing({}, { CreationPolicy: {} }) } },
    'the resource attribute CreationPolicy (of A)',
  ],
  ['policies', { Resources: { A: thing({}, { DeletionPolicy: 'Snapshot' }) } }, 'the policy Snapshot (of A)'],
])('unknown %s are refused before anything is made', async (_, template, message) => {
  const stacks = stackTester(testKernel());
  await expect(stacks.create('trivet-loud', template)).rejects.toMatchObject({
    code: 'NotImplementedByEmbeddedRegion',
    message: `The embedded region does not play ${message}.`,
  });
  expect(stacks.things.history).toEqual([]);
});

test('a property that nothing honours fails the stack by its path; one that is knowingly ignored does not', async () => {
  const stacks = stackTester(testKernel());
  const { status, reason } = await stacks.create('trivet-property', {
    Resources: { A: thing({ Colour: 'red', Notes: 'ignored' }) },
  });
  expect(status).toBe('ROLLBACK_COMPLETE');
  expect(reason).toContain(
    'The embedded region does not play Test::Thing (A) with these properties: Colour is not honoured.',
  );
  expect(
    (await stacks.create('trivet-ignored', { Resources: { A: thing({ Notes: 'ignored' }) } })).status,
  ).toBe('CREATE_COMPLETE');
});

test.each<[string, object, string]>([
  [
    'a name that leads nowhere',
    { Resources: { A: thing({ Needs: { Ref: 'B' } }) } },
    'Unresolved resource dependencies [B] in the template (of A)',
  ],
  [
    'a circle',
    { Resources: { A: thing({ Needs: { Ref: 'B' } }), B: thing({}, { DependsOn: ['A'] }) } },
    'Circular dependency between resources: [A, B]',
  ],
  ['no resources', { Resources: {} }, 'At least one Resources member must be defined.'],
])('a template with %s is refused', async (_, template, message) => {
  await expect(stackTester(testKernel()).create('trivet-malformed', template)).rejects.toThrow(message);
});

test('a template with more than 500 resources is refused', async () => {
  const Resources = Object.fromEntries(Array.from({ length: 501 }, (_, index) => [`R${index}`, thing()]));
  await expect(stackTester(testKernel()).create('trivet-many', { Resources })).rejects.toThrow(
    'Number of resources, 501, is greater than maximum allowed, 500',
  );
});

test('named roles need the capability', async () => {
  const template = {
    Resources: {
      Role: { Type: 'AWS::IAM::Role', Properties: { RoleName: 'task', AssumeRolePolicyDocument: {} } },
    },
  };
  await expect(
    stackTester(testKernel()).create('trivet-roles', template, {}, { Capabilities: [] }),
  ).rejects.toMatchObject({
    code: 'InsufficientCapabilitiesException',
    message: 'Requires capabilities : [CAPABILITY_NAMED_IAM]',
  });
});

test('the template is kept byte for byte', async () => {
  const kernel = testKernel();
  const stacks = stackTester(kernel);
  const body = '{\n "Resources":   {"A": {"Type": "Test::Thing"}}}\n';
  await kernel.invoke('cloudformation', 'createStack', { StackName: 'trivet-bytes', TemplateBody: body });
  await stacks.service.settled('trivet-bytes');
  expect(await kernel.invoke('cloudformation', 'getTemplate', { StackName: 'trivet-bytes' })).toMatchObject({
    TemplateBody: body,
  });
});

test('physical names carry stack, logical id and a random end, within the length of the service', async () => {
  const stacks = stackTester(testKernel());
  await stacks.create('trivet-a-rather-long-stack-name', {
    Resources: { AnEvenLongerLogicalIdOfAThing: thing() },
  });
  const [name = ''] = stacks.things.alive.keys();
  expect(name).toMatch(/^trivet-a-rath-AnEvenLongerL-[A-Z0-9]{12}$/);
  expect(name.length).toBeLessThanOrEqual(40);
});
