import type {
  CreateFlowLogsRequest,
  CreateFlowLogsResult,
  DeleteFlowLogsRequest,
  DeleteFlowLogsResult,
  DescribeFlowLogsRequest,
  DescribeFlowLogsResult,
  EC2,
  FlowLog as FlowLogView,
} from '@aws-sdk/client-ec2';
import type { Operations } from '../../kernel/kernel.ts';
import { onlyPlayed, refuse, required } from '../common/request.ts';
import { describe } from './describe.ts';
import { found } from './request.ts';
import type { Ec2 } from './store.ts';
import { tagsFor } from './tags.ts';

/** A flow log's settings. The region moves no packets that it could log, so it writes no records. */
export interface FlowLog {
  readonly flowLogId: string;
  readonly resourceId: string;
  readonly settings: FlowLogView;
}

function createFlowLogs(ec2: Ec2, input: CreateFlowLogsRequest): CreateFlowLogsResult {
  onlyPlayed('ec2.createFlowLogs', input, [
    'ResourceIds',
    'ResourceType',
    'TrafficType',
    'LogDestinationType',
    'LogDestination',
    'LogGroupName',
    'DeliverLogsPermissionArn',
    'LogFormat',
    'MaxAggregationInterval',
    'DestinationOptions',
    'TagSpecifications',
    'ClientToken',
  ]);
  if (input.TrafficType === undefined)
    refuse('MissingParameter', 'The request must contain the parameter TrafficType');
  const tags = tagsFor(input.TagSpecifications, 'vpc-flow-log');
  const resources = required(input.ResourceIds, 'ResourceIds');
  for (const id of resources) ec2.requireResource(id);
  const FlowLogIds = resources.map((resourceId) => {
    const flowLogId = ec2.kernel.ids.ec2('fl');
    const settings: FlowLogView = {
      FlowLogId: flowLogId,
      ResourceId: resourceId,
      TrafficType: input.TrafficType,
      LogDestinationType: input.LogDestinationType ?? 'cloud-watch-logs',
      LogDestination: input.LogDestination,
      LogGroupName: input.LogGroupName,
      DeliverLogsPermissionArn: input.DeliverLogsPermissionArn,
      LogFormat: input.LogFormat,
      MaxAggregationInterval: input.MaxAggregationInterval ?? 600,
      DestinationOptions: input.DestinationOptions,
      FlowLogStatus: 'ACTIVE',
      DeliverLogsStatus: 'SUCCESS',
      CreationTime: ec2.kernel.clock.now(),
    };
    ec2.flowLogs.set(flowLogId, { flowLogId, resourceId, settings });
    ec2.tags.add(flowLogId, tags);
    return flowLogId;
  });
  return { FlowLogIds, Unsuccessful: [] };
}

function deleteFlowLogs(ec2: Ec2, input: DeleteFlowLogsRequest): DeleteFlowLogsResult {
  onlyPlayed('ec2.deleteFlowLogs', input, ['FlowLogIds']);
  for (const id of required(input.FlowLogIds, 'FlowLogIds')) {
    found('flowLog', ec2.flowLogs, id);
    ec2.flowLogs.delete(id);
    ec2.tags.forget(id);
  }
  return { Unsuccessful: [] };
}

function describeFlowLogs(ec2: Ec2, input: DescribeFlowLogsRequest): DescribeFlowLogsResult {
  onlyPlayed('ec2.describeFlowLogs', input, ['FlowLogIds', 'Filter', 'NextToken', 'MaxResults']);
  const page = describe(
    { ...input, Filters: input.Filter },
    {
      kind: 'flowLog',
      items: [...ec2.flowLogs.values()],
      idOf: (log) => log.flowLogId,
      ids: input.FlowLogIds,
      filters: {
        'flow-log-id': (log) => log.flowLogId,
        'resource-id': (log) => log.resourceId,
        'log-group-name': (log) => log.settings.LogGroupName,
        'traffic-type': (log) => log.settings.TrafficType,
      },
      tags: ec2.tags,
    },
  );
  return {
    FlowLogs: page.items.map((log) => ({ ...log.settings, Tags: ec2.tags.of(log.flowLogId) })),
    NextToken: page.nextToken,
  };
}

/** Flow logs of VPCs, subnets and network interfaces. */
export function flowLogOperations(ec2: Ec2): Operations<EC2> {
  return {
    createFlowLogs: (input) => createFlowLogs(ec2, input),
    deleteFlowLogs: (input) => deleteFlowLogs(ec2, input),
    describeFlowLogs: (input) => describeFlowLogs(ec2, input),
  };
}
