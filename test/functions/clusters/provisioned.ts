import type { Objects } from '../../../functions/aws/objects.ts';
import type { Registry } from '../../../functions/aws/registry.ts';
import type { Layout, Plan } from '../../../functions/clusters/contracts.ts';
import { wantedKubernetes } from '../../../functions/kubernetes/wanted-kubernetes.ts';
import type { Config } from '../../../functions/runtime/config.ts';
import type { Invoke } from '../../support/fake-deployment.ts';
import { testConfig } from '../../support/fake-task-context.ts';
import { leastSpec } from '../../support/specs.ts';

export const etcdHealthy = {
  observedAt: '2026-01-01T00:00:00.000Z',
  reachable: true,
  clusterId: '1234567890',
  healthy: true,
  reason: 'all members are healthy',
  members: [],
  alarms: [],
  hash: 'agrees',
};

/** What ensure-certificates leaves for those who verify tokens: one public key. Its private half is nowhere. */
export const serviceAccountKeys = `-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAmDWAAYCn3MoesbXAu40H
epq1Zy2GPXoZph4OwadGcVQfq6CYo3YNZlBobEYWuwXs8yLRlWs5LAmfxrHKftHE
28ZcItZqODojsMbCTaWuJgE4CCKfF6WIwvhuKLphoSkG5a/Eo1zVkl8J/Bgahdyv
7SRkDVOY1sBeMeS6QLCkrzJLsBPKi7oDis2bVvH59dEDLn4g9ctzAeEnsmjeoRyL
Yzl512kyXcMyfaMu59cvitA9UIAjgdAs9scePU7aljX5soOawXDNvzTrW0QHD3jk
3HpD197A7ABiyhPqdFQ2GIPWv3wLUPpljZgZ2qwk/wzOXWaOzZg9Pb2f5KiWu3mG
pwIDAQAB
-----END PUBLIC KEY-----
`;

/** Runs the steps of provision-cluster by hand, in order, without etcd and API servers; tells which of them changed something. */
export async function provision(
  {
    invoke,
    objects,
    registry,
    config = testConfig,
  }: {
    readonly invoke: Invoke;
    readonly objects: Objects;
    readonly registry: Registry;
    readonly config?: Config;
  },
  spec: unknown = leastSpec,
  holder = 'execution-1',
): Promise<{ plan: Plan; changed: string[] }> {
  const changed: string[] = [];
  const plan = (await invoke('plan-cluster', { spec })) as Plan;
  const { cluster, specHash, basedOn } = plan;
  const layout = plan.layout as Layout;
  const { lease } = (await invoke('acquire-lease', { cluster, scope: 'cluster', holder })) as {
    lease: unknown;
  };
  const step = async <T>(name: Parameters<Invoke>[0], input: object): Promise<T> => {
    const output = (await invoke(name, { lease, ...input })) as T & { changed?: boolean };
    if (output.changed) changed.push(name);
    return output;
  };
  await step('record-cluster', { spec, layout, specHash, basedOn });
  const groups = await step<{ controlPlaneSecurityGroupId: string; loadBalancerSecurityGroupId: string }>(
    'ensure-security-groups',
    { cluster, layout },
  );
  const securityGroupId = groups.controlPlaneSecurityGroupId;
  const interfaces = new Map<string, string>();
  for (const slot of layout.slots) {
    const made = await step<{ networkInterfaceId: string }>('ensure-network-interface', {
      cluster,
      slot,
      securityGroupId,
    });
    interfaces.set(slot.slot, made.networkInterfaceId);
    await step('ensure-volume', { cluster, slot });
  }
  await step('ensure-load-balancer', {
    cluster,
    layout,
    securityGroupId: groups.loadBalancerSecurityGroupId,
  });
  await objects.put(`clusters/${cluster}/pki/service-account.pub`, serviceAccountKeys);
  await step('publish-issuer-documents', { cluster, layout });
  await step('ensure-add-on-roles', { cluster, layout });
  for (const slot of layout.slots) {
    const { instanceProfileName } = await step<{ instanceProfileName: string }>('ensure-node-role', {
      cluster,
      slot,
    });
    const networkInterfaceId = interfaces.get(slot.slot);
    const { launchTemplateId, version } = await step<{ launchTemplateId: string; version: string }>(
      'ensure-launch-template',
      { cluster, layout, slot, networkInterfaceId, instanceProfileName },
    );
    await step('ensure-slot-group', { cluster, slot, launchTemplateId, version });
  }
  await step('finish-provisioning', { cluster, health: etcdHealthy });
  const record = await registry.getCluster(cluster);
  const hash = record && wantedKubernetes(record, config)?.hash;
  await step('finish-kubernetes', { cluster, hash });
  await invoke('release-lease', { lease });
  return { plan, changed };
}
