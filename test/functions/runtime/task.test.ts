import type { Context } from 'aws-lambda';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import * as z from 'zod/mini';
import { AwsUnavailable } from '../../../functions/runtime/errors.ts';
import { type Contract, task } from '../../../functions/runtime/task.ts';

const contract: Contract<{ cluster: string }, { length: number }> = {
  name: 'measure-cluster',
  input: z.strictObject({ cluster: z.string() }),
  output: z.strictObject({ length: z.number() }),
  errors: [],
};

function lambda(remainingMilliseconds = 30_000): Context {
  return {
    awsRequestId: 'request-1',
    getRemainingTimeInMillis: () => remainingMilliseconds,
  } as Context;
}

beforeEach(() => {
  const environment = {
    TRIVET_DEPLOYMENT: 'trivet',
    TRIVET_REGISTRY_TABLE: 'trivet-registry',
    TRIVET_BUCKET: 'trivet-bucket',
    TRIVET_KEY_ARN: 'arn:aws:kms:us-east-1:123456789012:key/k',
    TRIVET_VPC_ID: 'vpc-1',
    TRIVET_SUBNET_IDS: 'subnet-a,subnet-b',
    TRIVET_ETCD_CLIENT_SECURITY_GROUP_ID: 'sg-1',
    TRIVET_PERMISSIONS_BOUNDARY_ARN: 'arn:aws:iam::123456789012:policy/boundary',
    TRIVET_ADD_ON_BOUNDARY_ARN: 'arn:aws:iam::123456789012:policy/add-on-boundary',
    TRIVET_STATE_MACHINE_ARN_PREFIX: 'arn:aws:states:us-east-1:123456789012:stateMachine:trivet-',
    AWS_REGION: 'us-east-1',
    POWERTOOLS_LOG_LEVEL: 'SILENT',
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
});

describe('a task', () => {
  test('parses its input, makes its dependencies once and gives back its output', async () => {
    const makeDeps = vi.fn(() => ({ factor: 2 }));
    const handler = task(contract, makeDeps, async (input, deps) => ({
      length: input.cluster.length * deps.factor,
    }));
    expect(await handler({ cluster: 'demo' }, lambda())).toEqual({ length: 8 });
    expect(await handler({ cluster: 'de' }, lambda())).toEqual({ length: 4 });
    expect(makeDeps).toHaveBeenCalledTimes(1);
  });

  test('refuses an input that its contract does not know, naming the field', async () => {
    const handler = task(
      contract,
      () => ({}),
      async () => ({ length: 1 }),
    );
    await expect(handler({ cluster: 'demo', colour: 'red' }, lambda())).rejects.toMatchObject({
      name: 'InputInvalid',
      message: 'measure-cluster: (root): unrecognized_keys colour',
    });
    await expect(handler({ cluster: 7 }, lambda())).rejects.toMatchObject({
      message: 'measure-cluster: cluster: invalid_type',
    });
  });

  test('refuses an output that its contract does not know', async () => {
    const handler = task(
      contract,
      () => ({}),
      async () => ({ length: 'four' }) as never,
    );
    await expect(handler({ cluster: 'demo' }, lambda())).rejects.toMatchObject({ name: 'OutputInvalid' });
  });

  test('throws what the task throws, under its catalogue name', async () => {
    const handler = task(
      contract,
      () => ({}),
      async () => {
        throw new AwsUnavailable('ec2:DescribeVolumes: Unavailable');
      },
    );
    await expect(handler({ cluster: 'demo' }, lambda())).rejects.toMatchObject({ name: 'AwsUnavailable' });
  });

  test('aborts its signal before Lambda would time out, and says TaskTimedOut', async () => {
    let aborted = false;
    const handler = task(
      contract,
      () => ({}),
      (_input, _deps, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            aborted = true;
            reject(Object.assign(new Error('aborted'), { name: 'AbortError' }));
          });
        }),
    );
    await expect(handler({ cluster: 'demo' }, lambda(520))).rejects.toMatchObject({ name: 'TaskTimedOut' });
    expect(aborted).toBe(true);
  });
});
