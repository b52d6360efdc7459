import {
  DeleteLoadBalancerCommand,
  DeleteTargetGroupCommand,
  DescribeLoadBalancersCommand,
  DescribeTagsCommand,
  DescribeTargetGroupsCommand,
  ElasticLoadBalancingV2Client,
  ModifyLoadBalancerAttributesCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { namesOf } from '../clusters/names.ts';
import { assertOwn, type Owner, readTags, type Tags } from '../clusters/ownership.ts';
import type { Config } from '../runtime/config.ts';
import { callingUnless } from './classify.ts';
import { abortedBy, clientSettings } from './client-settings.ts';
import { deleting, type Owned, type OwnedKind } from './owned.ts';

/** A cluster's load balancer, found by its name: Elastic Load Balancing finds nothing by tags. Its listeners go with it. */
export interface OwnedLoadBalancers extends OwnedKind {
  /** Takes the deletion protection away, which stops `remove`. */
  unprotect(balancer: Owned, owner: Owner, signal?: AbortSignal): Promise<void>;
}

const balancerMissing = ['LoadBalancerNotFound', 'LoadBalancerNotFoundException'];
const groupMissing = ['TargetGroupNotFound', 'TargetGroupNotFoundException'];

export function makeOwnedLoadBalancers(config: Config): OwnedLoadBalancers {
  const client = new ElasticLoadBalancingV2Client(clientSettings(config));
  return {
    async ofCluster({ deployment, cluster }, signal) {
      const command = new DescribeLoadBalancersCommand({
        Names: [namesOf(deployment, cluster).loadBalancer],
      });
      const call = client.send(command, abortedBy(signal));
      const found = await callingUnless('elbv2:DescribeLoadBalancers', balancerMissing, call);
      return withTags(
        client,
        (found?.LoadBalancers ?? []).map(({ LoadBalancerArn = '' }) => LoadBalancerArn),
        signal,
      );
    },
    async unprotect({ id, tags }, owner, signal) {
      assertOwn(id, tags, owner);
      const command = new ModifyLoadBalancerAttributesCommand({
        LoadBalancerArn: id,
        Attributes: [{ Key: 'deletion_protection.enabled', Value: 'false' }],
      });
      const call = client.send(command, abortedBy(signal));
      await callingUnless('elbv2:ModifyLoadBalancerAttributes', balancerMissing, call);
    },
    async remove({ id, tags }, owner, signal) {
      assertOwn(id, tags, owner);
      const call = client.send(new DeleteLoadBalancerCommand({ LoadBalancerArn: id }), abortedBy(signal));
      return deleting('elbv2:DeleteLoadBalancer', call, {
        gone: { codes: balancerMissing },
        busy: { codes: ['ResourceInUse', 'ResourceInUseException'] },
      });
    },
  };
}

/** The target group of a cluster's API servers, found by its name. */
export function makeOwnedTargetGroups(config: Config): OwnedKind {
  const client = new ElasticLoadBalancingV2Client(clientSettings(config));
  return {
    async ofCluster({ deployment, cluster }, signal) {
      const command = new DescribeTargetGroupsCommand({ Names: [namesOf(deployment, cluster).targetGroup] });
      const call = client.send(command, abortedBy(signal));
      const found = await callingUnless('elbv2:DescribeTargetGroups', groupMissing, call);
      return withTags(
        client,
        (found?.TargetGroups ?? []).map(({ TargetGroupArn = '' }) => TargetGroupArn),
        signal,
      );
    },
    async remove({ id, tags }, owner, signal) {
      assertOwn(id, tags, owner);
      const call = client.send(new DeleteTargetGroupCommand({ TargetGroupArn: id }), abortedBy(signal));
      return deleting('elbv2:DeleteTargetGroup', call, {
        gone: { codes: groupMissing },
        // For a moment after its load balancer has gone.
        busy: { codes: ['ResourceInUse', 'ResourceInUseException'] },
      });
    },
  };
}

async function withTags(
  client: ElasticLoadBalancingV2Client,
  arns: readonly string[],
  signal?: AbortSignal,
): Promise<Owned[]> {
  if (arns.length === 0) return [];
  const command = new DescribeTagsCommand({ ResourceArns: [...arns] });
  const missing = [...balancerMissing, ...groupMissing];
  // What has gone between the two calls has no tags, and is not there.
  const told = await callingUnless('elbv2:DescribeTags', missing, client.send(command, abortedBy(signal)));
  const tags = new Map<string, Tags>(
    (told?.TagDescriptions ?? []).map(({ ResourceArn = '', Tags }) => [ResourceArn, readTags(Tags)]),
  );
  return arns.flatMap((id) => {
    const found = tags.get(id);
    return found ? [{ id, tags: found }] : [];
  });
}
