import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { awaitKubernetes } from '../../cli/kubernetes.ts';
import type { Output } from '../../cli/output.ts';
import { approveRunbook, stopRunbook } from '../../cli/runbooks/act.ts';
import { listRunbooks } from '../../cli/runbooks/list.ts';
import { startRunbook } from '../../cli/runbooks/start.ts';
import { invokeTask } from '../../cli/target.ts';
import { makeObjects } from '../../functions/aws/objects.ts';
import { makeRegistry } from '../../functions/aws/registry.ts';
import { type DeployedRegion, deployRegion } from '../support/deployed-region.ts';
import { eventually } from '../support/eventually.ts';

/** One slot and two workers: the smallest that has everything that a runbook is about. */
const spec = `
apiVersion: trivet/v1
name: demo
kubernetesVersion: "1.35.4"
zones: [a]
controlPlane:
  instanceTypes: [t4g.medium]
pools:
  - {name: general, instanceTypes: [m7g.large], zones: [a], min: 2, max: 4}
`;

const run = promisify(execFile);
const awsInstalled = await run('aws', ['--version']).then(
  () => true,
  () => false,
);
if (!awsInstalled) console.log('the aws CLI is not on PATH: the same calls are made by the SDK');

let deployed: DeployedRegion;
beforeAll(async () => {
  deployed = await deployRegion();
}, 120_000);
afterAll(() => deployed?.stop());

type Parameters = Readonly<Record<string, string>>;

/** As a person starts it by the `aws` CLI, or by the SDK where that is not installed; the automation's ID. */
async function startByAws(name: string, parameters: Parameters): Promise<string> {
  const { region, target } = deployed;
  const lists = Object.fromEntries(Object.entries(parameters).map(([key, value]) => [key, [value]]));
  const DocumentName = `trivet-${name}`;
  if (!awsInstalled) {
    const started = await target.ssm.startAutomationExecution({ DocumentName, Parameters: lists });
    return started.AutomationExecutionId ?? '';
  }
  const words = ['ssm', 'start-automation-execution', '--document-name', DocumentName, '--output', 'text'];
  const { stdout } = await run('aws', [...words, '--parameters', JSON.stringify(lists)], {
    env: {
      ...process.env,
      AWS_ENDPOINT_URL: region.endpoint,
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'AKIDTEST',
      AWS_SECRET_ACCESS_KEY: 'not-a-secret',
    },
  });
  return stdout.trim();
}

const automation = async (id: string) =>
  (await deployed.target.ssm.getAutomationExecution({ AutomationExecutionId: id })).AutomationExecution;

/** Its end: the status, why it failed, and what it gives. */
async function endOf(id: string) {
  const ended = await eventually(
    async () => {
      const found = await automation(id);
      const goesOn = ['Pending', 'InProgress', 'Waiting'].includes(
        found?.AutomationExecutionStatus ?? 'Pending',
      );
      return goesOn ? undefined : found;
    },
    { timeoutMs: 240_000, intervalMs: 300, what: `the end of automation ${id}` },
  );
  const text = ended.Outputs?.['Run.output']?.[0];
  return {
    status: ended.AutomationExecutionStatus,
    failure: ended.FailureMessage ?? '',
    // Of a step that failed AWS gives a sentence instead.
    output: text?.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : undefined,
  };
}

/** As a person starts it by `trivet runbook start`. */
async function byTrivet(name: string, parameters: Parameters, approver?: string[]) {
  const said: string[] = [];
  let result: unknown;
  const output: Output = {
    json: true,
    say: (line) => void said.push(line),
    result: (value) => {
      result = value;
    },
  };
  const words = Object.entries(parameters).map(([key, value]) => `${key}=${value}`);
  const request = { name, parameters: words, watch: true, ...(approver && { approver }) };
  const code = await startRunbook(deployed.target, request, output);
  return { code, said: said.join('\n'), result: result as Record<string, unknown> };
}

const workers = async (): Promise<string[]> => {
  const found = await deployed.target.ec2.describeInstances({
    Filters: [
      { Name: 'tag:trivet:pool', Values: ['general'] },
      { Name: 'instance-state-name', Values: ['running'] },
    ],
  });
  return (found.Reservations ?? [])
    .flatMap(({ Instances = [] }) => Instances.map(({ InstanceId = '' }) => InstanceId))
    .sort();
};

describe('a cluster from the console', { timeout: 300_000 }, () => {
  test('provision-cluster refuses a spec that is not there, and makes the cluster of one that is', async () => {
    const refused = await endOf(
      await startByAws('provision-cluster', { Cluster: 'demo', SpecObject: 'specs/demo.yaml' }),
    );
    expect(refused).toMatchObject({ status: 'Failed' });
    expect(refused.failure).toContain(
      "SpecObject: there is no object specs/demo.yaml in the deployment's bucket",
    );
    await makeObjects(deployed.target.config).put('specs/demo.yaml', spec);
    const made = await endOf(
      await startByAws('provision-cluster', { Cluster: 'demo', SpecObject: 'specs/demo.yaml' }),
    );
    expect(made.failure).toBe('');
    expect(made).toMatchObject({ status: 'Success', output: { joined: false } });
    const { signal } = new AbortController();
    expect(
      await awaitKubernetes(deployed.target, 'demo', { signal, timeoutSeconds: 120, workers: 2 }),
    ).toMatchObject({ ready: true });
  });

  test('and once more by trivet, from what is recorded, nothing is to be done', async () => {
    const again = await byTrivet('provision-cluster', { Cluster: 'demo' });
    expect(again).toMatchObject({ code: 0, result: { status: 'Success' } });
  });

  test('replace-slot and kick-slot find a healthy slot well', async () => {
    expect(await endOf(await startByAws('replace-slot', { Cluster: 'demo', Slot: 'a' }))).toMatchObject({
      status: 'Success',
    });
    const kicked = await byTrivet('kick-slot', { Cluster: 'demo', Slot: 'a' });
    expect(kicked).toMatchObject({ code: 0, result: { output: { kicked: false } } });
    expect((await endOf(await startByAws('kick-slot', { Cluster: 'demo', Slot: 'a' }))).output).toMatchObject(
      { kicked: false },
    );
  });

  test('scale-pool gives a pool another worker, by one execution for two people, and takes it away again', async () => {
    const asked = { Cluster: 'demo', Pool: 'general', Size: '3' };
    const [one, two] = await Promise.all([startByAws('scale-pool', asked), byTrivet('scale-pool', asked)]);
    const grown = await endOf(one);
    expect(grown).toMatchObject({ status: 'Success', failure: '' });
    expect(two).toMatchObject({ code: 0, result: { status: 'Success' } });
    expect(two.result.execution).toBe(grown.output?.executionArn);
    expect(await workers()).toHaveLength(3);
    expect(await byTrivet('scale-pool', { ...asked, Size: '2' })).toMatchObject({ code: 0 });
    await eventually(async () => (await workers()).length === 2, { timeoutMs: 120_000, what: 'two workers' });
  });

  test('replace-control-plane-node leaves a cluster of one slot alone, unless its downtime is accepted', async () => {
    const asked = { Cluster: 'demo', Slot: 'a' };
    const refused = await byTrivet('replace-control-plane-node', asked);
    expect(refused.code).toBe(1);
    const replaced = await endOf(
      await startByAws('replace-control-plane-node', { ...asked, AcceptDowntime: 'true' }),
    );
    expect(replaced.failure).toBe('');
    expect(replaced).toMatchObject({ status: 'Success' });
  });

  test('repair-worker leaves a worker that is well', async () => {
    const [InstanceId = ''] = await workers();
    expect(await byTrivet('repair-worker', { Cluster: 'demo', InstanceId })).toMatchObject({ code: 0 });
    expect(
      await endOf(await startByAws('repair-worker', { Cluster: 'demo', InstanceId, Reason: 'once more' })),
    ).toMatchObject({ status: 'Success' });
    expect(await workers()).toContain(InstanceId);
  });

  test('drain-worker has its worker replaced where a person says so', async () => {
    const [first = '', second = ''] = await workers();
    const asked = { Cluster: 'demo', Afterwards: 'terminate' };
    const drained = await endOf(await startByAws('drain-worker', { ...asked, InstanceId: first }));
    expect(drained).toMatchObject({ status: 'Success', output: { joined: false } });
    expect(await byTrivet('drain-worker', { ...asked, InstanceId: second })).toMatchObject({ code: 0 });
    await eventually(
      async () => {
        const now = await workers();
        return now.length === 2 && !now.includes(first) && !now.includes(second);
      },
      { timeoutMs: 120_000, what: 'others in their place' },
    );
  });

  test('a paused cluster is left alone and says so, and is taken up when it is resumed', async () => {
    const paused = await endOf(
      await startByAws('pause-automation', { Cluster: 'demo', Minutes: '30', Reason: 'a migration' }),
    );
    expect(paused.output?.reason).toMatch(/^demo is paused until 20/);
    const refused = await byTrivet('kick-slot', { Cluster: 'demo', Slot: 'a' });
    expect(refused.code).toBe(1);
    expect(refused.result.cause).toMatch(
      /^demo is paused until .*: a migration\. Run resume-automation first/,
    );
    const [InstanceId = ''] = await workers();
    await deployed.target.ec2.terminateInstances({ InstanceIds: [InstanceId] });
    const held = await eventually(
      async () => {
        const swept = await invokeTask<{ findings: { action: string; reason: string }[] }>(
          deployed.target,
          'sweep',
          {},
        );
        return swept.findings.find(({ reason }) => reason.includes('start-join'));
      },
      { timeoutMs: 120_000, intervalMs: 500, what: 'a worker that nobody lets join' },
    );
    expect(held).toMatchObject({ action: 'wait' });
    expect(held.reason).toMatch(/^demo is paused until .*: a migration; without that: start-join, /);
    expect(await byTrivet('resume-automation', { Cluster: 'demo' })).toMatchObject({
      code: 0,
      result: { output: { resumed: true } },
    });
    expect((await makeRegistry(deployed.target.config).getCluster('demo'))?.pause).toBeUndefined();
    await eventually(async () => (await workers()).length === 2, {
      timeoutMs: 120_000,
      what: 'the worker that joins',
    });
    expect((await endOf(await startByAws('resume-automation', { Cluster: 'demo' }))).output).toMatchObject({
      resumed: false,
    });
    expect(
      await byTrivet('pause-automation', { Cluster: 'demo', Reason: 'short', Minutes: '1' }),
    ).toMatchObject({ code: 0 });
    expect(await byTrivet('resume-automation', { Cluster: 'demo' })).toMatchObject({ code: 0 });
  });
});

describe('bad input', { timeout: 60_000 }, () => {
  const worker = { Cluster: 'demo', InstanceId: 'i-0000000000000000a' };
  test.each<[string, Parameters, string]>([
    ['provision-cluster', { Cluster: 'Demo' }, 'Cluster'],
    ['replace-slot', { Cluster: 'demo', Slot: 'z' }, 'Slot'],
    ['drain-worker', { ...worker, Afterwards: 'explode' }, 'Afterwards'],
    ['repair-worker', { Cluster: 'demo' }, 'InstanceId'],
    ['replace-control-plane-node', { Cluster: 'demo', Slot: 'a', AcceptDowntime: 'yes' }, 'AcceptDowntime'],
    ['scale-pool', { Cluster: 'demo', Pool: 'general', Size: 'many' }, 'Size'],
    ['retire-cluster', { Cluster: 'demo', Confirm: 'demo', Volumes: 'burn' }, 'Volumes'],
    ['kick-slot', { Cluster: 'demo', Slot: 'a', Colour: 'red' }, 'Colour'],
    ['pause-automation', { Cluster: 'demo', Reason: 'so"' }, 'Reason'],
    ['resume-automation', { Cluster: '' }, 'Cluster'],
  ])(
    '%s with %j is refused before anything starts, naming the parameter',
    async (name, parameters, parameter) => {
      const executions = () =>
        deployed.target.states.listExecutions({
          stateMachineArn: deployed.target.stateMachineArn('run-runbook'),
        });
      const before = (await executions()).executions?.length;
      await expect(startByAws(name, parameters)).rejects.toThrow(parameter);
      await expect(byTrivet(name, parameters)).rejects.toThrow(
        new RegExp(`${parameter}: .*trivet runbook show ${name}`),
      );
      expect((await executions()).executions?.length).toBe(before);
    },
  );

  test.each<[string, Parameters]>([
    ['replace-slot', { Cluster: 'nowhere', Slot: 'a' }],
    ['drain-worker', { ...worker, Cluster: 'nowhere' }],
    ['repair-worker', { ...worker, Cluster: 'nowhere' }],
    ['replace-control-plane-node', { Cluster: 'nowhere', Slot: 'a' }],
    ['scale-pool', { Cluster: 'nowhere', Pool: 'general', Size: '1' }],
    ['kick-slot', { Cluster: 'nowhere', Slot: 'a' }],
    ['pause-automation', { Cluster: 'nowhere', Reason: 'x' }],
    ['resume-automation', { Cluster: 'nowhere' }],
  ])('%s says so of a cluster that nobody knows', async (name, parameters) => {
    expect((await endOf(await startByAws(name, parameters))).failure).toContain(
      'Cluster: there is no cluster nowhere; there are: demo',
    );
  });

  test('what is not there is said so', async () => {
    const { target } = deployed;
    const silent: Output = { json: true, say: () => {}, result: () => {} };
    await expect(startRunbook(target, { name: 'heal', parameters: [], watch: true }, silent)).rejects.toThrow(
      'there is no runbook heal; there are: provision-cluster,',
    );
    await expect(
      startRunbook(target, { name: 'kick-slot', parameters: ['demo'], watch: true }, silent),
    ).rejects.toThrow('demo: write parameters as Name=value.');
    const nobody = '11111111-2222-3333-4444-555555555555';
    await expect(stopRunbook(target, nobody, silent)).rejects.toThrow(
      `there is no automation ${nobody} of Trivet`,
    );
    const [first] = (await target.ssm.describeAutomationExecutions({})).AutomationExecutionMetadataList ?? [];
    const id = first?.AutomationExecutionId ?? '';
    await expect(approveRunbook(target, id, {}, silent)).rejects.toThrow('waits for no approval');
  });
});

describe('the end of a cluster', { timeout: 300_000 }, () => {
  /** As `aws sts get-caller-identity` names whoever calls the region. */
  const approver = () => deployed.target.callerArn;
  const asked = { Cluster: 'demo', Confirm: 'demo' };

  test('retire-cluster is refused where the name is not typed again, and does nothing where it is rejected', async () => {
    const silent: Output = { json: true, say: () => {}, result: () => {} };
    const wrong = await startByAws('retire-cluster', { ...asked, Confirm: 'other', Approvers: approver() });
    await waitsForApproval(wrong);
    await approveRunbook(deployed.target, wrong, {}, silent);
    expect((await endOf(wrong)).failure).toContain('Confirm: ');
    const rejected = await startByAws('retire-cluster', { ...asked, Approvers: approver() });
    await waitsForApproval(rejected);
    await approveRunbook(deployed.target, rejected, { reject: true, comment: 'not yet' }, silent);
    expect((await endOf(rejected)).status).not.toBe('Success');
    expect(await makeRegistry(deployed.target.config).getCluster('demo')).toMatchObject({ phase: 'serving' });
  });

  test('one that waits for its approval is stopped, and nothing is gone', async () => {
    const id = await startByAws('retire-cluster', { ...asked, Approvers: approver() });
    await waitsForApproval(id);
    const said: string[] = [];
    await stopRunbook(deployed.target, id, {
      json: true,
      say: (line) => void said.push(line),
      result: () => {},
    });
    expect(said.join(' ')).toContain('stopped');
    expect((await endOf(id)).status).toBe('Cancelled');
    expect(await makeRegistry(deployed.target.config).getCluster('demo')).toMatchObject({ phase: 'serving' });
  });

  test('once it is approved, nothing is left', async () => {
    const silent: Output = { json: true, say: () => {}, result: () => {} };
    const running = byTrivet('retire-cluster', asked);
    const id = await eventually(
      async () => {
        const { AutomationExecutionMetadataList: found = [] } =
          await deployed.target.ssm.describeAutomationExecutions({});
        return found.find(({ AutomationExecutionStatus: status }) => status === 'Waiting')
          ?.AutomationExecutionId;
      },
      { timeoutMs: 30_000, what: 'an automation that waits' },
    );
    await approveRunbook(deployed.target, id, {}, silent);
    expect(await running).toMatchObject({ code: 0, result: { status: 'Success' } });
    expect(await makeRegistry(deployed.target.config).listClusters()).toEqual([]);
    expect(await workers()).toEqual([]);
  });
});

/** Until the first step waits for somebody. */
async function waitsForApproval(id: string): Promise<void> {
  await eventually(async () => (await automation(id))?.AutomationExecutionStatus === 'Waiting', {
    timeoutMs: 30_000,
    what: 'an approval that is waited for',
  });
}

test('list shows what there is and what was started', async () => {
  let result: unknown;
  await listRunbooks(deployed.target, {
    json: true,
    say: () => {},
    result: (value) => {
      result = value;
    },
  });
  expect((result as { runbooks: { name: string }[] }).runbooks.map(({ name }) => name)).toEqual([
    'provision-cluster',
    'replace-slot',
    'replace-control-plane-node',
    'scale-pool',
    'drain-worker',
    'repair-worker',
    'kick-slot',
    'pause-automation',
    'resume-automation',
    'retire-cluster',
  ]);
  expect((result as { automations: unknown[] }).automations).toHaveLength(10);
});
