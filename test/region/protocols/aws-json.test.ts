import { CloudWatch } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { ConditionalCheckFailedException, DynamoDB } from '@aws-sdk/client-dynamodb';
import { EventBridge } from '@aws-sdk/client-eventbridge';
import { KMS } from '@aws-sdk/client-kms';
import { SFN } from '@aws-sdk/client-sfn';
import { QueueDoesNotExist, SQS } from '@aws-sdk/client-sqs';
import { SSM } from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import { AwsError } from '../../../region/kernel/errors.ts';
import { play, throughBothDoors } from './doors.ts';

describe('awsJson', () => {
  throughBothDoors((door) => {
    it('carries every kind of DynamoDB attribute there and back', async () => {
      const item = {
        pk: { S: 'cluster#demo' },
        number: { N: '12345678901234567890' },
        bytes: { B: new Uint8Array([0, 1, 255]) },
        nothing: { NULL: true },
        yes: { BOOL: false },
        list: { L: [{ S: 'a' }, { M: { deep: { N: '1' } } }] },
        set: { SS: ['x', 'y'] },
        blobs: { BS: [new Uint8Array([1]), new Uint8Array([2])] },
        empty: { M: {} },
      };
      play(door, 'dynamodb', { putItem: () => ({}), getItem: () => ({ Item: item }) });
      const client = new DynamoDB(door.config);
      await client.putItem({ TableName: 't', Item: item });
      expect(door.inputs.at(-1)).toEqual({ TableName: 't', Item: item });
      const answer = await client.getItem({ TableName: 't', Key: { pk: { S: 'cluster#demo' } } });
      expect(answer.Item).toEqual(item);
    });

    it('gives a modelled error its class, its members and its status', async () => {
      const existing = { pk: { S: 'x' }, token: { N: '7' }, raw: { B: new Uint8Array([9]) } };
      play(door, 'dynamodb', {
        putItem: () => {
          throw new AwsError('ConditionalCheckFailedException', 'The conditional request failed', {
            members: { Item: existing },
          });
        },
        deleteTable: () => {
          throw new AwsError('ResourceNotFoundException', 'no such table');
        },
      });
      const client = new DynamoDB(door.config);
      const error = await client.putItem({ TableName: 't', Item: {} }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ConditionalCheckFailedException);
      expect(error).toMatchObject({
        name: 'ConditionalCheckFailedException',
        message: 'The conditional request failed',
        Item: existing,
        $metadata: { httpStatusCode: 400 },
      });
      await expect(client.deleteTable({ TableName: 't' })).rejects.toMatchObject({
        name: 'ResourceNotFoundException',
        message: 'no such table',
      });
    });

    it('reads and writes times and maps of Step Functions', async () => {
      const at = new Date('2026-11-22T12:00:00.125Z');
      play(door, 'stepfunctions', {
        startExecution: () => ({ executionArn: 'arn:x', startDate: at }),
        listStateMachines: () => ({ stateMachines: [] }),
        describeExecution: () => ({
          executionArn: 'arn:x',
          status: 'RUNNING',
          startDate: at,
          inputDetails: { included: true },
        }),
      });
      const client = new SFN(door.config);
      const started = await client.startExecution({
        stateMachineArn: 'arn:m',
        name: 'n',
        input: '{"a":"é"}',
      });
      expect(started.startDate).toEqual(at);
      expect(door.inputs.at(-1)).toEqual({ stateMachineArn: 'arn:m', name: 'n', input: '{"a":"é"}' });
      expect((await client.listStateMachines({})).stateMachines).toEqual([]);
      const described = await client.describeExecution({ executionArn: 'arn:x' });
      expect(described).toMatchObject({ status: 'RUNNING', inputDetails: { included: true } });
    });

    it('serves operations whose host the SDK prefixes, where no name has to be resolved', async () => {
      if (!door.config.requestHandler) return;
      play(door, 'stepfunctions', { testState: () => ({ output: '{}', status: 'SUCCEEDED' }) });
      const tested = await new SFN(door.config).testState({
        definition: '{}',
        roleArn: 'arn:aws:iam::1:role/r',
      });
      expect(tested.status).toBe('SUCCEEDED');
    });

    it('carries blobs of KMS as bytes', async () => {
      play(door, 'kms', {
        encrypt: (input: object) => ({
          KeyId: 'k',
          CiphertextBlob: (input as { Plaintext: Uint8Array }).Plaintext,
        }),
      });
      const answer = await new KMS(door.config).encrypt({
        KeyId: 'k',
        Plaintext: new Uint8Array([1, 2, 3]),
        EncryptionContext: { a: 'b' },
      });
      expect([...(answer.CiphertextBlob ?? [])]).toEqual([1, 2, 3]);
      expect(door.inputs.at(-1)).toEqual({
        KeyId: 'k',
        Plaintext: new Uint8Array([1, 2, 3]),
        EncryptionContext: { a: 'b' },
      });
    });

    it('speaks awsJson 1.1 to EventBridge, SSM and Logs', async () => {
      play(door, 'eventbridge', { putEvents: () => ({ FailedEntryCount: 0, Entries: [{ EventId: 'e' }] }) });
      play(door, 'ssm', {
        getParameter: () => ({ Parameter: { Name: '/a/b', Version: 3, LastModifiedDate: new Date(5000) } }),
      });
      play(door, 'logs', { putLogEvents: () => ({ nextSequenceToken: 's' }) });
      const at = new Date('2026-11-22T12:00:00Z');
      const entry = { Source: 'aws.ec2', DetailType: 'd', Detail: '{}', Time: at, Resources: ['r'] };
      expect((await new EventBridge(door.config).putEvents({ Entries: [entry] })).Entries).toEqual([
        { EventId: 'e' },
      ]);
      expect(door.inputs.at(-1)).toEqual({ Entries: [entry] });
      expect((await new SSM(door.config).getParameter({ Name: '/a/b' })).Parameter).toEqual({
        Name: '/a/b',
        Version: 3,
        LastModifiedDate: new Date(5000),
      });
      const events = {
        logGroupName: 'g',
        logStreamName: 's',
        logEvents: [{ timestamp: 1_700_000_000_123, message: 'm' }],
      };
      await new CloudWatchLogs(door.config).putLogEvents(events);
      expect(door.inputs.at(-1)).toEqual(events);
    });

    it('unpacks the long bodies that the SDK compresses', async () => {
      play(door, 'cloudwatch', { putMetricData: () => ({}) });
      const data = Array.from({ length: 400 }, (_, index) => ({
        MetricName: `SlotHeld${index}`,
        Value: index,
        Timestamp: new Date(0),
      }));
      await new CloudWatch(door.config).putMetricData({ Namespace: 'Trivet', MetricData: data });
      expect(door.inputs.at(-1)).toEqual({ Namespace: 'Trivet', MetricData: data });
    });

    it('adds the query code to errors of services that once spoke awsQuery', async () => {
      play(door, 'sqs', {
        sendMessage: () => {
          throw new AwsError('QueueDoesNotExist', 'The specified queue does not exist.');
        },
      });
      const url = 'http://127.0.0.1:1/123456789012/q';
      const error = await new SQS(door.config)
        .sendMessage({ QueueUrl: url, MessageBody: 'm' })
        .catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(QueueDoesNotExist);
      expect(error).toMatchObject({
        name: 'QueueDoesNotExist',
        Code: 'AWS.SimpleQueueService.NonExistentQueue',
        Type: 'Sender',
      });
    });

    it('says which required member is missing, as the services do', async () => {
      play(door, 'stepfunctions', { startExecution: () => ({}) });
      play(door, 'dynamodb', { putItem: () => ({}) });
      await expect(new SFN(door.config).startExecution({} as never)).rejects.toMatchObject({
        name: 'ValidationException',
        message:
          "1 validation error detected: Value null at 'stateMachineArn' failed to satisfy constraint: Member must not be null",
      });
      await expect(new DynamoDB(door.config).putItem({ TableName: 't' } as never)).rejects.toMatchObject({
        name: 'ValidationException',
      });
    });

    it('refuses a value of the wrong type', async () => {
      play(door, 'stepfunctions', { listExecutions: () => ({ executions: [] }) });
      await expect(new SFN(door.config).listExecutions({ maxResults: '7' as never })).rejects.toMatchObject({
        name: 'SerializationException',
        message: 'maxResults: "7" cannot be read as a number.',
      });
    });

    it('lets no answer out that does not fit its schema', async () => {
      play(door, 'stepfunctions', { startExecution: () => ({ executionArn: 'a', startDate: '2026' }) });
      const start = new SFN({ ...door.config, maxAttempts: 1 }).startExecution({ stateMachineArn: 'm' });
      await expect(start).rejects.toMatchObject({
        name: 'InternalFailure',
        message:
          'The embedded region failed: The embedded region answered a string in startExecution.startDate where timestamp is due.',
      });
    });

    it('names an unknown operation of a service that is played, and a service that is not', async () => {
      play(door, 'kms', {});
      await expect(
        new KMS(door.config).createAlias({ AliasName: 'alias/x', TargetKeyId: 'k' }),
      ).rejects.toMatchObject({
        name: 'NotImplementedByEmbeddedRegion',
        message: 'The embedded region does not play kms.createAlias.',
        $metadata: { httpStatusCode: 501, attempts: 1 },
      });
    });
  });
});
