import type { AutomationExecutionFilterKey, StepExecutionFilterKey } from '@aws-sdk/client-ssm';
import { expect, test } from 'vitest';
import { administrator, automationRegion, nap, refusal } from './automation-region.ts';

/** Three automations, a minute apart: one has ended, one waits for approval, one sleeps. */
async function three() {
  const region = automationRegion();
  const { store, start, clock } = region;
  await store({ mainSteps: [nap('wait')] }, 'trivet-scale-pool');
  await store(
    { mainSteps: [{ name: 'ask', action: 'aws:approve', inputs: { Approvers: ['alice'] } }] },
    'trivet-retire-cluster',
  );
  await store({ mainSteps: [nap('long', { inputs: { Duration: 'P1D' } })] }, 'other');
  const ended = await start(undefined, { DocumentName: 'trivet-scale-pool' });
  await clock.advance(60_000);
  const asking = await start(undefined, {
    DocumentName: 'trivet-retire-cluster',
    Tags: [{ Key: 'ticket', Value: 'OPS-1' }],
  });
  await clock.advance(60_000);
  const sleeping = await start(undefined, { DocumentName: 'other' });
  const names = new Map([
    [ended, 'ended'],
    [asking, 'asking'],
    [sleeping, 'sleeping'],
  ]);
  const list = async (Key?: AutomationExecutionFilterKey, ...Values: string[]) => {
    const { AutomationExecutionMetadataList: found = [] } = await region.ssm.describeAutomationExecutions(
      Key ? { Filters: [{ Key, Values }] } : {},
    );
    return found.map(({ AutomationExecutionId = '' }) => names.get(AutomationExecutionId));
  };
  return { ...region, ended, asking, sleeping, list };
}

test('automations are listed newest first, with what each is at', async () => {
  const { ssm, list, asking } = await three();
  expect(await list()).toEqual(['sleeping', 'asking', 'ended']);
  const { AutomationExecutionMetadataList: found } = await ssm.describeAutomationExecutions({
    Filters: [{ Key: 'ExecutionId', Values: [asking] }],
  });
  expect(found).toEqual([
    {
      AutomationExecutionId: asking,
      DocumentName: 'trivet-retire-cluster',
      DocumentVersion: '1',
      AutomationExecutionStatus: 'Waiting',
      ExecutionStartTime: new Date('2026-01-01T00:01:00.000Z'),
      ExecutedBy: administrator,
      Outputs: {},
      Mode: 'Auto',
      CurrentStepName: 'ask',
      CurrentAction: 'aws:approve',
      Targets: [],
      ResolvedTargets: { ParameterValues: [], Truncated: false },
      AutomationType: 'Local',
    },
  ]);
});

test.each<[key: AutomationExecutionFilterKey, values: string[], found: string[]]>([
  ['DocumentNamePrefix', ['trivet-'], ['asking', 'ended']],
  ['ExecutionStatus', ['Waiting', 'InProgress'], ['sleeping', 'asking']],
  ['CurrentAction', ['aws:approve'], ['asking']],
  ['StartTimeBefore', ['2026-01-01T00:01:30Z'], ['asking', 'ended']],
  ['StartTimeAfter', ['2026-01-01T00:01:00Z'], ['sleeping']],
  ['AutomationType', ['CrossAccount'], []],
  ['TagKey', ['ticket'], ['asking']],
])('of the filter %s with %j they are %j', async (key, values, found) => {
  const { list } = await three();
  expect(await list(key, ...values)).toEqual(found);
});

test('filters that are wrong or not played are refused', async () => {
  const { list } = await three();
  expect(await refusal(list('StartTimeAfter', 'yesterday'))).toBe(
    'InvalidFilterValue: yesterday is no time of ISO 8601.',
  );
  expect(await refusal(list('OpsItemId', 'oi-1'))).toMatch(/^NotImplementedByEmbeddedRegion: /);
  expect(await refusal(list('Mood' as 'OpsItemId', 'good'))).toMatch(/^InvalidFilterKey/);
});

test('lists come in pages that stay right when automations are added', async () => {
  const { ssm, start, ended } = await three();
  const first = await ssm.describeAutomationExecutions({ MaxResults: 2 });
  expect(first.AutomationExecutionMetadataList).toHaveLength(2);
  await start(undefined, { DocumentName: 'other' });
  const rest = await ssm.describeAutomationExecutions({ MaxResults: 2, NextToken: first.NextToken });
  expect(rest.AutomationExecutionMetadataList?.map((each) => each.AutomationExecutionId)).toEqual([ended]);
  expect(rest.NextToken).toBeUndefined();
  expect(await refusal(ssm.describeAutomationExecutions({ NextToken: 'page two' }))).toBe(
    'InvalidNextToken: The specified token is not valid.',
  );
  expect(await refusal(ssm.describeAutomationExecutions({ MaxResults: 51 }))).toMatch(
    /^ValidationException: /,
  );
});

test('steps are listed once they have begun, either way round', async () => {
  const { ssm, store, start, clock } = automationRegion();
  await store({ mainSteps: [nap('one'), nap('two'), nap('three')] });
  const AutomationExecutionId = await start();
  await clock.advance(1_500);
  const list = async (more: object = {}) =>
    (await ssm.describeAutomationStepExecutions({ AutomationExecutionId, ...more })).StepExecutions?.map(
      ({ StepName }) => StepName,
    );
  const by = (Key: StepExecutionFilterKey, ...Values: string[]) => list({ Filters: [{ Key, Values }] });
  expect(await list()).toEqual(['one', 'two']);
  expect(await list({ ReverseOrder: true })).toEqual(['two', 'one']);
  expect(await list({ MaxResults: 1 })).toEqual(['one']);
  expect(await by('StepName', 'two', 'three')).toEqual(['two']);
  expect(await by('StepExecutionStatus', 'Success')).toEqual(['one']);
  expect(await by('Action', 'aws:approve')).toEqual([]);
  expect(await by('StartTimeAfter', '2026-01-01T00:00:00.500Z')).toEqual(['two']);
});

test('a step shows how it is to run', async () => {
  const { ssm, store, start } = automationRegion();
  await store({
    mainSteps: [
      nap('one', { timeoutSeconds: 60, maxAttempts: 2, onFailure: 'step:three' }),
      nap('two'),
      nap('three'),
    ],
  });
  const AutomationExecutionId = await start();
  const { StepExecutions } = await ssm.describeAutomationStepExecutions({ AutomationExecutionId });
  expect(StepExecutions).toEqual([
    {
      StepName: 'one',
      Action: 'aws:sleep',
      TimeoutSeconds: 60,
      OnFailure: 'step:three',
      MaxAttempts: 2,
      ExecutionStartTime: new Date('2026-01-01T00:00:00.000Z'),
      StepStatus: 'InProgress',
      Inputs: { Duration: '"PT1S"' },
      Outputs: {},
      StepExecutionId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      OverriddenParameters: {},
      IsEnd: false,
      NextStep: 'two',
      IsCritical: true,
      ValidNextSteps: ['two', 'three'],
    },
  ]);
});

test('tags of automations are given at the start and changed later', async () => {
  const { ssm, asking } = await three();
  const automation = { ResourceType: 'Automation' as const, ResourceId: asking };
  await ssm.addTagsToResource({ ...automation, Tags: [{ Key: 'by', Value: 'alice' }] });
  await ssm.removeTagsFromResource({ ...automation, TagKeys: ['ticket'] });
  expect((await ssm.listTagsForResource(automation)).TagList).toEqual([{ Key: 'by', Value: 'alice' }]);
});
