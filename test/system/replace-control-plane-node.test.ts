import { randomUUID } from 'node:crypto';
import { AutoScaling } from '@aws-sdk/client-auto-scaling';
import type { HistoryEvent } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { provision } from '../../cli/commands/provision.ts';
import { type MemberStatus, readStatus } from '../../cli/commands/status.ts';
import { eventsAfter } from '../../cli/history.ts';
import { awaitKubernetes } from '../../cli/kubernetes.ts';
import { readSpecFile } from '../../cli/spec-file.ts';
import { countMembershipCalls } from '../../cli/start/membership-calls.ts';
import { startWriter } from '../../cli/start/writer.ts';
import { makeObjects } from '../../functions/aws/objects.ts';
import { readClientCertificates } from '../../functions/etcd/observe-etcd.ts';
import type { Ec2Service } from '../../region/services/ec2/index.ts';
import { type DeployedRegion, deployRegion } from '../support/deployed-region.ts';
import { eventually } from '../support/eventually.ts';

const spec = readSpecFile('examples/ha.yaml');
const single = readSpecFile('examples/single.yaml');
const output = { json: true, say: () => {}, result: () => {} };
const signal = new AbortController().signal;

let deployed: DeployedRegion;
let scaling: AutoScaling;
beforeAll(async () => {
  deployed = await deployRegion();
  scaling = new AutoScaling({ region: 'us-east-1' });
  expect(await provision(deployed.target, spec, output)).toMatchObject({ status: 'SUCCEEDED' });
}, 240_000);
afterAll(() => deployed?.stop());

/** Every slot well, by what the servers say themselves. */
const well = () =>
  eventually(
    async () => {
      const waiting = { signal, timeoutSeconds: 60, workers: 0 };
      const kubernetes = await awaitKubernetes(deployed.target, spec.name, waiting);
      const { members } = await readStatus(deployed.target, spec.name);
      const healthy = members.length === 3 && members.every((member) => member.healthy);
      return kubernetes?.ready && healthy ? members : undefined;
    },
    { timeoutMs: 120_000, intervalMs: 200, what: 'three healthy slots' },
  );

const memberOf = (members: readonly MemberStatus[], slot: string) => {
  const member = members.find((one) => one.slot === slot);
  if (!member?.instanceId) throw new Error(`slot ${slot} is not there`);
  return { ...member, instanceId: member.instanceId };
};

async function start(input: object): Promise<string> {
  const { states, stateMachineArn } = deployed.target;
  const { executionArn = '' } = await states.startExecution({
    stateMachineArn: stateMachineArn('replace-control-plane-node'),
    name: randomUUID(),
    input: JSON.stringify({ cluster: spec.name, ...input }),
  });
  return executionArn;
}

const ended = (executionArn: string) =>
  eventually(
    async () => {
      const execution = await deployed.target.states.describeExecution({ executionArn });
      return execution.status === 'RUNNING' ? undefined : execution;
    },
    { timeoutMs: 120_000, intervalMs: 100, what: 'the end of the execution' },
  );

const history = (executionArn: string): Promise<HistoryEvent[]> =>
  eventsAfter(deployed.target.states, executionArn, 0);

/** Tasks that change something, in the order in which they were entered. */
async function effectsOf(executionArn: string): Promise<string[]> {
  const reading = /^(Observe|Judge) replacement$/;
  return (await history(executionArn)).flatMap(({ type, stateEnteredEventDetails }) => {
    const name = stateEnteredEventDetails?.name ?? '';
    return type === 'TaskStateEntered' && !reading.test(name) ? [name] : [];
  });
}

const suspendedOf = async (slot: string) => {
  const AutoScalingGroupNames = [`trivet-${spec.name}-slot-${slot}`];
  const { AutoScalingGroups } = await scaling.describeAutoScalingGroups({ AutoScalingGroupNames });
  return AutoScalingGroups?.[0]?.SuspendedProcesses?.map(({ ProcessName }) => ProcessName);
};

/** Changes of slots' groups that were asked for since `from` calls. */
const groupChanges = (from: number) =>
  deployed.calls
    .slice(from)
    .filter(({ operation }) =>
      /^(suspendProcesses|resumeProcesses|terminateInstanceInAutoScalingGroup|setInstanceHealth)$/.test(
        operation,
      ),
    )
    .map(({ operation, input }) => `${operation} ${JSON.stringify(input)}`);

describe('a control-plane node that is replaced on purpose', () => {
  test('hands leadership over first, and is back as the same member while a client writes', {
    timeout: 180_000,
  }, async () => {
    const before = await well();
    const leader = memberOf(before, before.find((member) => member.leader)?.slot ?? '');
    const addresses = before.map(({ address }) => address);
    const certificates = await readClientCertificates(makeObjects(deployed.target.config), spec.name);
    const served = await countMembershipCalls(addresses, certificates);
    const writer = startWriter(addresses, certificates, '/trivet/test/planned/');

    const executionArn = await start({ slot: leader.slot, reason: 'a test' });
    const { status, output: said = '{}' } = await ended(executionArn);
    const { acknowledged } = await writer.stop();
    expect(status).toBe('SUCCEEDED');
    expect(JSON.parse(said)).toMatchObject({ outcome: 'finish', target: { instanceId: leader.instanceId } });

    expect(await effectsOf(executionArn)).toEqual([
      'Acquire lease',
      'Acquire lease',
      'Suspend launch',
      'Move leader',
      'Terminate node',
      'Release lease',
      'Resume launch',
      'Release lease',
    ]);
    const moved = (await history(executionArn)).find(
      ({ stateExitedEventDetails }) => stateExitedEventDetails?.name === 'Move leader',
    );
    expect(JSON.parse(moved?.stateExitedEventDetails?.output ?? '{}')).toMatchObject({ moved: true });

    const after = await well();
    const back = memberOf(after, leader.slot);
    expect(back).toMatchObject({ memberId: leader.memberId, voter: true, healthy: true });
    expect(back.instanceId).not.toBe(leader.instanceId);
    expect(after.find((member) => member.leader)?.slot).not.toBe(leader.slot);
    expect(await suspendedOf(leader.slot)).toEqual([]);
    const now = await countMembershipCalls(addresses, certificates);
    const calls = addresses.map((address) =>
      address === leader.address ? now.get(address) : (now.get(address) ?? 0) - (served.get(address) ?? 0),
    );
    expect(calls).toEqual([0, 0, 0]);
    expect(acknowledged).toBeGreaterThan(0);
    expect(await writer.missing()).toEqual([]);
  });

  test('is not touched while another slot is down, and the refusal names that slot', {
    timeout: 180_000,
  }, async () => {
    const before = await well();
    const down = memberOf(before, 'c');
    const ec2 = deployed.region.kernel.service('ec2') as Ec2Service;
    const release = ec2.faults.holdShutdown(down.instanceId);
    try {
      await deployed.target.ec2.terminateInstances({ InstanceIds: [down.instanceId] });
      await eventually(
        async () => {
          const { members } = await readStatus(deployed.target, spec.name);
          return memberOf(members, 'c').healthy === false;
        },
        { timeoutMs: 30_000, what: 'a member that does not answer' },
      );
      const from = deployed.calls.length;
      const { status, error, cause } = await ended(await start({ slot: 'a' }));
      expect([status, error]).toEqual(['FAILED', 'ReplacementRefused']);
      expect(cause).toMatch(/slot c|other slots are not ready: c/);
      expect(groupChanges(from).filter((change) => change.includes('-slot-a'))).toEqual([]);
      const { lastFailure } = await readStatus(deployed.target, spec.name);
      expect(lastFailure).toContain('replace-control-plane-node of demo failed at "Judge replacement"');
    } finally {
      release();
    }
    const after = await well();
    expect(memberOf(after, 'a').instanceId).toBe(memberOf(before, 'a').instanceId);
    expect(memberOf(after, 'c').memberId).toBe(down.memberId);
  });

  test('comes back by the sweep where the execution is stopped half-way, with Launch no longer suspended', {
    timeout: 240_000,
  }, async () => {
    const before = memberOf(await well(), 'b');
    const executionArn = await start({ slot: 'b' });
    await eventually(async () => (await effectsOf(executionArn)).includes('Terminate node'), {
      timeoutMs: 60_000,
      intervalMs: 10,
      what: 'its termination',
    });
    await deployed.target.states.stopExecution({ executionArn });
    const after = await eventually(
      async () => {
        const { members } = await readStatus(deployed.target, spec.name);
        const member = members.find(({ slot }) => slot === 'b');
        return member?.healthy && member.instanceId !== before.instanceId ? member : undefined;
      },
      { timeoutMs: 200_000, intervalMs: 200, what: 'a healthy member on another instance' },
    );
    expect(after).toMatchObject({ memberId: before.memberId, voter: true });
    expect(await suspendedOf('b')).toEqual([]);
  });

  test('is replaced before AWS retires its instance, without anybody asking', {
    timeout: 180_000,
  }, async () => {
    const before = memberOf(await well(), 'a');
    const ec2 = deployed.region.kernel.service('ec2') as Ec2Service;
    const cancel = ec2.faults.scheduleChange({
      instanceIds: [before.instanceId],
      code: 'instance-retirement',
      notBefore: new Date(Date.now() + 14 * 86_400_000),
    });
    try {
      const stateMachineArn = deployed.target.stateMachineArn('replace-control-plane-node');
      const execution = await eventually(
        async () => {
          const { executions = [] } = await deployed.target.states.listExecutions({ stateMachineArn });
          return executions.find(({ name }) => name?.startsWith(`${spec.name}-a-${before.instanceId}-`));
        },
        { timeoutMs: 60_000, what: 'an execution for the retired instance' },
      );
      expect(await ended(execution.executionArn ?? '')).toMatchObject({ status: 'SUCCEEDED' });
    } finally {
      cancel();
    }
    const after = memberOf(await well(), 'a');
    expect(after.memberId).toBe(before.memberId);
    expect(after.instanceId).not.toBe(before.instanceId);
  });
});

test('the only slot of a cluster is replaced for one who accepts the downtime, and for nobody else', {
  timeout: 300_000,
}, async () => {
  const { target } = deployed;
  expect(await provision(target, single, output)).toMatchObject({ status: 'SUCCEEDED' });
  const only = async () => (await readStatus(target, single.name)).members[0];
  const before = await only();
  const refused = await ended(await start({ cluster: single.name, slot: 'a' }));
  expect([refused.error, refused.cause]).toEqual([
    'ReplacementRefused',
    'slot a is the only one of single, whose API is away while it is replaced: say acceptDowntime to have it so',
  ]);
  expect((await only())?.instanceId).toBe(before?.instanceId);
  const done = await ended(await start({ cluster: single.name, slot: 'a', acceptDowntime: true }));
  expect(done.status).toBe('SUCCEEDED');
  const after = await only();
  expect(after).toMatchObject({ memberId: before?.memberId, voter: true, healthy: true });
  expect(after?.instanceId).not.toBe(before?.instanceId);
});
