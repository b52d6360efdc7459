import { slotLayout } from '../../functions/clusters/contracts.ts';
import { handler } from '../../functions/pki/ensure-certificates.ts';
import { type FakeObjects, fakeObjects } from './fake-objects.ts';
import { fakeTaskContext } from './fake-task-context.ts';
import { buildSpec } from './specs.ts';

/** Everything that ensure-certificates makes for a cluster `demo` whose slots are at the given addresses. */
export async function issueCertificates(addresses: Readonly<Record<string, string>>): Promise<FakeObjects> {
  const objects = fakeObjects();
  const slots = Object.entries(addresses).map(([slot, address]) =>
    slotLayout.parse({
      slot,
      zone: `us-east-1${slot}`,
      subnetId: `subnet-${slot}`,
      address,
      resourceName: `trivet-demo-slot-${slot}`,
      memberName: `demo-${slot}`,
      filesystemUuid: '11111111-2222-4333-8444-555555555555',
      generation: 1,
    }),
  );
  const layout = {
    cluster: 'demo',
    clusterUid: '0123456789abcdef',
    generation: 1,
    initialClusterToken: '0123456789abcdef-1',
    initialCluster: slots.map(({ address, slot }) => `demo-${slot}=https://${address}:2380`).join(','),
    slots,
  };
  const now = new Date().toISOString();
  const held = { holder: 'arn:of:execution', token: 7, acquiredAt: now };
  const record = {
    name: 'demo',
    spec: buildSpec({ name: 'demo' }),
    specHash: 'hash',
    layout,
    phase: 'forming' as const,
    formed: false,
    loadBalancerArn: 'arn:of:load-balancer',
    endpoint: 'https://trivet-demo-0123.elb.us-east-1.amazonaws.com:6443',
    createdAt: now,
    updatedAt: now,
  };
  await handler.run(
    { lease: { cluster: 'demo', scope: 'cluster', holder: held.holder, token: 7 }, cluster: 'demo', layout },
    {
      registry: { getLease: async () => held, getCluster: async () => record },
      objects,
      loadBalancerAddresses: { find: async () => [] },
    },
    fakeTaskContext({ now }),
  );
  return objects;
}
