import { afterAll, beforeAll, expect, test } from 'vitest';
import { readSpecFile } from '../../cli/spec-file.ts';
import type { WorkersObservation } from '../../functions/demand/contracts.ts';
import { readObservation } from '../../functions/demand/read-observation.ts';
import { eventually } from '../support/eventually.ts';
import { type ProvisionedCluster, provisionCluster } from '../support/provisioned-cluster.ts';

/** What a function was invoked with. */
const payloadOf = ({ Payload }: { Payload?: string | Uint8Array }): unknown => {
  const text = typeof Payload === 'string' ? Payload : new TextDecoder().decode(Payload);
  return text === '' ? {} : JSON.parse(text);
};

let cluster: ProvisionedCluster;
beforeAll(async () => {
  cluster = await provisionCluster(readSpecFile('examples/ha.yaml'));
}, 240_000);
afterAll(() => cluster?.stop());

test('the deployed watch sees the workers of a cluster, and within seconds a pod that no worker has room for', {
  timeout: 180_000,
}, async () => {
  const { deployed, kubernetes, objects, spec } = cluster;
  const see = async (holds: (seen: WorkersObservation) => boolean): Promise<WorkersObservation> => {
    let seen: WorkersObservation | undefined;
    await eventually(
      async () => {
        seen = (await readObservation(objects, spec.name, new Date()))?.observation;
        return seen !== undefined && holds(seen);
      },
      { timeoutMs: 60_000 },
    );
    if (!seen) throw new Error('nothing was seen');
    return seen;
  };
  const well = await see(({ nodes, reachable }) => reachable && nodes.length === 3);
  expect(well.nodes.map(({ pool }) => pool)).toEqual(['general', 'general', 'general']);

  const pods = '/api/v1/namespaces/default/pods';
  await kubernetes.create(pods, {
    metadata: { name: 'greedy' },
    spec: {
      containers: [
        { name: 'c', image: 'registry.k8s.io/pause:3.10.1', resources: { requests: { cpu: '500' } } },
      ],
    },
  });
  const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable' };
  await kubernetes.patch(`${pods}/greedy/status`, { status: { phase: 'Pending', conditions: [condition] } });
  const { pending } = await see((seen) => seen.pending.length > 0);
  // The bucket has told of the new observation, and its rule the sweep: with the cluster alone, before the next minute.
  const told = await eventually(
    () =>
      deployed.calls.find(
        ({ service, operation, input }) =>
          service === 'lambda' &&
          operation === 'invoke' &&
          JSON.stringify(payloadOf(input)).includes('workers.json'),
      ),
    { timeoutMs: 30_000, what: 'a sweep of the object’s cluster' },
  );
  expect(payloadOf(told.input)).toMatchObject({
    scope: { objectKey: `clusters/${spec.name}/observations/workers.json`, reason: 'Object Created' },
  });
  expect(pending).toMatchObject([{ pods: ['default/greedy'], shape: { requests: { cpu: 500_000 } } }]);
});
