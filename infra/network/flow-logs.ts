import { type CfnCondition, RemovalPolicy } from 'aws-cdk-lib';
import { CfnFlowLog } from 'aws-cdk-lib/aws-ec2';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledgeWildcards } from '../acknowledge.ts';
import { arn } from '../names.ts';

/** Records what the VPC refuses. Accepted traffic is etcd's and the pods' own and would cost more than it tells. */
export class FlowLogs extends Construct {
  constructor(scope: Construct, id: string, props: { name: string; vpcId: string; condition: CfnCondition }) {
    super(scope, id);
    const logGroupName = `/${props.name}/vpc-flow-logs`;
    const group = new LogGroup(this, 'Group', {
      logGroupName,
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('vpc-flow-logs.amazonaws.com'),
      description: 'Delivers the flow logs of the VPC',
    });
    const streams = arn('logs', `log-group:${logGroupName}:*`);
    role.addToPolicy(
      new PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents', 'logs:DescribeLogStreams'],
        resources: [streams],
      }),
    );
    acknowledgeWildcards(role, [streams], 'The streams of the one log group');
    const flowLog = new CfnFlowLog(this, 'Rejected', {
      resourceType: 'VPC',
      resourceId: props.vpcId,
      trafficType: 'REJECT',
      logDestinationType: 'cloud-watch-logs',
      logGroupName: group.logGroupName,
      deliverLogsPermissionArn: role.roleArn,
    });
    flowLog.node.addDependency(role);
    flowLog.cfnOptions.condition = props.condition;
  }
}
