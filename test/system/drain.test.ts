import { AutoScaling } from '@aws-sdk/client-auto-scaling';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSpecFile } from '../../cli/spec-file.ts';
import type { KubernetesClient, KubernetesObject } from '../../functions/kubernetes/client.ts';
import type { Ec2Service } from '../../region/services/ec2/index.ts';
import type { DeployedRegion } from '../support/deployed-region.ts';
import { eventually } from '../support/eventually.ts';
import { type ProvisionedCluster, provisionCluster } from '../support/provisioned-cluster.ts';

const group = 'trivet-demo-pool-general-a';
/** The least that AWS allows; a drain that is blocked for longer would be cut off without heartbeats. */
const hookSeconds = 30;
const blockedSeconds = 40;

let cluster: ProvisionedCluster;
let deployed: DeployedRegion;
let kubernetes: KubernetesClient;
let scaling: AutoScaling;

beforeAll(async () => {
  cluster = await provisionCluster(readSpecFile('examples/ha.yaml'));
  ({ deployed, kubernetes } = cluster);
  scaling = new AutoScaling({ region: 'us-east-1' });
}, 240_000);
afterAll(() => cluster?.stop());

const pods = '/api/v1/namespaces/default/pods';
const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';

interface Budget extends KubernetesObject {
  readonly status?: { readonly currentHealthy?: number; readonly disruptionsAllowed?: number };
}

/** The one worker of the group that is in service. */
const servingWorker = () =>
  eventually(
    async () => {
      const { AutoScalingGroups } = await scaling.describeAutoScalingGroups({
        AutoScalingGroupNames: [group],
      });
      return AutoScalingGroups?.[0]?.Instances?.find((one) => one.LifecycleState === 'InService')?.InstanceId;
    },
    { timeoutMs: 60_000, what: 'a worker in service' },
  );

const lifecycleOf = async (instanceId: string) =>
  (await scaling.describeAutoScalingInstances({ InstanceIds: [instanceId] })).AutoScalingInstances?.[0]
    ?.LifecycleState;

/** A pod on that node under a budget that lets nobody evict it. */
async function putBlockedPod(name: string, instanceId: string): Promise<void> {
  const containers = [{ name: 'web', image: 'registry.example/web:1' }];
  await kubernetes.create(budgets, {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name, namespace: 'default' },
    spec: { minAvailable: 1, selector: { matchLabels: { app: name } } },
  });
  await kubernetes.create(pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels: { app: name } },
    spec: { nodeName: instanceId, containers },
  });
  await eventually(
    async () => {
      const budget = await kubernetes.get<Budget>(`${budgets}/${name}`);
      return budget?.status?.currentHealthy === 1 && budget.status.disruptionsAllowed === 0;
    },
    { timeoutMs: 60_000, what: 'a budget that blocks' },
  );
}

/** The drain's end: its status and what it says. */
async function drainOf(instanceId: string) {
  const { states, stateMachineArn } = deployed.target;
  const { executions = [] } = await states.listExecutions({
    stateMachineArn: stateMachineArn('drain-worker'),
  });
  const own = executions.filter(({ name }) => name?.includes(instanceId));
  const { executionArn } = own[0] ?? {};
  const { status, output: said } = await states.describeExecution({ executionArn });
  return { executionArn, count: own.length, status, said: JSON.parse(said ?? '{}') };
}

/** Why drains of a worker were started. */
async function causesOf(instanceId: string): Promise<unknown[]> {
  const { states, stateMachineArn } = deployed.target;
  const { executions = [] } = await states.listExecutions({
    stateMachineArn: stateMachineArn('drain-worker'),
  });
  const own = executions.filter(({ name }) => name?.includes(instanceId));
  const inputs = own.map(
    async ({ executionArn }) => (await states.describeExecution({ executionArn })).input,
  );
  return (await Promise.all(inputs)).map((input) => JSON.parse(input ?? '{}').cause);
}

describe('a worker that leaves', () => {
  test('is drained, though a disruption budget blocks it for longer than its hook’s time-out', {
    timeout: 240_000,
  }, async () => {
    const instanceId = await servingWorker();
    await putBlockedPod('web', instanceId);
    await scaling.putLifecycleHook({
      AutoScalingGroupName: group,
      LifecycleHookName: 'trivet-terminate',
      LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
      HeartbeatTimeout: hookSeconds,
      DefaultResult: 'CONTINUE',
    });
    const began = Date.now();
    await scaling.terminateInstanceInAutoScalingGroup({
      InstanceId: instanceId,
      ShouldDecrementDesiredCapacity: false,
    });
    const node = await eventually(
      async () => {
        const found = await kubernetes.get<KubernetesObject & { spec: object }>(
          `/api/v1/nodes/${instanceId}`,
        );
        return found?.metadata.annotations?.['trivet.dev/draining-since'] && found;
      },
      { timeoutMs: 60_000, what: 'a cordoned node' },
    );
    expect(node).toMatchObject({
      metadata: { labels: { 'node.kubernetes.io/exclude-from-external-load-balancers': 'true' } },
      spec: {
        unschedulable: true,
        taints: expect.arrayContaining([
          { key: 'trivet.dev/draining', value: 'termination', effect: 'NoSchedule' },
        ]),
      },
    });
    await eventually(() => Date.now() - began > blockedSeconds * 1_000, {
      timeoutMs: 120_000,
      intervalMs: 500,
      what: 'a hook whose time-out has passed',
    });
    expect(await lifecycleOf(instanceId)).toBe('Terminating:Wait');
    expect(await kubernetes.get(`${pods}/web`)).toMatchObject({ spec: { nodeName: instanceId } });
    await kubernetes.delete(`${budgets}/web`);
    const drain = await eventually(
      async () => {
        const found = await drainOf(instanceId);
        return found.status === 'SUCCEEDED' ? found : undefined;
      },
      { timeoutMs: 90_000, intervalMs: 200, what: 'a drain that has ended' },
    );
    expect(drain).toMatchObject({ count: 1, said: { outcome: 'drained', cause: 'termination' } });
    expect(await kubernetes.get(`${pods}/web`)).toBeUndefined();
    const { events = [] } = await deployed.target.states.getExecutionHistory({
      executionArn: drain.executionArn,
      maxResults: 1_000,
    });
    expect(JSON.stringify(events)).toContain('default/web by the disruption budget default/web');
    const replacement = await servingWorker();
    expect(replacement).not.toBe(instanceId);
  });

  test('is drained at spot’s warning, of which only an event tells', { timeout: 240_000 }, async () => {
    const instanceId = await servingWorker();
    const ec2 = deployed.region.kernel.service('ec2') as Ec2Service;
    ec2.faults.interruptSpot(instanceId);
    // A second drain may follow, of the hook that the first one's end brings the worker into.
    await eventually(async () => (await causesOf(instanceId)).includes('spot-interruption'), {
      timeoutMs: 60_000,
      what: 'a drain for spot',
    });
    const gone = async () => (await lifecycleOf(instanceId)) === undefined;
    await eventually(gone, { timeoutMs: 120_000, what: 'the end of the worker' });
    expect(await servingWorker()).not.toBe(instanceId);
  });
});
