/**
 * Makes the API's load balancer with the slots as its targets, and records where it is.
 *
 * Safe to repeat: load balancer and target group are found by name, creating them twice gives the first one back, and only differences
 * are acted on.
 */
import { type LoadBalancers, makeLoadBalancers } from '../aws/load-balancers.ts';
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { ResourceNotReady } from '../runtime/errors.ts';
import { task } from '../runtime/task.ts';
import { openCluster } from './acting.ts';
import { ensureLoadBalancer } from './contracts.ts';
import {
  apiHealthPath,
  decideLoadBalancer,
  type LoadBalancerStep,
  wantedLoadBalancer,
} from './decide-load-balancer.ts';
import { apiPort } from './decide-security-groups.ts';
import { assertOwn } from './ownership.ts';

export interface LoadBalancerDeps {
  readonly registry: Registry;
  readonly loadBalancers: LoadBalancers;
}

export const handler = task(
  ensureLoadBalancer,
  (config): LoadBalancerDeps => ({
    registry: makeRegistry(config),
    loadBalancers: makeLoadBalancers(config),
  }),
  async (input, { registry, loadBalancers }, { config, signal, log }) => {
    const { record, owner, act } = await openCluster(registry, input, config.deployment, signal);
    const wanted = wantedLoadBalancer(owner, record.spec, input.layout);
    let [balancer, targetGroup] = await Promise.all([
      loadBalancers.find(wanted.name, signal),
      loadBalancers.findTargetGroup(wanted.targetGroup.name, signal),
    ]);
    if (balancer) assertOwn(`load balancer ${wanted.name}`, balancer.tags, owner);
    if (targetGroup) assertOwn(`target group ${wanted.targetGroup.name}`, targetGroup.tags, owner);
    const steps = decideLoadBalancer(wanted, balancer, targetGroup);
    const doStep = async (step: LoadBalancerStep) => {
      if (step.step === 'create-target-group') {
        const { name, tags } = wanted.targetGroup;
        const request = { name, vpcId: config.vpcId, port: apiPort, healthPath: apiHealthPath, tags };
        targetGroup = await loadBalancers.createTargetGroup(request, signal);
        return;
      }
      if (step.step === 'create') {
        balancer = await loadBalancers.create(
          { ...wanted, securityGroupIds: [input.securityGroupId] },
          signal,
        );
        return;
      }
      if (!balancer || !targetGroup) throw new ResourceNotReady(`${wanted.name} is not there yet`);
      if (step.step === 'register') await loadBalancers.register(targetGroup, step.addresses, owner, signal);
      if (step.step === 'attributes')
        await loadBalancers.setAttributes(balancer, step.attributes, owner, signal);
      if (step.step === 'target-group-attributes')
        await loadBalancers.setTargetGroupAttributes(targetGroup, step.attributes, owner, signal);
      if (step.step === 'listen') {
        const request = { port: apiPort, targetGroupArn: targetGroup.arn, tags: wanted.tags };
        await loadBalancers.createListener(balancer, request, owner, signal);
      }
      if (step.step === 'tag') await loadBalancers.tag(balancer, step.tags, owner, signal);
      if (step.step === 'tag-target-group') await loadBalancers.tag(targetGroup, step.tags, owner, signal);
    };
    for (const step of steps) await act(() => doStep(step));
    const loadBalancerArn = balancer?.arn ?? '';
    const targetGroupArn = targetGroup?.arn ?? '';
    const endpoint = `https://${balancer?.dnsName}:${apiPort}`;
    const found = { endpoint, loadBalancerArn, targetGroupArn };
    const recorded =
      record.endpoint === endpoint &&
      record.targetGroupArn === targetGroupArn &&
      record.loadBalancerArn === loadBalancerArn;
    if (!recorded) await act(() => registry.updateCluster(input.cluster, found, {}, signal));
    if (steps.length > 0) log.info('changed', { changes: steps.map((step) => step.reason) });
    return { ...found, changed: steps.length > 0 || !recorded };
  },
);
