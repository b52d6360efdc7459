/** A process of its own: what AWS says of a large cluster's workers, as the SDK reads it. Is told the observation, then says its port. Ends with its parent. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { poolGroupName } from '../functions/clusters/names.ts';
import { groupsOfLargeCluster, nodesPerPool } from './large-cluster.ts';

const groups = groupsOfLargeCluster().map(({ instances, pool, zone }) => ({
  name: poolGroupName('trivet', 'demo', pool, zone),
  instances,
}));
const element = (name: string, ...inner: readonly string[]) => `<${name}>${inner.join('')}</${name}>`;
const list = (name: string, items: readonly string[]) =>
  element(name, ...items.map((item) => element('member', item)));
const groupElement = ({ instances, name }: (typeof groups)[number]) =>
  [
    element('AutoScalingGroupName', name),
    element('MinSize', '0'),
    element('MaxSize', String(nodesPerPool * 2)),
    element('DesiredCapacity', String(instances.length)),
    list(
      'Instances',
      instances.map(({ instanceId, zone }) =>
        [
          element('InstanceId', instanceId),
          element('InstanceType', 'm7g.xlarge'),
          element('AvailabilityZone', zone),
          element('LifecycleState', 'InService'),
          element('HealthStatus', 'Healthy'),
          element('ProtectedFromScaleIn', 'false'),
          element(
            'LaunchTemplate',
            element('LaunchTemplateId', 'lt-00000000000000001'),
            element('LaunchTemplateName', name),
            element('Version', '1'),
          ),
        ].join(''),
      ),
    ),
  ].join('');

const [observation] = await once(process, 'message');
const server = createServer(async (incoming, outgoing) => {
  let form = '';
  for await (const part of incoming) form += part;
  if (incoming.method === 'GET') {
    outgoing.setHeader('etag', '"1"');
    outgoing.end(observation);
    return;
  }
  const names = new Set(new URLSearchParams(form).values());
  const found = groups.filter(({ name }) => names.has(name));
  outgoing.setHeader('content-type', 'text/xml');
  outgoing.end(
    element(
      'DescribeAutoScalingGroupsResponse',
      element('DescribeAutoScalingGroupsResult', list('AutoScalingGroups', found.map(groupElement))),
    ),
  );
});
server.listen(0, '127.0.0.1', () => process.send?.(server.address()));
process.on('disconnect', () => process.exit(0));
