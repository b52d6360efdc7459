/**
 * Makes the security groups of the control plane, of the workers and of the load balancer, and corrects their rules.
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
  type GroupSources,
  type WantedSecurityGroup,
  wantedControlPlaneGroup,
  wantedLoadBalancerGroup,
  wantedWorkerGroup,
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
    const groupNames = [
      names.loadBalancerSecurityGroup,
      names.controlPlaneSecurityGroup,
      names.workerSecurityGroup,
    ];
    const [groups, vpcCidrs] = await Promise.all([
      networks.securityGroups(vpcId, groupNames, signal),
      networks.vpcCidrs(vpcId, signal),
    ]);
    const made: string[] = [];
    // Groups name each other as sources, so that all have to be there before the rules of any can be said.
    const find = async (wanted: WantedSecurityGroup): Promise<SecurityGroupFact> => {
      const found = groups.find((group) => group.name === wanted.name);
      if (!found) made.push(`created ${wanted.name}`);
      const group = found ?? (await create(acting, networks, vpcId, wanted, signal));
      assertOwn(group.securityGroupId, group.tags, owner);
      return group;
    };
    const wantedWith = (sources: GroupSources): WantedSecurityGroup[] => [
      wantedLoadBalancerGroup(owner, record.spec, vpcCidrs),
      wantedControlPlaneGroup(owner, record.spec, sources),
      wantedWorkerGroup(owner, record.spec, sources),
    ];
    const etcdClients = config.etcdClientSecurityGroupId;
    const nobody = { loadBalancer: '', controlPlane: '', workers: '', etcdClients };
    const present: SecurityGroupFact[] = [];
    for (const wanted of wantedWith(nobody)) present.push(await find(wanted));
    const [loadBalancer = '', controlPlane = '', workers = ''] = present.map((one) => one.securityGroupId);
    const wanted = wantedWith({ loadBalancer, controlPlane, workers, etcdClients });
    for (const [index, group] of present.entries()) {
      const one = wanted[index];
      for (const step of one ? decideSecurityGroup(one, group) : []) {
        await acting.act(async () => {
          if (step.step === 'allow') await networks.allowIngress(group, step.rules, owner, signal);
          if (step.step === 'revoke') await networks.revokeIngress(group, step.rules, owner, signal);
          if (step.step === 'tag')
            await networks.tag({ id: group.securityGroupId, tags: group.tags }, step.tags, owner, signal);
        });
        made.push(`${group.name}: ${step.reason}`);
      }
    }
    if (made.length > 0) log.info('changed', { changes: made });
    return {
      controlPlaneSecurityGroupId: controlPlane,
      loadBalancerSecurityGroupId: loadBalancer,
      workerSecurityGroupId: workers,
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
