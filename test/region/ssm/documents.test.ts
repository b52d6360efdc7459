import { expect, test } from 'vitest';
import { automationRegion, nap, refusal } from './automation-region.ts';
import { documentRefusals } from './document-refusals.ts';

test('a document is stored, described and given back', async () => {
  const { ssm, store } = automationRegion();
  await store({
    description: 'Waits a second.',
    parameters: {
      ClusterName: { type: 'String', description: 'Which cluster', allowedPattern: '^[a-z]+$' },
      Approvers: { type: 'StringList', default: ['alice', 'bob'] },
    },
    mainSteps: [nap('wait')],
  });
  const { Document } = await ssm.describeDocument({ Name: 'runbook' });
  expect(Document).toMatchObject({
    Name: 'runbook',
    Owner: '123456789012',
    Status: 'Active',
    DocumentVersion: '1',
    LatestVersion: '1',
    DefaultVersion: '1',
    Description: 'Waits a second.',
    DocumentType: 'Automation',
    DocumentFormat: 'JSON',
    SchemaVersion: '0.3',
    HashType: 'Sha256',
    Parameters: [
      { Name: 'ClusterName', Type: 'String', Description: 'Which cluster' },
      { Name: 'Approvers', Type: 'StringList', DefaultValue: '["alice","bob"]' },
    ],
  });
  const { Content = '' } = await ssm.getDocument({ Name: 'runbook' });
  expect(JSON.parse(Content)).toMatchObject({ schemaVersion: '0.3', mainSteps: [{ name: 'wait' }] });
});

test('a document in YAML is taken, and given in either format', async () => {
  const { ssm } = automationRegion();
  const Content = [
    "schemaVersion: '0.3'",
    'mainSteps:',
    '  - name: wait',
    '    action: aws:sleep',
    '    inputs: { Duration: PT1S }',
    '',
  ].join('\n');
  await ssm.createDocument({ Name: 'runbook', DocumentType: 'Automation', DocumentFormat: 'YAML', Content });
  expect((await ssm.getDocument({ Name: 'runbook', DocumentFormat: 'YAML' })).Content).toBe(Content);
  expect(JSON.parse((await ssm.getDocument({ Name: 'runbook' })).Content ?? '')).toEqual({
    schemaVersion: '0.3',
    mainSteps: [{ name: 'wait', action: 'aws:sleep', inputs: { Duration: 'PT1S' } }],
  });
});

test('a new version is run once it is the default, and asked for by number before', async () => {
  const { ssm, store } = automationRegion();
  await store({ mainSteps: [nap('first')] });
  const second = JSON.stringify({ schemaVersion: '0.3', mainSteps: [nap('second')] });
  await ssm.updateDocument({ Name: 'runbook', Content: second, DocumentVersion: '$LATEST' });
  const names = async (DocumentVersion?: string): Promise<unknown> => {
    const { AutomationExecutionId } = await ssm.startAutomationExecution({
      DocumentName: 'runbook',
      ...(DocumentVersion && { DocumentVersion }),
    });
    const { AutomationExecution } = await ssm.getAutomationExecution({ AutomationExecutionId });
    return [AutomationExecution?.DocumentVersion, AutomationExecution?.StepExecutions?.[0]?.StepName];
  };
  expect(await names()).toEqual(['1', 'first']);
  expect(await names('2')).toEqual(['2', 'second']);
  expect(await names('$LATEST')).toEqual(['2', 'second']);
  expect(await refusal(ssm.updateDocument({ Name: 'runbook', Content: second }))).toBe(
    'DuplicateDocumentContent: The content of the association document matches another document. Change the content of the document and try again.',
  );
  await ssm.updateDocumentDefaultVersion({ Name: 'runbook', DocumentVersion: '2' });
  expect(await names()).toEqual(['2', 'second']);
});

test('documents are listed by name, kind, owner and tag, page by page, and are gone when deleted', async () => {
  const { ssm, store } = automationRegion();
  for (const name of ['trivet-a', 'trivet-b', 'other']) await store({ mainSteps: [nap('wait')] }, name);
  const list = async (...Filters: { Key: string; Values: string[] }[]) =>
    (await ssm.listDocuments({ Filters })).DocumentIdentifiers?.map(({ Name }) => Name);
  expect(await list()).toEqual(['other', 'trivet-a', 'trivet-b']);
  expect(await list({ Key: 'Name', Values: ['trivet-'] })).toEqual(['trivet-a', 'trivet-b']);
  expect(await list({ Key: 'Owner', Values: ['Amazon'] })).toEqual([]);
  expect(
    await list({ Key: 'Owner', Values: ['Self'] }, { Key: 'DocumentType', Values: ['Command'] }),
  ).toEqual([]);
  await ssm.addTagsToResource({
    ResourceType: 'Document',
    ResourceId: 'trivet-b',
    Tags: [{ Key: 'stack', Value: 'operations' }],
  });
  expect(await list({ Key: 'tag:stack', Values: ['operations'] })).toEqual(['trivet-b']);
  const first = await ssm.listDocuments({ MaxResults: 2 });
  expect(first.DocumentIdentifiers).toHaveLength(2);
  const rest = await ssm.listDocuments({ MaxResults: 2, NextToken: first.NextToken });
  expect(rest.DocumentIdentifiers?.map(({ Name }) => Name)).toEqual(['trivet-b']);
  await ssm.deleteDocument({ Name: 'other' });
  expect(await list()).toEqual(['trivet-a', 'trivet-b']);
  expect(await refusal(ssm.getDocument({ Name: 'other' }))).toBe(
    'InvalidDocument: Document with name other does not exist.',
  );
});

test.each(documentRefusals)('a document with %s is refused', async (_, content, answer) => {
  const { store } = automationRegion({ ec2: { describeInstances: () => ({ Reservations: [] }) } });
  expect(await refusal(store(content))).toBe(answer);
});

test.each([
  ['a name that is too short', { Name: 'ab' }, 'ValidationException'],
  ["AWS's own name", { Name: 'AWS-Restart' }, 'ValidationException'],
  ['another type', { DocumentType: 'Command' as const }, 'NotImplementedByEmbeddedRegion'],
  ['no JSON', { Content: 'schemaVersion: 0.3' }, 'InvalidDocumentContent'],
  ['too much', { Content: JSON.stringify({ description: 'x'.repeat(65_536) }) }, 'MaxDocumentSizeExceeded'],
  [
    'attachments',
    { Attachments: [{ Key: 'SourceUrl' as const, Values: ['s3://b'] }] },
    'NotImplementedByEmbeddedRegion',
  ],
])('a request to store %s is refused', async (_, more, code) => {
  const { ssm } = automationRegion();
  const Content = JSON.stringify({ schemaVersion: '0.3', mainSteps: [nap('wait')] });
  const request = { Name: 'runbook', DocumentType: 'Automation' as const, Content, ...more };
  await expect(ssm.createDocument(request)).rejects.toMatchObject({ name: code });
});
