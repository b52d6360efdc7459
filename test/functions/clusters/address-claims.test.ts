import { expect, test } from 'vitest';
import type { SlotLayout } from '../../../functions/clusters/contracts.ts';
import { handler as recordCluster } from '../../../functions/clusters/record-cluster.ts';
import { hashSpec } from '../../../functions/clusters/spec.ts';
import { fakeRegistry } from '../../support/fake-registry.ts';
import { fakeTaskContext } from '../../support/fake-task-context.ts';
import { buildSpec } from '../../support/specs.ts';

const slot: SlotLayout = {
  slot: 'a',
  zone: 'us-east-1a',
  subnetId: 'subnet-a',
  address: '10.80.0.10',
  resourceName: 'trivet-one-slot-a',
  memberName: 'one-a',
  filesystemUuid: '5f0f1f5e-0000-4000-8000-000000000001',
  generation: 1,
};

async function record(registry: ReturnType<typeof fakeRegistry>, cluster: string) {
  const spec = buildSpec({ name: cluster, zones: ['a'] });
  const lease = { cluster, scope: 'cluster', holder: `arn:${cluster}`, token: 1 };
  await registry.putLease(
    cluster,
    'cluster',
    { holder: lease.holder, token: 1, acquiredAt: '2026-01-01T00:00:00Z' },
    'absent',
  );
  const layout = {
    cluster,
    clusterUid: 'uid',
    generation: 1,
    initialClusterToken: 'uid-1',
    initialCluster: '',
    slots: [slot],
  };
  return recordCluster.run(
    { lease, spec, layout, specHash: hashSpec(spec), basedOn: '' },
    { registry },
    fakeTaskContext(),
  );
}

test('of two clusters that were planned onto one address, the second is planned anew and records nothing', async () => {
  const registry = fakeRegistry();
  expect(await record(registry, 'one')).toEqual({ cluster: 'one' });
  await expect(record(registry, 'two')).rejects.toMatchObject({
    name: 'PlanStale',
    message: '10.80.0.10 has been promised to the cluster one',
  });
  expect(await registry.listClusters()).toEqual(['one']);
  expect(await registry.listAddresses()).toEqual([{ address: '10.80.0.10', cluster: 'one' }]);
});
