import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CloudFormation } from '@aws-sdk/client-cloudformation';
import { Lambda } from '@aws-sdk/client-lambda';
import { SQS } from '@aws-sdk/client-sqs';
import { expect, onTestFinished, test } from 'vitest';
import { type Region, startRegion } from '../../../region/region.ts';
import type { EventbridgeService } from '../../../region/services/eventbridge/index.ts';
import type { LambdaService } from '../../../region/services/lambda/index.ts';
import { eventually } from '../../support/eventually.ts';
import { codeOf, type StackSource, writeAssembly } from './support/assembly.ts';
import { temporaryDirectory } from './support/kernel.ts';

/** A task that tells a queue what it was called with. It knows the region by AWS_ENDPOINT_URL alone. */
const bundle = `export const handler = async (event) => {
  const scope = \`\${process.env.AWS_ACCESS_KEY_ID}/20260101/\${process.env.AWS_REGION}/sqs/aws4_request\`;
  const answer = await fetch(process.env.AWS_ENDPOINT_URL, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'AmazonSQS.SendMessage',
      authorization: \`AWS4-HMAC-SHA256 Credential=\${scope}, SignedHeaders=host, Signature=0\`,
    },
    body: JSON.stringify({ QueueUrl: process.env.QUEUE_URL, MessageBody: JSON.stringify(event) }),
  });
  if (!answer.ok) throw new Error(await answer.text());
  return { sent: true };
};
`;

const trust = (service: string): object => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
});

const core: StackSource = {
  template: {
    Parameters: { Retention: { Type: 'Number', Default: 600 } },
    Resources: {
      Seen: {
        Type: 'AWS::SQS::Queue',
        Properties: { QueueName: 'trivet-seen', MessageRetentionPeriod: { Ref: 'Retention' } },
      },
    },
    Outputs: { SeenUrl: { Value: { Ref: 'Seen' }, Export: { Name: 'trivet-core:SeenUrl' } } },
  },
};

const sweepOf = (description: string): StackSource => ({
  dependencies: ['trivet-core'],
  bundles: { sweep: bundle },
  template: {
    Resources: {
      Role: {
        Type: 'AWS::IAM::Role',
        Properties: { AssumeRolePolicyDocument: trust('lambda.amazonaws.com') },
      },
      TicksRole: {
        Type: 'AWS::IAM::Role',
        Properties: { AssumeRolePolicyDocument: trust('scheduler.amazonaws.com') },
      },
      Sweep: {
        Type: 'AWS::Lambda::Function',
        Properties: {
          FunctionName: 'trivet-sweep',
          Description: description,
          Code: codeOf('sweep'),
          Handler: 'index.handler',
          Runtime: 'nodejs24.x',
          Architectures: ['arm64'],
          Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
          Environment: { Variables: { QUEUE_URL: { 'Fn::ImportValue': 'trivet-core:SeenUrl' } } },
        },
      },
      Version1: { Type: 'AWS::Lambda::Version', Properties: { FunctionName: { Ref: 'Sweep' } } },
      Waits: {
        Type: 'AWS::Events::Rule',
        Properties: {
          EventPattern: {
            source: ['aws.autoscaling'],
            detail: { AutoScalingGroupName: [{ prefix: 'trivet-' }] },
          },
          Targets: [
            {
              Id: 'Target0',
              Arn: { 'Fn::GetAtt': ['Sweep', 'Arn'] },
              InputTransformer: {
                InputPathsMap: { group: '$.detail.AutoScalingGroupName' },
                InputTemplate: '{"group":<group>}',
              },
            },
          ],
        },
      },
      Allowed: {
        Type: 'AWS::Lambda::Permission',
        Properties: {
          Action: 'lambda:InvokeFunction',
          FunctionName: { 'Fn::GetAtt': ['Sweep', 'Arn'] },
          Principal: 'events.amazonaws.com',
          SourceArn: { 'Fn::GetAtt': ['Waits', 'Arn'] },
        },
      },
      Tick: {
        Type: 'AWS::Scheduler::Schedule',
        Properties: {
          ScheduleExpression: 'rate(1 minute)',
          FlexibleTimeWindow: { Mode: 'OFF' },
          Target: {
            Arn: { 'Fn::GetAtt': ['Sweep', 'Arn'] },
            RoleArn: { 'Fn::GetAtt': ['TicksRole', 'Arn'] },
            Input: '{"tick":true}',
          },
        },
      },
    },
    Outputs: { Pinned: { Value: { Ref: 'Version1' } } },
  },
});

async function region(log: (line: string) => void = () => {}): Promise<Region> {
  const started = await startRegion({
    stateDir: temporaryDirectory(),
    delays: { scheduleScale: 0.01 },
    etcdPath: 'none',
    log,
  });
  onTestFinished(() => started.stop());
  return started;
}

/** The bodies of the messages that the queue has had so far. */
function reader(target: Region): () => Promise<unknown[]> {
  const sqs = new SQS(target.clientConfig());
  const seen: unknown[] = [];
  return async () => {
    const { QueueUrl } = await sqs.getQueueUrl({ QueueName: 'trivet-seen' });
    const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10 });
    for (const { Body = '', ReceiptHandle } of Messages) {
      seen.push(JSON.parse(Body));
      await sqs.deleteMessage({ QueueUrl, ReceiptHandle });
    }
    return seen;
  };
}

const event = {
  source: 'aws.autoscaling',
  'detail-type': 'EC2 Instance-launch Lifecycle Action',
  detail: { AutoScalingGroupName: 'trivet-blue-slot-a' },
};

test('two stacks are deployed, and an event, a schedule and a call all run the deployed bundle', async () => {
  const lines: string[] = [];
  const started = await region((line) => lines.push(line));
  const deployed = await started.deploy(
    writeAssembly({ 'trivet-sweep': sweepOf('v1'), 'trivet-core': core }),
  );
  expect(deployed.stacks.map(({ name, change, resources }) => [name, change, resources])).toEqual([
    ['trivet-core', 'created', 1],
    ['trivet-sweep', 'created', 7],
  ]);
  expect(lines[0]).toBe('trivet-core: deploying 1 resources');
  const seen = reader(started);
  await eventually(async () => JSON.stringify(await seen()).includes('{"tick":true}'), {
    what: 'the schedule',
  });
  started.kernel.putEvent(event);
  await eventually(async () => JSON.stringify(await seen()).includes('{"group":"trivet-blue-slot-a"}'), {
    what: 'the event',
  });

  const lambda = new Lambda(started.clientConfig());
  const pinned = deployed.stacks[1]?.outputs.Pinned ?? '';
  const answer = await lambda.invoke({ FunctionName: pinned, Payload: JSON.stringify({ by: 'hand' }) });
  expect(answer.Payload?.transformToString()).toBe('{"sent":true}');
  expect(answer.ExecutedVersion).toBe('1');
  await eventually(async () => JSON.stringify(await seen()).includes('{"by":"hand"}'));

  const ran = (started.kernel.service('lambda') as LambdaService).ranHashes();
  expect(new Set(ran.map(({ sha256 }) => sha256))).toEqual(
    new Set([createHash('sha256').update(bundle).digest('hex')]),
  );
});

test('with all events dropped the schedule alone still calls', async () => {
  const started = await region();
  (started.kernel.service('eventbridge') as EventbridgeService).faults.drop(() => true);
  await started.deploy(writeAssembly({ 'trivet-core': core, 'trivet-sweep': sweepOf('v1') }));
  started.kernel.putEvent(event);
  const seen = reader(started);
  await eventually(async () => (await seen()).length >= 2);
  expect(new Set((await seen()).map((message) => JSON.stringify(message)))).toEqual(
    new Set(['{"tick":true}']),
  );
});

test('deploying again changes only what changed, and keeps the template byte for byte', async () => {
  const started = await region();
  const assembly = writeAssembly({ 'trivet-core': core, 'trivet-sweep': sweepOf('v1') });
  await started.deploy(assembly);
  const changes = async () => (await started.deploy(assembly)).stacks.map(({ change }) => change);
  expect(await changes()).toEqual(['unchanged', 'unchanged']);
  const file = join(assembly, 'trivet-sweep.template.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"v1"', '"v2"'));
  expect(await changes()).toEqual(['unchanged', 'updated']);
  const lambda = new Lambda(started.clientConfig());
  expect(await lambda.getFunctionConfiguration({ FunctionName: 'trivet-sweep' })).toMatchObject({
    Description: 'v2',
  });
  const cloudformation = new CloudFormation(started.clientConfig());
  const { TemplateBody } = await cloudformation.getTemplate({ StackName: 'trivet-sweep' });
  expect(TemplateBody).toBe(readFileSync(file, 'utf8'));
  const { StackEvents = [] } = await cloudformation.describeStackEvents({ StackName: 'trivet-sweep' });
  expect(
    StackEvents.filter(({ ResourceStatus }) => ResourceStatus === 'UPDATE_COMPLETE').map(
      ({ LogicalResourceId }) => LogicalResourceId,
    ),
  ).toEqual(['trivet-sweep', 'Sweep']);
});

test('a stack that fails says which resource and why; deploying again starts it clean', async () => {
  const started = await region();
  const broken = {
    ...core,
    template: { Resources: { Seen: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'bad name!' } } } },
  };
  await expect(started.deploy(writeAssembly({ 'trivet-core': broken }))).rejects.toThrow(
    /^The stack trivet-core ended in ROLLBACK_COMPLETE: The following resource\(s\) failed to create: Seen: /,
  );
  expect((await started.deploy(writeAssembly({ 'trivet-core': core }))).stacks).toMatchObject([
    { change: 'created' },
  ]);
});

test('parameters go to the stack that declares them; one that no stack declares is refused', async () => {
  const started = await region();
  const assembly = writeAssembly({ 'trivet-core': core });
  await started.deploy(assembly, { Retention: '120' });
  const sqs = new SQS(started.clientConfig());
  const { QueueUrl } = await sqs.getQueueUrl({ QueueName: 'trivet-seen' });
  const { Attributes } = await sqs.getQueueAttributes({
    QueueUrl,
    AttributeNames: ['MessageRetentionPeriod'],
  });
  expect(Attributes).toEqual({ MessageRetentionPeriod: '120' });
  await expect(started.deploy(assembly, { Retntion: '120' })).rejects.toThrow(
    'No stack declares the parameters Retntion.',
  );
});

test('a directory without an assembly is said plainly', async () => {
  const started = await region();
  await expect(started.deploy(temporaryDirectory())).rejects.toThrow('npm run synth makes one in cdk.out.');
});

test('a region stops once, however often it is asked to', async () => {
  const started = await region();
  await Promise.all([started.stop(), started.stop()]);
  await expect(fetch(started.endpoint)).rejects.toThrow('fetch failed');
});
