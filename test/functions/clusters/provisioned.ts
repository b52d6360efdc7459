import type { Layout, Plan } from '../../../functions/clusters/contracts.ts';
import type { Invoke } from '../../support/fake-deployment.ts';
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

/** Runs the steps of provision-cluster by hand, in order, without etcd; tells which of them changed something. */
export async function provision(
  { invoke }: { readonly invoke: Invoke },
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
  await invoke('release-lease', { lease });
  return { plan, changed };
}
