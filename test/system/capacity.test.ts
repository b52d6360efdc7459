import { afterAll, beforeAll, expect, test } from 'vitest';
import { provision } from '../../cli/commands/provision.ts';
import { readStatus } from '../../cli/commands/status.ts';
import { readSpecFile } from '../../cli/spec-file.ts';
import { loseSlot } from '../../cli/start/heal.ts';
import type { Ec2Service } from '../../region/services/ec2/index.ts';
import { type DeployedRegion, deployRegion } from '../support/deployed-region.ts';
import { eventually } from '../support/eventually.ts';

/** t4g.medium, m7g.medium, m6g.medium */
const spec = readSpecFile('examples/ha.yaml');
const output = { json: true, say: () => {}, result: () => {} };
const signal = new AbortController().signal;

let deployed: DeployedRegion;
beforeAll(async () => {
  deployed = await deployRegion();
});
afterAll(() => deployed?.stop());

/** The instance type has no capacity in the zone, until the returned function is called. */
function withdraw(zone: string, instanceType: string): () => void {
  const ec2 = deployed.region.kernel.service('ec2') as Ec2Service;
  return ec2.faults.insufficientCapacity({ zone, instanceType });
}

/** Slot → type of its instance. */
async function typesBySlot(): Promise<Record<string, string | undefined>> {
  const { members } = await readStatus(deployed.target, spec.name);
  const ids = members.flatMap(({ instanceId }) => instanceId ?? []);
  const { Reservations = [] } = await deployed.target.ec2.describeInstances({ InstanceIds: ids });
  const instances = Reservations.flatMap(({ Instances = [] }) => Instances);
  const typeOf = (id: string | undefined) =>
    instances.find(({ InstanceId }) => InstanceId === id)?.InstanceType;
  return Object.fromEntries(members.map(({ slot, instanceId }) => [slot, typeOf(instanceId)]));
}

const versions = async (slot: string) => {
  const LaunchTemplateName = `trivet-${spec.name}-slot-${slot}`;
  const found = await deployed.target.ec2.describeLaunchTemplateVersions({ LaunchTemplateName });
  return (found.LaunchTemplateVersions ?? []).map(({ LaunchTemplateData }) => LaunchTemplateData);
};

const stateOf = async (alarm: string) => {
  const { MetricAlarms = [] } = await deployed.target.cloudwatch.describeAlarms({ AlarmNames: [alarm] });
  return MetricAlarms[0]?.StateValue;
};

const lose = (slot: string) =>
  loseSlot(deployed.target, {
    cluster: spec.name,
    slot,
    say: () => {},
    signal,
    attachMilliseconds: 50,
    timeoutSeconds: 60,
  });

test('a cluster is provisioned on the next instance type where the first has no capacity', {
  timeout: 120_000,
}, async () => {
  const restore = withdraw('us-east-1b', 't4g.medium');
  expect(await provision(deployed.target, spec, output)).toMatchObject({ status: 'SUCCEEDED' });
  restore();
  expect(await typesBySlot()).toEqual({ a: 't4g.medium', b: 'm7g.medium', c: 't4g.medium' });
});

test('its slot then is as the spec says: provisioning again changes nothing', async () => {
  const outcome = await provision(deployed.target, spec, output);
  expect(outcome).toMatchObject({ status: 'SUCCEEDED', output: { action: 'unchanged' } });
  expect(await versions('b')).toHaveLength(2);
});

test('a lost node comes back as the same member on the type after the next, when that fails too', async () => {
  const restore = [withdraw('us-east-1c', 't4g.medium'), withdraw('us-east-1c', 'm7g.medium')];
  const { heal } = await lose('c');
  for (const give of restore) give();
  expect(heal).toMatchObject({ slot: 'c', sameMemberId: true, membershipCalls: 0, lostWrites: 0 });
  expect(await typesBySlot()).toMatchObject({ c: 'm6g.medium' });
  const [last, ...earlier] = await versions('c');
  expect(earlier).toHaveLength(2);
  for (const one of earlier) expect({ ...one, InstanceType: 'm6g.medium' }).toEqual(last);
});

test('a slot without any capacity alarms after one round of its types, and comes back when there is some', {
  timeout: 360_000,
}, async () => {
  const unattended = () => stateOf('trivet-slot-unattended');
  // On a slow machine the launches before may have taken so long that they alarmed as well.
  await eventually(async () => (await unattended()) !== 'ALARM', { timeoutMs: 180_000 });
  const restore = spec.controlPlane.instanceTypes.map((type) => withdraw('us-east-1a', type));
  const lost = lose('a');
  await eventually(async () => (await unattended()) === 'ALARM', { timeoutMs: 60_000 });
  const tried = (await versions('a')).map((data) => data?.InstanceType);
  expect(tried).toEqual(['m6g.medium', 'm7g.medium', 't4g.medium']);
  for (const give of restore) give();
  const { heal } = await lost;
  expect(heal).toMatchObject({ slot: 'a', sameMemberId: true, membershipCalls: 0, lostWrites: 0 });
});
