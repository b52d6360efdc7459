import { rmSync } from 'node:fs';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { createKernel } from '../../region/kernel/create-kernel.ts';
import type { Kernel } from '../../region/kernel/kernel.ts';
import { type CloudwatchService, createCloudwatch } from '../../region/services/cloudwatch/index.ts';
import { machine } from '../region/states/harness.ts';
import { testRegion } from '../region/states/region.ts';
import { createManualClock, type ManualClock } from '../support/manual-clock.ts';
import { ofType, synthesize, writeStubBundles } from './support/synthesize.ts';

const bundleDir = writeStubBundles();
afterAll(() => rmSync(bundleDir, { recursive: true }));
const { operations } = synthesize({ bundleDir });

const minute = 60_000;

let clock: ManualClock;
let kernel: Kernel;
let cloudwatch: CloudwatchService;

beforeEach(async () => {
  clock = createManualClock();
  kernel = createKernel({ stateDir: 'unused', clock, delays: { scheduleScale: 1 } });
  cloudwatch = createCloudwatch(kernel);
  kernel.register(cloudwatch);
  await cloudwatch.start?.();
});

/** Puts an alarm of the template into the region, as a deployment does; `watched` is what the template's metrics refer to. */
async function deploy(name: string, watched: string): Promise<void> {
  const found = ofType(operations, 'AWS::CloudWatch::Alarm').find(
    ({ Properties }) => Properties.AlarmName === name,
  );
  const { AlarmActions: _, ...properties } = found?.Properties ?? {};
  const input = JSON.parse(JSON.stringify(properties), (key, value) =>
    key === 'Value' && typeof value === 'object' ? watched : value,
  ) as object;
  await kernel.invoke('cloudwatch', 'putMetricAlarm', input);
}

async function states(): Promise<string[]> {
  type Answer = { MetricAlarms: { StateValue: string }[] };
  const { MetricAlarms } = await kernel.invoke<Answer>('cloudwatch', 'describeAlarms', {});
  return MetricAlarms.map(({ StateValue }) => StateValue);
}

const run = (Errors: number): void =>
  cloudwatch.record('AWS/Lambda', { FunctionName: 'the-function' }, { Invocations: 1, Errors });

describe.each([
  'trivet-sweep-failing',
  'trivet-watch-etcd-failing',
  'trivet-watch-kubernetes-failing',
  'trivet-watch-workers-failing',
  'trivet-watch-demand-failing',
])('%s', (name) => {
  beforeEach(() => deploy(name, 'the-function'));

  test('does not cry before the first run', async () => {
    await clock.advance(10 * minute);
    expect(await states()).toEqual(['INSUFFICIENT_DATA']);
  });

  test('is well with the first run and stays so while runs succeed', async () => {
    await clock.advance(2 * minute);
    for (let ran = 0; ran < 10; ran += 1) {
      run(0);
      expect(await states()).toEqual(['OK']);
      await clock.advance(minute);
      expect(await states()).toEqual(['OK']);
    }
  });

  test('calls when runs stop, and goes on calling until they come again', async () => {
    run(0);
    await clock.advance(4 * minute);
    expect(await states()).toEqual(['OK']);
    await clock.advance(minute + 10_000);
    expect(await states()).toEqual(['ALARM']);
    await clock.advance(60 * minute);
    expect(await states()).toEqual(['ALARM']);
    for (let ran = 0; ran < 3; ran += 1) {
      run(0);
      await clock.advance(minute);
    }
    expect(await states()).toEqual(['OK']);
  });

  test('calls when four of six runs fail, and not when three do', async () => {
    for (const errors of [0, 1, 0, 1, 0, 1]) {
      run(errors);
      expect(await states()).toEqual(['OK']);
      await clock.advance(minute);
    }
    run(1);
    expect(await states()).toEqual(['ALARM']);
  });

  test('calls when every run since the deployment failed', async () => {
    for (const expected of ['INSUFFICIENT_DATA', 'INSUFFICIENT_DATA', 'INSUFFICIENT_DATA', 'ALARM']) {
      run(1);
      expect(await states()).toEqual([expected]);
      await clock.advance(minute);
    }
  });
});

describe('trivet-kubernetes-unhealthy', () => {
  const dimensions = { service: 'watch-kubernetes', deployment: 'trivet' };
  const unhealthy = (): void => cloudwatch.record('Trivet', dimensions, { KubernetesUnhealthy: 1 });
  beforeEach(() => deploy('trivet-kubernetes-unhealthy', 'unused'));

  test('calls after five bad minutes, and not after four', async () => {
    for (let minutes = 1; minutes <= 4; minutes += 1) {
      unhealthy();
      await clock.advance(minute);
    }
    expect(await states()).toEqual(['OK']);
    unhealthy();
    await clock.advance(10_000);
    expect(await states()).toEqual(['ALARM']);
    // CloudWatch goes by the minutes that have data as long as it finds enough of them.
    await clock.advance(10 * minute);
    expect(await states()).toEqual(['OK']);
  });
});

describe('trivet-control-plane-node-hung', () => {
  test('calls as soon as one node is replaced', async () => {
    await deploy('trivet-control-plane-node-hung', 'unused');
    const dimensions = { service: 'sweep', deployment: 'trivet' };
    await clock.advance(minute);
    expect(await states()).toEqual(['OK']);
    cloudwatch.record('Trivet', dimensions, { HungNodeReplaced: 1 });
    await clock.advance(10_000);
    expect(await states()).toEqual(['ALARM']);
  });
});

describe('trivet-worker-storm', () => {
  test('calls as soon as repairs of a pool are refused, and is well when they no longer are', async () => {
    await deploy('trivet-worker-storm', 'unused');
    await clock.advance(minute);
    expect(await states()).toEqual(['OK']);
    cloudwatch.record('Trivet', { service: 'sweep', deployment: 'trivet' }, { WorkerStorm: 1 });
    await clock.advance(10_000);
    expect(await states()).toEqual(['ALARM']);
    // As above: not before the minutes with data are behind what CloudWatch looks at.
    await clock.advance(10 * minute);
    expect(await states()).toEqual(['OK']);
  });
});

describe('trivet-replace-etcd-member-failed', () => {
  const name = 'trivet-replace-etcd-member-failed';
  const slow = machine({ Wait: { Type: 'Wait', Seconds: 60, End: true } }, { TimeoutSeconds: 30 });

  test.each([
    ['fails', machine({ Bad: { Type: 'Fail', Error: 'Broken' } }), 'ALARM'],
    ['runs out of time', slow, 'ALARM'],
    ['succeeds', machine({ Good: { Type: 'Succeed' } }), 'OK'],
  ])('an execution that %s', async (_, definition, expected) => {
    const region = testRegion({ delays: { scheduleScale: 1 } });
    ({ clock, kernel } = region);
    cloudwatch = createCloudwatch(kernel);
    kernel.register(cloudwatch);
    await cloudwatch.start?.();
    const stateMachineArn = await region.create(definition);
    await deploy(name, stateMachineArn);
    await clock.advance(2 * minute);
    expect(await states()).toEqual(['OK']);
    const executionArn = await region.start(stateMachineArn);
    await clock.advance(31_000);
    await region.sfn.ended(executionArn);
    expect(await states()).toEqual([expected]);
    await clock.advance(3 * minute);
    expect(await states()).toEqual(['OK']);
  });
});
