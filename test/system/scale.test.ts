import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSpecFile } from '../../cli/spec-file.ts';
import { invokeTask } from '../../cli/target.ts';
import type { Registry } from '../../functions/aws/registry.ts';
import type { KubernetesClient, KubernetesObject } from '../../functions/kubernetes/client.ts';
import type { Ec2Service } from '../../region/services/ec2/index.ts';
import type { DeployedRegion } from '../support/deployed-region.ts';
import { eventually } from '../support/eventually.ts';
import { type ProvisionedCluster, provisionCluster } from '../support/provisioned-cluster.ts';

/** Three workers of one pool at most five, one in each zone. */
const base = readSpecFile('examples/ha.yaml');
const spec = { ...base, pools: base.pools.map((pool) => ({ ...pool, min: 3, max: 5 })) };
const pods = '/api/v1/namespaces/default/pods';

let cluster: ProvisionedCluster;
let deployed: DeployedRegion;
let kubernetes: KubernetesClient;
let registry: Registry;
beforeAll(async () => {
  cluster = await provisionCluster(spec);
  ({ deployed, kubernetes, registry } = cluster);
}, 600_000);
afterAll(() => cluster?.stop());

interface Pod extends KubernetesObject {
  readonly spec?: { readonly nodeName?: string };
}

/** A pod that fills most of a worker, in one zone. */
const createPod = (name: string, zone: string) =>
  kubernetes.create(pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: {
      nodeSelector: { 'topology.kubernetes.io/zone': zone },
      containers: [
        { name: 'work', image: 'registry.example/work:1', resources: { requests: { cpu: '1500m' } } },
      ],
    },
  });

const boundTo = (name: string) =>
  eventually(async () => (await kubernetes.get<Pod>(`${pods}/${name}`))?.spec?.nodeName, {
    timeoutMs: 150_000,
    intervalMs: 500,
    what: `a place for ${name}`,
  });

const zoneOf = async (node: string) =>
  (await kubernetes.get(`/api/v1/nodes/${node}`))?.metadata.labels?.['topology.kubernetes.io/zone'];

const outcomes = async () => {
  const { states, stateMachineArn } = deployed.target;
  const { executions = [] } = await states.listExecutions({
    stateMachineArn: stateMachineArn('scale-workers'),
  });
  const ended = await Promise.all(
    executions.map(({ executionArn }) => states.describeExecution({ executionArn })),
  );
  return ended.map(({ output: said }) => JSON.parse(said ?? '{}').outcome);
};

describe('pods that have no place', () => {
  test('are not waited for where a zone gives no instance: the group is given back what it does not get', {
    timeout: 240_000,
  }, async () => {
    const ec2 = deployed.region.kernel.service('ec2') as Ec2Service;
    const pool = spec.pools[0];
    const withdrawn = (pool?.instanceTypes ?? []).map((instanceType) =>
      ec2.faults.insufficientCapacity({ zone: 'us-east-1a', instanceType }),
    );
    await createPod('zeroth', 'us-east-1a');
    await boundTo('zeroth');
    await createPod('refused', 'us-east-1a');
    const { backOffs } = await eventually(
      async () => {
        const scaling = await registry.getScaling(spec.name);
        return scaling && scaling.backOffs.length > 0 ? scaling : undefined;
      },
      { timeoutMs: 180_000, intervalMs: 500, what: 'a back-off' },
    );
    expect([...new Set(backOffs.map(({ pool: of, zone }) => `${of} ${zone}`))]).toEqual(['general a']);
    // The run remembers first, and ends then.
    await eventually(async () => (await outcomes()).includes('fell-back'), {
      timeoutMs: 60_000,
      what: 'the end of scale-workers',
    });
    for (const restore of withdrawn) restore();
    for (const name of ['zeroth', 'refused']) await kubernetes.delete(`${pods}/${name}`);
  });

  test('bring a worker up in the zone that they ask for, within seconds of being seen', {
    timeout: 240_000,
  }, async () => {
    await createPod('first', 'us-east-1b');
    const old = await boundTo('first');
    await createPod('second', 'us-east-1b');
    const fresh = await boundTo('second');
    expect(fresh).not.toBe(old);
    expect(await zoneOf(fresh)).toBe('us-east-1b');
    await eventually(async () => (await outcomes()).includes('scaled'), {
      timeoutMs: 60_000,
      what: 'the end of scale-workers',
    });
  });

  test('are brought one by the minute alone when every event is lost', { timeout: 240_000 }, async () => {
    const restore = deployed.loseEvents([]);
    try {
      await createPod('third', 'us-east-1c');
      await boundTo('third');
      await createPod('fourth', 'us-east-1c');
      expect(await zoneOf(await boundTo('fourth'))).toBe('us-east-1c');
    } finally {
      restore();
    }
  });

  test('bring no more workers than the pool may have, and what is left out is remembered with its reason', {
    timeout: 120_000,
  }, async () => {
    await createPod('fifth', 'us-east-1b');
    const decided = await eventually(
      async () => {
        await invokeTask(deployed.target, 'sweep', { scope: { cluster: spec.name } });
        const { decided: latest } = (await registry.getScaling(spec.name)) ?? {};
        return latest?.leftOut.some(({ first }) => first === 'default/fifth') ? latest : undefined;
      },
      { timeoutMs: 90_000, intervalMs: 500, what: 'a plan that leaves it out' },
    );
    expect(decided.leftOut).toEqual([
      { pods: 1, first: 'default/fifth', reason: 'general: it is at its greatest number of nodes' },
    ]);
    await kubernetes.delete(`${pods}/fifth`);
  });
});
