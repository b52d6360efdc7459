import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { GetAutomationExecutionResult } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKernel } from '../../../region/kernel/create-kernel.ts';
import type { Service } from '../../../region/kernel/kernel.ts';
import { createServer, type RegionServer } from '../../../region/server.ts';
import { createIam } from '../../../region/services/iam/index.ts';
import { createSsm } from '../../../region/services/ssm/index.ts';
import { createStepfunctions } from '../../../region/services/stepfunctions/index.ts';
import { eventually } from '../../support/eventually.ts';
import { stackTester } from '../deploy/support/stacks.ts';
import { sampleRegistry, sampleTemplate } from './sample-runbook.ts';

const run = promisify(execFile);

const installed = await run('aws', ['--version']).then(
  () => true,
  () => false,
);
if (!installed) console.log('skipped: the aws CLI is not on PATH (any version 1.36 or later will do)');

/** The command is slow to start where others use the machine. */
const timeout = 120_000;

describe.skipIf(!installed)('the aws CLI runs a deployed runbook', { timeout }, () => {
  const kernel = createKernel({ stateDir: 'unused' });
  const services: Service[] = [createIam(kernel), createStepfunctions(kernel), createSsm(kernel)];
  let server: RegionServer;
  let endpoint = '';

  beforeAll(async () => {
    for (const service of services) kernel.register(service);
    kernel.register({ id: 'dynamodb', operations: sampleRegistry });
    server = createServer(kernel);
    endpoint = await server.listen(0);
    await stackTester(kernel).create('trivet-operations', sampleTemplate());
  });

  afterAll(async () => {
    for (const service of services.toReversed()) await service.stop?.();
    await server.close();
    kernel.clock.stop();
  });

  const aws = (...words: string[]) =>
    run('aws', ['ssm', ...words, '--output', 'text'], {
      env: {
        ...process.env,
        AWS_ENDPOINT_URL: endpoint,
        AWS_DEFAULT_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'AKIDTEST',
        AWS_SECRET_ACCESS_KEY: 'not-a-secret',
        AWS_CONFIG_FILE: join('/', 'nonexistent'),
        AWS_SHARED_CREDENTIALS_FILE: join('/', 'nonexistent'),
        AWS_PAGER: '',
      },
    });
  const text = async (...words: string[]): Promise<string> => (await aws(...words)).stdout.trim();
  const failure = (...words: string[]): Promise<string> =>
    aws(...words).then(
      ({ stdout }) => `no failure: ${stdout}`,
      (error: { stderr: string }) => error.stderr.trim(),
    );
  const start = ['start-automation-execution', '--document-name', 'trivet-retire-cluster', '--parameters'];
  /** Waits for a status; not by the command, which takes a second each time. */
  const reach = (AutomationExecutionId: string, status: string): Promise<unknown> =>
    eventually(async () => {
      const { AutomationExecution } = await kernel.invoke<GetAutomationExecutionResult>(
        'ssm',
        'getAutomationExecution',
        { AutomationExecutionId },
      );
      return AutomationExecution?.AutomationExecutionStatus === status;
    });

  test('with what it asks for, through the approval, to its result', async () => {
    const given = 'ClusterName=demo,ClusterNameAgain=demo,Approvers=administrator,alice';
    const id = await text(...start, given);
    await reach(id, 'Waiting');
    const signal = ['send-automation-signal', '--automation-execution-id', id, '--signal-type'];
    await text(...signal, 'Approve', '--payload', 'Comment=looks good');
    await reach(id, 'Success');
    const shown = ['get-automation-execution', '--automation-execution-id', id, '--query'];
    expect(await text(...shown, 'AutomationExecution.Outputs."retire.output"[0]')).toBe('{"retired":"demo"}');
    expect(await failure(...signal, 'Approve')).toContain(
      `An error occurred (InvalidAutomationSignalException) when calling the SendAutomationSignal operation: Approve is not valid for the automation ${id}, which has ended as Success.`,
    );
  });

  test('and is told which parameter is wrong before anything runs', async () => {
    const answer = await failure(
      ...start,
      'ClusterName=demo,ClusterNameAgain=demo,Approvers=alice,Volumes=lose',
    );
    expect(answer).toContain(
      'An error occurred (InvalidAutomationExecutionParametersException) when calling the StartAutomationExecution operation: Parameter "Volumes" has value "lose" not found in [keep, delete].',
    );
    expect(
      await text('describe-automation-executions', '--filters', 'Key=ExecutionStatus,Values=Failed'),
    ).toBe('');
  });

  test('and stops it while it waits', async () => {
    const id = await text(
      ...start,
      '{"ClusterName":["demo"],"ClusterNameAgain":["demo"],"Approvers":["alice"]}',
    );
    await reach(id, 'Waiting');
    await text('stop-automation-execution', '--automation-execution-id', id);
    await reach(id, 'Cancelled');
    const steps = ['describe-automation-step-executions', '--automation-execution-id', id];
    expect(await text(...steps, '--query', 'StepExecutions[-1].[StepName,StepStatus]')).toBe(
      'approve\tCancelled',
    );
  });

  test('and reads what it is for', async () => {
    const list = [
      'list-documents',
      '--filters',
      'Key=Owner,Values=Self',
      'Key=DocumentType,Values=Automation',
    ];
    expect(await text(...list, '--query', 'DocumentIdentifiers[].Name')).toBe('trivet-retire-cluster');
    const shown = ['describe-document', '--name', 'trivet-retire-cluster', '--query'];
    expect(await text(...shown, 'Document.Parameters[?!DefaultValue].Name')).toBe(
      'ClusterName\tClusterNameAgain\tApprovers',
    );
  });
});
