import { expect, test } from 'vitest';
import { serviceCreators } from '../../../region/services/index.ts';
import { createLambda } from '../../../region/services/lambda/index.ts';
import { createStepfunctions } from '../../../region/services/stepfunctions/index.ts';
import { eventually } from '../../support/eventually.ts';
import { bundles, roleArn } from './support/functions.ts';
import { testKernel } from './support/kernel.ts';

test('an execution is aborted by the stop of the region, and never sees its task fail', async () => {
  const kernel = testKernel();
  const { create } = bundles(kernel);
  const states = createStepfunctions(kernel);
  kernel.register(states);
  await create('trivet-slow', 'export const handler = () => new Promise(() => setInterval(() => {}, 1000));');
  const definition = JSON.stringify({
    QueryLanguage: 'JSONata',
    StartAt: 'Slow',
    States: {
      Slow: {
        Type: 'Task',
        Resource: 'arn:aws:states:::lambda:invoke',
        Arguments: { FunctionName: 'trivet-slow' },
        End: true,
      },
    },
  });
  const { stateMachineArn } = await kernel.invoke<{ stateMachineArn: string }>(
    'stepfunctions',
    'createStateMachine',
    { name: 'slow', definition, roleArn },
  );
  const { executionArn } = await kernel.invoke<{ executionArn: string }>('stepfunctions', 'startExecution', {
    stateMachineArn,
  });
  const history = async (): Promise<(string | undefined)[]> => {
    const { events } = await kernel.invoke<{ events: { type?: string }[] }>(
      'stepfunctions',
      'getExecutionHistory',
      { executionArn },
    );
    return events.map(({ type }) => type);
  };
  await eventually(async () => (await history()).includes('TaskStarted'));

  // As the region stops: in the reverse order of its own list.
  const order = serviceCreators.filter((make) => make === createLambda || make === createStepfunctions);
  for (const make of order.toReversed()) {
    await kernel.service(make === createLambda ? 'lambda' : 'stepfunctions').stop?.();
  }
  expect(await history()).toEqual([
    'ExecutionStarted',
    'TaskStateEntered',
    'TaskScheduled',
    'TaskStarted',
    'ExecutionAborted',
  ]);
});
