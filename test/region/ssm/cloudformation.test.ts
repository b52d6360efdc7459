import { expect, test } from 'vitest';
import { stackTester } from '../deploy/support/stacks.ts';
import { administrator, automationRegion, nap } from './automation-region.ts';
import { sampleContent, sampleRegistry, sampleTemplate } from './sample-runbook.ts';

/** A region with stacks, and a registry for the sample. */
function withStacks() {
  const region = automationRegion({ dynamodb: sampleRegistry });
  const stacks = stackTester(region.kernel);
  /** What a runbook of the stack ran with. */
  const run = async (Parameters: Record<string, string[]>): Promise<string> =>
    region.start(Parameters, { DocumentName: 'trivet-retire-cluster' });
  return { ...region, stacks, run };
}

const given = { ClusterName: ['demo'], ClusterNameAgain: ['demo'], Approvers: ['administrator'] };

test('a deployed runbook runs: it asks, it is approved, and it gives the result of its workflow', async () => {
  const { kernel, ssm, stacks, run, standing, clock } = withStacks();
  const { status, reason, outputs } = await stacks.create('trivet-operations', sampleTemplate());
  expect([status, reason, outputs]).toEqual(['CREATE_COMPLETE', '', { Runbook: 'trivet-retire-cluster' }]);
  const principals = new Set<string>();
  kernel.onCall(({ service, principal }) => service === 'stepfunctions' && principals.add(principal.arn));
  const AutomationExecutionId = await run(given);
  expect(await standing(AutomationExecutionId)).toBe(
    'Waiting, findCluster Success, chooseByPhase Success, confirmName Success, approve Waiting, retire Pending, nothingToDo Pending',
  );
  await ssm.sendAutomationSignal({ AutomationExecutionId, SignalType: 'Approve' });
  await clock.settle();
  const { AutomationExecution } = await ssm.getAutomationExecution({ AutomationExecutionId });
  expect(AutomationExecution).toMatchObject({
    AutomationExecutionStatus: 'Success',
    ExecutedBy: administrator,
    Outputs: {
      'retire.executionArn': [
        `arn:aws:states:us-east-1:123456789012:execution:retire-cluster:runbook-${AutomationExecutionId}`,
      ],
      'retire.output': ['{"retired":"demo"}'],
    },
  });
  expect([...principals]).toEqual([
    expect.stringMatching(/^arn:aws:iam::123456789012:role\/trivet-operations-Role-/),
  ]);
});

test('a name that was typed otherwise the second time ends the runbook before it asks', async () => {
  const { stacks, run, standing } = withStacks();
  await stacks.create('trivet-operations', sampleTemplate());
  const id = await run({ ...given, ClusterNameAgain: ['dmeo'] });
  expect(await standing(id)).toMatch(/^Failed, .*confirmName Failed, approve Pending, retire Pending/);
});

test('of a cluster that is retired there is nothing to do', async () => {
  const { stacks, run, standing, clock } = withStacks();
  await stacks.create('trivet-operations', sampleTemplate());
  const id = await run({ ...given, ClusterName: ['old'], ClusterNameAgain: ['old'] });
  await clock.advance(0);
  expect(await standing(id)).toMatch(/^Success, .*approve Pending, retire Pending, nothingToDo Success$/);
});

test('an update makes a new version, which is the default at once, and an automation keeps the one it has', async () => {
  const { ssm, stacks, run } = withStacks();
  await stacks.create('trivet-operations', sampleTemplate({ Tags: [{ Key: 'old', Value: '1' }] }));
  const before = await run(given);
  const described = { ...sampleContent, description: 'Retires.' };
  const changed = sampleTemplate({ Tags: [{ Key: 'new', Value: '2' }] }, described);
  expect((await stacks.update('trivet-operations', changed)).status).toBe('UPDATE_COMPLETE');
  const { Document } = await ssm.describeDocument({ Name: 'trivet-retire-cluster' });
  expect(Document).toMatchObject({
    DefaultVersion: '2',
    LatestVersion: '2',
    Description: 'Retires.',
    Tags: [{ Key: 'new', Value: '2' }],
  });
  const versions = await Promise.all(
    [before, await run(given)].map(async (AutomationExecutionId) => {
      const { AutomationExecution } = await ssm.getAutomationExecution({ AutomationExecutionId });
      return AutomationExecution?.DocumentVersion;
    }),
  );
  expect(versions).toEqual(['1', '2']);
});

test('tags alone make no new version', async () => {
  const { ssm, stacks } = withStacks();
  await stacks.create('trivet-operations', sampleTemplate());
  await stacks.update('trivet-operations', sampleTemplate({ Tags: [{ Key: 'a', Value: 'b' }] }));
  const { Document } = await ssm.describeDocument({ Name: 'trivet-retire-cluster' });
  expect([Document?.LatestVersion, Document?.Tags]).toEqual(['1', [{ Key: 'a', Value: 'b' }]]);
});

test('an update that fails goes back to the version before', async () => {
  const { ssm, stacks } = withStacks();
  await stacks.create('trivet-operations', sampleTemplate());
  const broken = { ...sampleContent, outputs: ['retire.mood'] };
  const { status, reason } = await stacks.update('trivet-operations', sampleTemplate({}, broken));
  expect([status, reason]).toEqual([
    'UPDATE_ROLLBACK_COMPLETE',
    'Runbook: The output "retire.mood" refers to retire.mood, which is no output of aws:executeStateMachine.',
  ]);
  const { Document } = await ssm.describeDocument({ Name: 'trivet-retire-cluster' });
  expect(Document?.LatestVersion).toBe('1');
});

test('to replace a document that has a name of its own is refused, as on AWS; without one it gets a new name', async () => {
  const { stacks } = withStacks();
  const replace = { UpdateMethod: 'Replace' };
  const other = { ...sampleContent, description: 'Retires.' };
  await stacks.create('trivet-named', sampleTemplate(replace));
  expect((await stacks.update('trivet-named', sampleTemplate(replace, other))).reason).toBe(
    'Runbook: Document with same name trivet-retire-cluster already exists',
  );
  const document = (description: string) => ({
    Resources: {
      Runbook: {
        Type: 'AWS::SSM::Document',
        Properties: {
          DocumentType: 'Automation',
          DocumentFormat: 'YAML',
          Content: { schemaVersion: '0.3', description, mainSteps: [nap('wait', { isEnd: 'true' })] },
        },
      },
    },
    Outputs: { Name: { Value: { Ref: 'Runbook' } } },
  });
  const { Name: first = '' } = (await stacks.create('trivet-unnamed', document('one'))).outputs;
  const { Name: second = '' } = (await stacks.update('trivet-unnamed', document('two'))).outputs;
  expect(first).toMatch(/^trivet-unnamed-Runbook-[A-Z0-9]{12}$/);
  expect(second).not.toBe(first);
});

test('a deleted stack takes its document, gone or not', async () => {
  const { ssm, stacks } = withStacks();
  await stacks.create('trivet-operations', sampleTemplate());
  await ssm.deleteDocument({ Name: 'trivet-retire-cluster' });
  expect((await stacks.remove('trivet-operations')).status).toBe('DELETE_COMPLETE');
  await stacks.create('trivet-operations', sampleTemplate());
  expect((await stacks.remove('trivet-operations')).status).toBe('DELETE_COMPLETE');
  expect((await ssm.listDocuments({})).DocumentIdentifiers).toEqual([]);
});

test.each<[what: string, document: object, reason: RegExp]>([
  [
    'a runbook that the region does not play',
    { Content: { ...sampleContent, variables: {} } },
    /does not play the section variables of Automation documents/,
  ],
  ['a document of another type', { DocumentType: 'Command' }, /does not play SSM documents of type Command/],
  ['a property that nothing honours', { TargetType: '/AWS::EC2::Instance' }, /TargetType is not honoured/],
])('%s fails the deployment', async (_, document, reason) => {
  const { stacks } = withStacks();
  const answer = await stacks.create('trivet-operations', sampleTemplate(document));
  expect(answer.status).toBe('ROLLBACK_COMPLETE');
  expect(answer.reason).toMatch(reason);
});
