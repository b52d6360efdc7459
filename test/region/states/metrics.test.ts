import { expect, test } from 'vitest';
import { createCloudwatch } from '../../../region/services/cloudwatch/index.ts';
import { machine } from './harness.ts';
import { testRegion } from './region.ts';

test('executions are counted by state machine, as AWS/States does', async () => {
  const region = testRegion();
  region.kernel.register(createCloudwatch(region.kernel));
  const definition = machine({ Pause: { Type: 'Wait', Seconds: 60, End: true } }, { TimeoutSeconds: 300 });
  const arn = await region.create(definition);
  await region.finish(arn);
  await region.ask('stopExecution', { executionArn: await region.start(arn) });
  await region.clock.settle();
  const late = machine({ Pause: { Type: 'Wait', Seconds: 60, End: true } }, { TimeoutSeconds: 1 });
  await region.finish(await region.create(late, { name: 'late' }));
  await region.finish(await region.create(machine({ Bad: { Type: 'Fail' } }), { name: 'bad' }));

  const count = async (machineName: string, MetricName: string): Promise<number | undefined> => {
    const { Datapoints } = await region.kernel.invoke<{ Datapoints: { Sum: number }[] }>(
      'cloudwatch',
      'getMetricStatistics',
      {
        Namespace: 'AWS/States',
        MetricName,
        Dimensions: [
          {
            Name: 'StateMachineArn',
            Value: `arn:aws:states:us-east-1:123456789012:stateMachine:${machineName}`,
          },
        ],
        StartTime: new Date('2026-01-01T00:00:00.000Z'),
        EndTime: new Date('2026-01-02T00:00:00.000Z'),
        Period: 86_400,
        Statistics: ['Sum'],
      },
    );
    return Datapoints[0]?.Sum;
  };
  expect(await count('machine', 'ExecutionsStarted')).toBe(2);
  expect(await count('machine', 'ExecutionsSucceeded')).toBe(1);
  expect(await count('machine', 'ExecutionsAborted')).toBe(1);
  expect(await count('machine', 'ExecutionTime')).toBe(60_000);
  expect(await count('machine', 'ExecutionsFailed')).toBe(undefined);
  expect(await count('late', 'ExecutionsTimedOut')).toBe(1);
  expect(await count('bad', 'ExecutionsFailed')).toBe(1);
});
