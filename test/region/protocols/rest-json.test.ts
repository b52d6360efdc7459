import { Lambda, ResourceNotFoundException } from '@aws-sdk/client-lambda';
import { Scheduler } from '@aws-sdk/client-scheduler';
import { describe, expect, it } from 'vitest';
import { AwsError } from '../../../region/kernel/errors.ts';
import { play, throughBothDoors } from './doors.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('restJson', () => {
  throughBothDoors((door) => {
    it('reads labels, queries, headers and a payload, and writes status, headers and payload', async () => {
      play(door, 'lambda', {
        invoke: () => ({
          StatusCode: 202,
          FunctionError: 'Unhandled',
          ExecutedVersion: '7',
          Payload: encode('{"errorType":"X"}'),
        }),
      });
      const arn = 'arn:aws:lambda:us-east-1:123456789012:function:trivet-sweep:7';
      const answer = await new Lambda(door.config).invoke({
        FunctionName: arn,
        InvocationType: 'Event',
        Qualifier: '7',
        Payload: encode('{"a":"é"}'),
      });
      expect(door.inputs.at(-1)).toEqual({
        FunctionName: arn,
        InvocationType: 'Event',
        Qualifier: '7',
        Payload: encode('{"a":"é"}'),
      });
      expect(answer).toMatchObject({ StatusCode: 202, FunctionError: 'Unhandled', ExecutedVersion: '7' });
      expect(answer.Payload?.transformToString()).toBe('{"errorType":"X"}');
    });

    it('tells list, get, create and publish apart by method and path', async () => {
      play(door, 'lambda', {
        listFunctions: () => ({ Functions: [{ FunctionName: 'f', MemorySize: 128 }], NextMarker: 'm' }),
        getFunction: () => ({ Configuration: { FunctionName: 'f' }, Tags: { a: 'b' } }),
        getFunctionConfiguration: () => ({ FunctionName: 'f', LastModified: 'x' }),
        createFunction: () => ({ FunctionArn: 'arn' }),
        publishVersion: () => ({ Version: '1' }),
      });
      const client = new Lambda(door.config);
      expect((await client.listFunctions({ MaxItems: 5, Marker: 'a/b c' })).NextMarker).toBe('m');
      expect(door.inputs.at(-1)).toEqual({ MaxItems: 5, Marker: 'a/b c' });
      expect((await client.getFunction({ FunctionName: 'f' })).Tags).toEqual({ a: 'b' });
      expect((await client.getFunctionConfiguration({ FunctionName: 'f' })).LastModified).toBe('x');
      const create = {
        FunctionName: 'f',
        Role: 'r',
        Code: { ZipFile: new Uint8Array([80, 75]) },
        Environment: { Variables: { TRIVET_DEPLOYMENT: 'trivet' } },
        Timeout: 30,
        Publish: true,
      };
      expect((await client.createFunction(create)).FunctionArn).toBe('arn');
      expect(door.inputs.at(-1)).toEqual(create);
      expect((await client.publishVersion({ FunctionName: 'f' })).Version).toBe('1');
    });

    it('reads times and nested structures of Scheduler', async () => {
      play(door, 'scheduler', {
        createSchedule: () => ({ ScheduleArn: 'arn' }),
        listSchedules: () => ({ Schedules: [] }),
      });
      const client = new Scheduler(door.config);
      const input = {
        Name: 'sweep',
        ScheduleExpression: 'rate(1 minute)',
        StartDate: new Date('2026-11-22T12:00:00Z'),
        FlexibleTimeWindow: { Mode: 'OFF' as const },
        Target: { Arn: 'arn:f', RoleArn: 'arn:r', RetryPolicy: { MaximumRetryAttempts: 0 } },
      };
      expect((await client.createSchedule(input)).ScheduleArn).toBe('arn');
      // The SDK adds an idempotency token of its own.
      expect(door.inputs.at(-1)).toEqual({ ...input, ClientToken: expect.any(String) });
      expect((await client.listSchedules({ NamePrefix: 's' })).Schedules).toEqual([]);
    });

    it('gives errors their class, type and members', async () => {
      play(door, 'lambda', {
        getFunction: () => {
          throw new AwsError('ResourceNotFoundException', 'Function not found: f', {
            members: { Type: 'User' },
          });
        },
        invoke: () => {
          throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', {
            status: 429,
            members: { retryAfterSeconds: '1', Reason: 'ConcurrentInvocationLimitExceeded' },
          });
        },
      });
      const client = new Lambda({ ...door.config, maxAttempts: 1 });
      const error = await client.getFunction({ FunctionName: 'f' }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ResourceNotFoundException);
      expect(error).toMatchObject({
        message: 'Function not found: f',
        Type: 'User',
        $metadata: { httpStatusCode: 404 },
      });
      await expect(client.invoke({ FunctionName: 'f' })).rejects.toMatchObject({
        name: 'TooManyRequestsException',
        Reason: 'ConcurrentInvocationLimitExceeded',
        $metadata: { httpStatusCode: 429 },
      });
    });

    it('names what it does not play', async () => {
      play(door, 'lambda', {});
      await expect(new Lambda(door.config).listLayers({})).rejects.toMatchObject({
        name: 'NotImplementedByEmbeddedRegion',
        message: 'The embedded region does not play lambda.listLayers.',
        $metadata: { httpStatusCode: 501, attempts: 1 },
      });
    });

    it('names a missing required member', async () => {
      play(door, 'scheduler', { createSchedule: () => ({}) });
      const create = new Scheduler(door.config).createSchedule({
        Name: 'n',
        ScheduleExpression: 'rate(1 minute)',
      } as never);
      await expect(create).rejects.toMatchObject({
        name: 'ValidationException',
        message:
          "2 validation errors detected: Value null at 'target' failed to satisfy constraint: Member must not be null; Value null at 'flexibleTimeWindow' failed to satisfy constraint: Member must not be null",
      });
    });
  });
});
