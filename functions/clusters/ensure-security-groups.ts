/**
 * Makes the security groups of the control plane and of its load balancer, and corrects their rules.
 *
 * Safe to repeat: groups are found by name in the VPC, rules and tags are compared with what is wanted, and only differences are acted on.
 */
import { makeNetworks, type Networks, type SecurityGroupFact } from '../aws/networks.ts';
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { task } from '../runtime/task.ts';
import { type Acting, openCluster } from './acting.ts';
import { ensureSecurityGroups } from './contracts.ts';
import {
  decideSecurityGroup,
  type WantedSecurityGroup,
  wantedControlPlaneGroup,
  wantedLoadBalancerGroup,
} from './decide-security-groups.ts';
import { namesOf } from './names.ts';
import { assertOwn } from './ownership.ts';

export interface SecurityGroupsDeps {
  readonly registry: Registry;
  readonly networks: Networks;
}

export const handler = task(
  ensureSecurityGroups,
  (config): SecurityGroupsDeps => ({ registry: makeRegistry(config), networks: makeNetworks(config) }),
  async (input, { registry, networks }, { config, signal, log }) => {
    const { vpcId } = config;
    const acting = await openCluster(registry, input, config.deployment, signal);
    const { owner, record } = acting;
    const names = namesOf(config.deployment, input.cluster);
    const [groups, vpcCidrs] = await Promise.all([
      networks.securityGroups(
        vpcId,
        [names.loadBalancerSecurityGroup, names.controlPlaneSecurityGroup],
        signal,
      ),
      networks.vpcCidrs(vpcId, signal),
    ]);
    const made: string[] = [];
    const ensure = async (name: string, wantedOf: (self: string) => WantedSecurityGroup) => {
      const found = groups.find((group) => group.name === name);
      // The nodes' group names itself as a source, so that it has to be there before its rules can be said.
      const group = found ?? (await create(acting, networks, vpcId, wantedOf(''), signal));
      if (!found) made.push(`created ${name}`);
      assertOwn(group.securityGroupId, group.tags, owner);
      for (const step of decideSecurityGroup(wantedOf(group.securityGroupId), group)) {
        await acting.act(async () => {
          if (step.step === 'allow') await networks.allowIngress(group, step.rules, owner, signal);
          if (step.step === 'revoke') await networks.revokeIngress(group, step.rules, owner, signal);
          if (step.step === 'tag')
            await networks.tag({ id: group.securityGroupId, tags: group.tags }, step.tags, owner, signal);
        });
        made.push(`${name}: ${step.reason}`);
      }
      return group.securityGroupId;
    };
    const loadBalancer = await ensure(names.loadBalancerSecurityGroup, () =>
      wantedLoadBalancerGroup(owner, record.spec, vpcCidrs),
    );
    const controlPlane = await ensure(names.controlPlaneSecurityGroup, (self) =>
      wantedControlPlaneGroup(owner, record.spec, {
        self,
        loadBalancer,
        etcdClients: config.etcdClientSecurityGroupId,
      }),
    );
    if (made.length > 0) log.info('changed', { changes: made });
    return {
      controlPlaneSecurityGroupId: controlPlane,
      loadBalancerSecurityGroupId: loadBalancer,
      changed: made.length > 0,
    };
  },
);

function create(
  { act }: Acting,
  networks: Networks,
  vpcId: string,
  { name, description, tags }: WantedSecurityGroup,
  signal: AbortSignal,
): Promise<SecurityGroupFact> {
  return act(() => networks.createSecurityGroup({ vpcId, name, description, tags }, signal));
}
