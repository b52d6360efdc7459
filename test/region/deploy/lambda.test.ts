import { expect, test } from 'vitest';
import { servicePrincipal } from '../../../region/services/common/service-principal.ts';
import { eventually } from '../../support/eventually.ts';
import { bundles, call, roleArn } from './support/functions.ts';
import { fakeService, testKernel } from './support/kernel.ts';

test('a function answers what its handler returns', async () => {
  const kernel = testKernel();
  await bundles(kernel).create('trivet-add', 'export const handler = async ({a, b}) => ({ sum: a + b });');
  expect(await call(kernel, 'trivet-add', { a: 1, b: 2 })).toEqual({
    status: 200,
    version: '$LATEST',
    payload: { sum: 3 },
  });
});

test('a function sees its own variables and those of AWS, and none of the region', async () => {
  const kernel = testKernel();
  process.env.TRIVET_SECRET_OF_THE_REGION = 'secret';
  kernel.endpoint = 'http://127.0.0.1:4566';
  await bundles(kernel).create('trivet-env', 'export const handler = async () => process.env;', {
    Environment: { Variables: { TRIVET_BUCKET: 'bucket' } },
    MemorySize: 256,
  });
  const { payload } = await call(kernel, 'trivet-env');
  const env = payload as Record<string, string>;
  expect(Object.keys(env).sort()).toEqual([
    'AWS_ACCESS_KEY_ID',
    'AWS_DEFAULT_REGION',
    'AWS_ENDPOINT_URL',
    'AWS_EXECUTION_ENV',
    'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
    'AWS_LAMBDA_FUNCTION_NAME',
    'AWS_LAMBDA_FUNCTION_VERSION',
    'AWS_LAMBDA_INITIALIZATION_TYPE',
    'AWS_LAMBDA_LOG_GROUP_NAME',
    'AWS_LAMBDA_LOG_STREAM_NAME',
    'AWS_REGION',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_SESSION_TOKEN',
    'LAMBDA_TASK_ROOT',
    'LANG',
    'PATH',
    'TRIVET_BUCKET',
    'TZ',
    '_HANDLER',
  ]);
  expect(env).toMatchObject({
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:4566',
    AWS_LAMBDA_FUNCTION_NAME: 'trivet-env',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
    TRIVET_BUCKET: 'bucket',
  });
  expect(kernel.credentials.lookup(env.AWS_ACCESS_KEY_ID)).toEqual({
    kind: 'role',
    arn: roleArn,
    sessionName: 'trivet-env',
    userId: 'AROATASK:trivet-env',
  });
});

test('the context names the function, its version and the time that is left', async () => {
  const kernel = testKernel();
  await bundles(kernel).create(
    'trivet-context',
    'export const handler = async (_, c) => ({ ...c, left: c.getRemainingTimeInMillis() });',
    { Timeout: 60 },
  );
  const { payload } = await call(kernel, 'trivet-context');
  expect(payload).toMatchObject({
    functionName: 'trivet-context',
    functionVersion: '$LATEST',
    invokedFunctionArn: 'arn:aws:lambda:us-east-1:123456789012:function:trivet-context',
    memoryLimitInMB: '128',
    logGroupName: '/aws/lambda/trivet-context',
  });
  const { left } = payload as { left: number };
  expect(left).toBeGreaterThan(50_000);
  expect(left).toBeLessThanOrEqual(60_000);
});

test('a warm environment is used again, and concurrent invocations get environments of their own', async () => {
  const kernel = testKernel();
  await bundles(kernel).create(
    'trivet-warm',
    `const self = Math.random(); let count = 0;
     export const handler = async ({ wait }) => { await new Promise((r) => setTimeout(r, wait)); return { self, count: ++count }; };`,
  );
  const first = await call(kernel, 'trivet-warm', { wait: 0 });
  const second = await call(kernel, 'trivet-warm', { wait: 0 });
  expect(second.payload).toEqual({ self: (first.payload as { self: number }).self, count: 2 });
  const both = await Promise.all([
    call(kernel, 'trivet-warm', { wait: 200 }),
    call(kernel, 'trivet-warm', { wait: 200 }),
  ]);
  expect(new Set(both.map(({ payload }) => (payload as { self: number }).self)).size).toBe(2);
});

test('a thrown error is answered with its name, its message and its trace', async () => {
  const kernel = testKernel();
  await bundles(kernel).create(
    'trivet-throw',
    `class LeaseHeld extends Error { name = 'LeaseHeld' }
     export const handler = async () => { throw new LeaseHeld('held by another'); };`,
  );
  const { status, error, payload } = await call(kernel, 'trivet-throw');
  expect({ status, error }).toEqual({ status: 200, error: 'Unhandled' });
  expect(payload).toMatchObject({ errorType: 'LeaseHeld', errorMessage: 'held by another' });
  expect((payload as { trace: string[] }).trace[0]).toBe('LeaseHeld: held by another');
});

test('a function that overruns its time-out is ended, and the next invocation starts afresh', async () => {
  const kernel = testKernel();
  await bundles(kernel).create(
    'trivet-slow',
    'let count = 0; export const handler = async ({ loop }) => { count += 1; while (loop); return count; };',
    { Timeout: 1 },
  );
  expect((await call(kernel, 'trivet-slow')).payload).toBe(1);
  const { error, payload } = await call(kernel, 'trivet-slow', { loop: true });
  expect(error).toBe('Unhandled');
  expect(payload).toEqual({
    errorType: 'Sandbox.Timedout',
    errorMessage: expect.stringMatching(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [0-9a-f-]{36} Task timed out after 1\.00 seconds$/,
    ),
  });
  expect((await call(kernel, 'trivet-slow')).payload).toBe(1);
});

test.each([
  [
    'exits',
    'process.exit(3)',
    { errorType: 'Runtime.ExitError', errorMessage: expect.stringMatching(/exit status 3$/) },
  ],
  [
    'rejects a promise that nobody awaits',
    "void Promise.reject(new Error('lost')); await new Promise(() => setInterval(() => {}, 1000))",
    { errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: 'lost' },
  ],
  [
    'throws in a timer',
    "setTimeout(() => { throw new TypeError('late'); }); await new Promise(() => setInterval(() => {}, 1000))",
    { errorType: 'TypeError', errorMessage: 'late' },
  ],
  [
    'exhausts its memory',
    'const all = []; for (;;) all.push(new Array(1e6).fill(all.length))',
    { errorType: 'Runtime.ExitError', errorMessage: expect.stringMatching(/signal: killed$/) },
  ],
])('a function that %s fails its invocation and leaves the region alone', async (_, body, expected) => {
  const kernel = testKernel();
  await bundles(kernel).create(
    'trivet-crash',
    `export const handler = async ({ crash }) => { if (crash) { ${body} } return 'well'; };`,
    {
      Timeout: 20,
    },
  );
  expect(await call(kernel, 'trivet-crash', { crash: true })).toMatchObject({
    error: 'Unhandled',
    payload: expected,
  });
  expect((await call(kernel, 'trivet-crash')).payload).toBe('well');
});

test.each([
  [
    'index.missing',
    'export const handler = 1;',
    'Runtime.HandlerNotFound',
    'index.missing is undefined or not exported',
  ],
  [
    'other.handler',
    'export const handler = 1;',
    'Runtime.ImportModuleError',
    "Error: Cannot find module 'other'",
  ],
  ['index.handler', "throw new Error('no table name');", 'Error', 'no table name'],
  [
    'index.handler',
    'export const handler = (event, context, callback) => callback(null, 1);',
    'Runtime.CallbackHandlerDeprecated',
    'AWS Lambda has removed support for callback-based function handlers starting with Node.js 24.',
  ],
])(
  'a bundle whose %s cannot be loaded (%s) fails with %s',
  async (handler, source, errorType, errorMessage) => {
    const kernel = testKernel();
    await bundles(kernel).create('trivet-broken', source, { Handler: handler });
    expect(await call(kernel, 'trivet-broken')).toMatchObject({
      error: 'Unhandled',
      payload: { errorType, errorMessage },
    });
  },
);

test('the tail of the log is answered, and lines go to the function’s log group', async () => {
  const kernel = testKernel();
  const lines: [string, string][] = [];
  const metrics: string[] = [];
  kernel.register(
    fakeService(
      'logs',
      {},
      {
        append: (group: string, _stream: string, messages: string[]) =>
          lines.push(...messages.map((line): [string, string] => [group, line])),
      },
    ),
  );
  const recorded: unknown[][] = [];
  const record = (...all: unknown[]): number => recorded.push(all);
  kernel.register(fakeService('cloudwatch', {}, { ingestEmf: (line: string) => metrics.push(line), record }));
  const emf = '{"_aws":{"Timestamp":1},"SlotHeld":1}';
  await bundles(kernel).create(
    'trivet-log',
    `export const handler = async () => { console.log('seen'); console.log('${emf}'); };`,
  );
  const { log, payload } = await call(kernel, 'trivet-log', {}, { LogType: 'Tail' });
  expect(payload).toBe(null);
  expect(log).toMatch(
    /^START RequestId: \S+ Version: \$LATEST\nseen\n\{"_aws".*\}\nEND RequestId: \S+\nREPORT RequestId: \S+\tDuration: /,
  );
  expect(lines).toContainEqual(['/aws/lambda/trivet-log', 'seen']);
  expect(metrics).toEqual([emf]);
  expect(recorded).toEqual([
    [
      'AWS/Lambda',
      { FunctionName: 'trivet-log' },
      { Invocations: 1, Errors: 0, Duration: expect.any(Number) },
    ],
  ]);
});

test('more invocations at once than the limit are throttled', async () => {
  const kernel = testKernel();
  await bundles(kernel, { concurrency: 1 }).create(
    'trivet-busy',
    'export const handler = () => new Promise((r) => setTimeout(r, 300));',
  );
  const first = call(kernel, 'trivet-busy');
  await expect(call(kernel, 'trivet-busy')).rejects.toMatchObject({
    code: 'TooManyRequestsException',
    status: 429,
  });
  await first;
});

test('reserved concurrency of zero throttles every invocation', async () => {
  const kernel = testKernel();
  await bundles(kernel).create('trivet-off', 'export const handler = async () => 1;');
  await kernel.invoke('lambda', 'putFunctionConcurrency', {
    FunctionName: 'trivet-off',
    ReservedConcurrentExecutions: 0,
  });
  await expect(call(kernel, 'trivet-off')).rejects.toMatchObject({
    members: { Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded' },
  });
});

test('an event is tried three times and then sent to the dead-letter queue and the failure destination', async () => {
  const kernel = testKernel({ delays: { waitScale: 0.0001 } });
  const sent: { QueueUrl: string; MessageBody: string; MessageAttributes?: object }[] = [];
  kernel.register(
    fakeService('sqs', {
      getQueueUrl: ({ QueueName }: { QueueName: string }) => ({ QueueUrl: QueueName }),
      sendMessage: (message: { QueueUrl: string; MessageBody: string }) => void sent.push(message),
    }),
  );
  await bundles(kernel).create(
    'trivet-event',
    "let n = 0; export const handler = async () => { throw new Error('attempt ' + ++n); };",
    {
      DeadLetterConfig: { TargetArn: 'arn:aws:sqs:us-east-1:123456789012:dead' },
    },
  );
  await kernel.invoke('lambda', 'putFunctionEventInvokeConfig', {
    FunctionName: 'trivet-event',
    DestinationConfig: { OnFailure: { Destination: 'arn:aws:sqs:us-east-1:123456789012:failures' } },
  });
  expect(await call(kernel, 'trivet-event', { a: 1 }, { InvocationType: 'Event' })).toEqual({
    status: 202,
    payload: undefined,
  });
  await eventually(() => sent.length === 2);
  const [failure, dead] = sent;
  expect(JSON.parse(failure?.MessageBody ?? '')).toMatchObject({
    requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 3 },
    requestPayload: { a: 1 },
    responsePayload: { errorType: 'Error', errorMessage: 'attempt 3' },
  });
  expect(dead).toMatchObject({
    QueueUrl: 'dead',
    MessageBody: '{"a":1}',
    MessageAttributes: { ErrorMessage: { DataType: 'String', StringValue: 'attempt 3' } },
  });
});

test('a dry run checks and does not run', async () => {
  const kernel = testKernel();
  await bundles(kernel).create(
    'trivet-dry',
    "export const handler = async () => { throw new Error('ran'); };",
  );
  expect(await call(kernel, 'trivet-dry', {}, { InvocationType: 'DryRun' })).toEqual({
    status: 204,
    payload: undefined,
  });
});

test('a payload beyond 6 MB, one that is not JSON and an answer beyond 6 MB are refused', async () => {
  const kernel = testKernel();
  await bundles(kernel).create('trivet-size', "export const handler = async () => 'x'.repeat(7_000_000);");
  await expect(call(kernel, 'trivet-size', 'x'.repeat(6 * 1024 * 1024))).rejects.toMatchObject({
    code: 'RequestTooLargeException',
    status: 413,
  });
  await expect(call(kernel, 'trivet-size', {}, { Payload: '{' })).rejects.toMatchObject({
    code: 'InvalidRequestContentException',
  });
  await expect(
    call(kernel, 'trivet-size', 'x'.repeat(1024 * 1024), { InvocationType: 'Event' }),
  ).rejects.toMatchObject({
    code: 'RequestTooLargeException',
  });
  expect(await call(kernel, 'trivet-size')).toMatchObject({
    error: 'Unhandled',
    payload: { errorType: 'Function.ResponseSizeTooLarge' },
  });
});

test('a service invokes only what the function’s resource policy allows', async () => {
  const kernel = testKernel();
  await bundles(kernel).create('trivet-policy', 'export const handler = async () => 1;');
  const rule = 'arn:aws:events:us-east-1:123456789012:rule/trivet-slot';
  const asEventBridge = (source: string) =>
    kernel.invoke(
      'lambda',
      'invoke',
      { FunctionName: 'trivet-policy' },
      servicePrincipal('events.amazonaws.com', source),
    );
  await expect(asEventBridge(rule)).rejects.toMatchObject({ code: 'AccessDeniedException' });
  await kernel.invoke('lambda', 'addPermission', {
    FunctionName: 'trivet-policy',
    StatementId: 'rule',
    Action: 'lambda:InvokeFunction',
    Principal: 'events.amazonaws.com',
    SourceArn: rule,
  });
  await expect(asEventBridge(rule)).resolves.toMatchObject({ StatusCode: 200 });
  await expect(asEventBridge(`${rule}-other`)).rejects.toMatchObject({ code: 'AccessDeniedException' });
  const { Policy } = await kernel.invoke<{ Policy: string }>('lambda', 'getPolicy', {
    FunctionName: 'trivet-policy',
  });
  expect(JSON.parse(Policy)).toMatchObject({
    Statement: [
      {
        Sid: 'rule',
        Principal: { Service: 'events.amazonaws.com' },
        Condition: { ArnLike: { 'AWS:SourceArn': rule } },
      },
    ],
  });
});

test('what the region does not play is refused loudly', async () => {
  const kernel = testKernel();
  const { create } = bundles(kernel);
  const source = 'export const handler = async () => 1;';
  await expect(create('trivet-layers', source, { Layers: ['arn'] })).rejects.toMatchObject({
    code: 'NotImplementedByEmbeddedRegion',
    message: 'The embedded region does not play the parameter Layers of a lambda function.',
  });
  await expect(create('trivet-python', source, { Runtime: 'python3.13' })).rejects.toMatchObject({
    code: 'InvalidParameterValueException',
  });
  await expect(
    create('trivet-reserved', source, { Environment: { Variables: { AWS_REGION: 'x' } } }),
  ).rejects.toThrow(/reserved keys/);
});
