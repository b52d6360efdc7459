import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  InvalidDefinition,
  paginateGetExecutionHistory,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { expect, test } from 'vitest';
import { createRequestHandler } from '../../../region/protocols/in-process.ts';
import { call, machine } from './harness.ts';
import { returned, roleArn, testRegion } from './region.ts';

function connect() {
  const region = testRegion({ answer: () => returned(7) });
  const client = new SFNClient({
    region: 'us-east-1',
    endpoint: 'http://127.0.0.1:1',
    credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' },
    requestHandler: createRequestHandler(region.kernel),
    maxAttempts: 1,
  });
  return { region, client };
}

test('an unmodified SDK client runs a workflow and pages through its history', async () => {
  const { region, client } = connect();
  const definition = machine({ Ask: call('f', { Output: '{% $states.result.Payload %}', End: true }) });
  const { stateMachineArn } = await client.send(
    new CreateStateMachineCommand({ name: 'machine', definition, roleArn }),
  );
  const { executionArn = '' } = await client.send(
    new StartExecutionCommand({ stateMachineArn, name: 'one' }),
  );
  await region.clock.drive(region.sfn.ended(executionArn));
  const description = await client.send(new DescribeExecutionCommand({ executionArn }));
  expect(description).toMatchObject({
    status: 'SUCCEEDED',
    output: '7',
    startDate: new Date('2026-01-01T00:00:00.000Z'),
    stopDate: new Date('2026-01-01T00:00:00.000Z'),
  });
  const types: unknown[] = [];
  for await (const { events } of paginateGetExecutionHistory({ client, pageSize: 3 }, { executionArn })) {
    types.push((events ?? []).map(({ type }) => type));
  }
  expect(types).toEqual([
    ['ExecutionStarted', 'TaskStateEntered', 'TaskScheduled'],
    ['TaskStarted', 'TaskSucceeded', 'TaskStateExited'],
    ['ExecutionSucceeded'],
  ]);
});

test('refusals arrive as the error classes of the SDK', async () => {
  const { client } = connect();
  const broken = new CreateStateMachineCommand({ name: 'machine', definition: '{}', roleArn });
  await expect(client.send(broken)).rejects.toBeInstanceOf(InvalidDefinition);
  const definition = machine({ Wait: { Type: 'Wait', Seconds: 9, End: true } });
  const { stateMachineArn } = await client.send(
    new CreateStateMachineCommand({ name: 'machine', definition, roleArn }),
  );
  await client.send(new StartExecutionCommand({ stateMachineArn, name: 'one', input: '1' }));
  const again = new StartExecutionCommand({ stateMachineArn, name: 'one', input: '2' });
  await expect(client.send(again)).rejects.toBeInstanceOf(ExecutionAlreadyExists);
});
