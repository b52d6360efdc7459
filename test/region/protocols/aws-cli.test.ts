import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AwsError } from '../../../region/kernel/errors.ts';
import { createServer, type RegionServer } from '../../../region/server.ts';
import { createDoor, play } from './doors.ts';

const run = promisify(execFile);

const installed = await run('aws', ['--version']).then(
  () => true,
  () => false,
);
if (!installed) console.log('skipped: the aws CLI is not on PATH (any version 1.36 or later will do)');

describe.skipIf(!installed)('the aws CLI', () => {
  const base = createDoor();
  const door = {
    ...base,
    config: { endpoint: '', region: '', credentials: { accessKeyId: '', secretAccessKey: '' } },
  };
  let server: RegionServer;
  let endpoint = '';
  let home = '';

  beforeAll(async () => {
    server = createServer(base.kernel);
    endpoint = await server.listen(0);
    home = await mkdtemp(join(tmpdir(), 'trivet-aws-cli-'));
  });

  afterAll(async () => {
    await server.close();
    await rm(home, { recursive: true });
  });

  const environment = (): NodeJS.ProcessEnv => ({
    ...process.env,
    AWS_ENDPOINT_URL: endpoint,
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'AKIDTEST',
    AWS_SECRET_ACCESS_KEY: 'not-a-secret',
    AWS_CONFIG_FILE: join(home, 'none'),
    AWS_SHARED_CREDENTIALS_FILE: join(home, 'none'),
    AWS_PAGER: '',
  });

  const text = async (...words: string[]): Promise<string> =>
    (await run('aws', words, { env: environment() })).stdout;
  const json = async (...words: string[]): Promise<unknown> =>
    JSON.parse(await text(...words, '--output', 'json'));
  const failure = (...words: string[]): Promise<string> =>
    run('aws', words, { env: environment() }).then(
      ({ stdout }) => `no failure: ${stdout}`,
      (error: { stderr: string }) => error.stderr.trim(),
    );

  it('describes instances by filter', async () => {
    const instance = {
      InstanceId: 'i-1',
      State: { Code: 16, Name: 'running' },
      Tags: [],
      LaunchTime: new Date(0),
    };
    play(door, 'ec2', { describeInstances: () => ({ Reservations: [{ Instances: [instance] }] }) });
    const filters = ['Name=tag:trivet:cluster,Values=demo,other', 'Name=vpc-id,Values=vpc-1'];
    expect(await json('ec2', 'describe-instances', '--filters', ...filters)).toEqual({
      Reservations: [
        {
          Instances: [{ ...instance, LaunchTime: expect.stringMatching(/^1970-01-01T00:00:00(Z|\+00:00)$/) }],
        },
      ],
    });
    expect(door.inputs.at(-1)).toEqual({
      Filters: [
        { Name: 'tag:trivet:cluster', Values: ['demo', 'other'] },
        { Name: 'vpc-id', Values: ['vpc-1'] },
      ],
    });
  });

  it('says in its own words what is not played, at the first attempt', async () => {
    play(door, 'ec2', {});
    expect(await failure('ec2', 'describe-hosts')).toContain(
      'An error occurred (NotImplementedByEmbeddedRegion) when calling the DescribeHosts operation: The embedded region does not play ec2.describeHosts.',
    );
    expect(door.calls.filter(({ operation }) => operation === 'describeHosts')).toHaveLength(1);
  });

  it('describes Auto Scaling groups and shows their errors', async () => {
    play(door, 'autoscaling', {
      describeAutoScalingGroups: () => ({ AutoScalingGroups: [] }),
      deleteAutoScalingGroup: () => {
        throw new AwsError('ResourceInUseFault', 'busy');
      },
    });
    const names = ['--auto-scaling-group-names', 'a', 'b'];
    expect(await json('autoscaling', 'describe-auto-scaling-groups', ...names)).toEqual({
      AutoScalingGroups: [],
    });
    expect(door.inputs.at(-1)).toMatchObject({ AutoScalingGroupNames: ['a', 'b'] });
    expect(
      await failure('autoscaling', 'delete-auto-scaling-group', '--auto-scaling-group-name', 'a'),
    ).toContain('(ResourceInUse) when calling the DeleteAutoScalingGroup operation: busy');
  });

  it('lists state machines, tables and functions', async () => {
    const machine = {
      name: 'trivet-provision-cluster',
      stateMachineArn: 'arn:m',
      type: 'STANDARD',
      creationDate: new Date(0),
    };
    play(door, 'stepfunctions', { listStateMachines: () => ({ stateMachines: [machine] }) });
    play(door, 'dynamodb', { listTables: () => ({ TableNames: ['trivet-registry'] }) });
    play(door, 'lambda', { listFunctions: () => ({ Functions: [{ FunctionName: 'trivet-sweep' }] }) });
    expect(
      await text(
        'stepfunctions',
        'list-state-machines',
        '--query',
        'stateMachines[].name',
        '--output',
        'text',
      ),
    ).toBe('trivet-provision-cluster\n');
    expect(await json('dynamodb', 'list-tables')).toEqual({ TableNames: ['trivet-registry'] });
    expect(await json('lambda', 'list-functions')).toEqual({ Functions: [{ FunctionName: 'trivet-sweep' }] });
  });

  it('invokes a function', async () => {
    const payload = new TextEncoder().encode('{"action":"unchanged"}');
    play(door, 'lambda', { invoke: () => ({ StatusCode: 200, Payload: payload }) });
    const file = join(home, 'answer.json');
    const answer = await json(
      'lambda',
      'invoke',
      '--function-name',
      'trivet-plan-cluster',
      '--payload',
      '{"spec":1}',
      file,
    );
    expect(answer).toEqual({ StatusCode: 200 });
    expect(await readFile(file, 'utf8')).toBe('{"action":"unchanged"}');
    expect(door.inputs.at(-1)).toEqual({
      FunctionName: 'trivet-plan-cluster',
      Payload: new TextEncoder().encode('{"spec":1}'),
    });
  });

  it('copies a file to S3, lists it and copies it back', async () => {
    const objects = new Map<string, Uint8Array>();
    play(door, 's3', {
      putObject: (input: { Key: string; Body: Uint8Array }) => {
        objects.set(input.Key, input.Body);
        return { ETag: '"e"' };
      },
      headObject: (input: { Key: string }) => ({
        ContentLength: objects.get(input.Key)?.length,
        LastModified: new Date(0),
        ETag: '"e"',
      }),
      getObject: (input: { Key: string }) => ({
        Body: objects.get(input.Key),
        LastModified: new Date(0),
        ETag: '"e"',
      }),
      listObjectsV2: () => ({
        Contents: [...objects].map(([Key, body]) => ({ Key, Size: body.length, LastModified: new Date(0) })),
        CommonPrefixes: [{ Prefix: 'x/y/' }],
      }),
    });
    const source = join(home, 'source.txt');
    const target = join(home, 'target.txt');
    await writeFile(source, 'hello, trivet\n');
    await text('s3', 'cp', source, 's3://trivet-bucket/x/a b+c.txt');
    expect([...objects.keys()]).toEqual(['x/a b+c.txt']);
    expect(await text('s3', 'ls', 's3://trivet-bucket/x/')).toMatch(/PRE y\/\n.* 14 a b\+c\.txt\n$/);
    expect(door.inputs.at(-1)).toMatchObject({ Bucket: 'trivet-bucket', Prefix: 'x/', Delimiter: '/' });
    await text('s3', 'cp', 's3://trivet-bucket/x/a b+c.txt', target);
    expect(await readFile(target, 'utf8')).toBe('hello, trivet\n');
  });

  it('presigns a URL that anyone may get', async () => {
    play(door, 's3', { getObject: () => ({ Body: 'hello', ETag: '"e"' }) });
    const url = (await text('s3', 'presign', 's3://trivet-bucket/a/b c')).trim();
    const answer = await fetch(url);
    expect([answer.status, await answer.text()]).toEqual([200, 'hello']);
    expect(door.inputs.at(-1)).toEqual({ Bucket: 'trivet-bucket', Key: 'a/b c' });
  });

  it('sends to a queue and shows the code that SQS has always given', async () => {
    const refuse = (): never => {
      throw new AwsError('QueueDoesNotExist', 'The specified queue does not exist.');
    };
    play(door, 'sqs', {
      listQueues: () => ({ QueueUrls: [`${endpoint}/123456789012/q`] }),
      sendMessage: refuse,
    });
    // Version 1 of the CLI has its own idea of SQS's host, which AWS_ENDPOINT_URL does not change.
    const direct = ['--endpoint-url', endpoint];
    expect(await json('sqs', 'list-queues', ...direct)).toEqual({
      QueueUrls: [`${endpoint}/123456789012/q`],
    });
    const url = `${endpoint}/123456789012/gone`;
    expect(
      await failure('sqs', 'send-message', ...direct, '--queue-url', url, '--message-body', 'm'),
    ).toContain(
      '(AWS.SimpleQueueService.NonExistentQueue) when calling the SendMessage operation: The specified queue does not exist.',
    );
  });

  it('asks who it is, and puts a metric', async () => {
    play(door, 'sts', {
      getCallerIdentity: (_input, { principal }) => ({
        Account: '123456789012',
        Arn: principal.arn,
        UserId: 'u',
      }),
    });
    play(door, 'cloudwatch', { putMetricData: () => ({}) });
    expect(await json('sts', 'get-caller-identity')).toEqual({
      Account: '123456789012',
      Arn: 'arn:aws:iam::123456789012:user/administrator',
      UserId: 'u',
    });
    await text(
      'cloudwatch',
      'put-metric-data',
      '--namespace',
      'Trivet',
      '--metric-name',
      'SlotHeld',
      '--value',
      '1',
    );
    expect(door.inputs.at(-1)).toEqual({
      Namespace: 'Trivet',
      MetricData: [{ MetricName: 'SlotHeld', Value: 1 }],
    });
  });
});
