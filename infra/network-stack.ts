import { CfnCondition, CfnOutput, CfnParameter, Fn, Stack, type StackProps, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import type { Deployment } from './names.ts';
import { EtcdClientSecurityGroup } from './network/etcd-client-security-group.ts';
import { FlowLogs } from './network/flow-logs.ts';
import { GatewayEndpoints } from './network/gateway-endpoints.ts';
import { PrivateVpc } from './network/vpc.ts';

/** The VPC, Trivet's own or an existing one, and what VPC tasks need in it. */
export class NetworkStack extends Stack {
  readonly vpcId: string;
  /** Ids joined by commas, one subnet per zone. */
  readonly subnetIds: string;
  readonly etcdClientSecurityGroupId: string;

  constructor(scope: Construct, id: string, deployment: Deployment, props: StackProps) {
    super(scope, id, props);
    const { name } = deployment;
    const parameters = this.parameters();
    const ownVpc = new CfnCondition(this, 'OwnVpc', {
      expression: Fn.conditionEquals(parameters.existingVpcId, ''),
    });
    const routeTablesKnown = new CfnCondition(this, 'RouteTablesKnown', {
      expression: Fn.conditionOr(
        ownVpc,
        Fn.conditionNot(Fn.conditionEquals(parameters.existingRouteTableIds, '')),
      ),
    });
    const either = (own: unknown, existing: unknown) => Fn.conditionIf(ownVpc.logicalId, own, existing);

    const vpc = new PrivateVpc(this, 'Network', { name, cidr: parameters.vpcCidr, condition: ownVpc });
    const vpcId = either(vpc.vpcId, parameters.existingVpcId).toString();
    new GatewayEndpoints(this, 'GatewayEndpoints', {
      name,
      vpcId,
      routeTableIds: Token.asList(
        either([vpc.routeTableId], Fn.split(',', parameters.existingRouteTableIds)),
      ),
      condition: routeTablesKnown,
    });
    new FlowLogs(this, 'FlowLogs', { name, vpcId: vpc.vpcId, condition: ownVpc });
    const group = new EtcdClientSecurityGroup(this, 'EtcdClient', {
      name,
      vpcId,
      vpcCidr: parameters.vpcCidr,
    });

    acknowledge(
      this,
      'CloudFormation-Validate::W1001',
      'The outputs choose by the very condition of what they name',
    );
    this.vpcId = this.exported('VpcId', name, vpcId);
    this.subnetIds = this.exported(
      'SubnetIds',
      name,
      either(Fn.join(',', [...vpc.subnetIds]), parameters.existingSubnetIds).toString(),
    );
    this.etcdClientSecurityGroupId = this.exported('EtcdClientSecurityGroupId', name, group.securityGroupId);
  }

  private parameters() {
    const parameter = (id: string, props: { default: string; description: string; allowedPattern: string }) =>
      new CfnParameter(this, id, { type: 'String', ...props }).valueAsString;
    return {
      vpcCidr: parameter('VpcCidr', {
        default: '10.80.0.0/16',
        description: "Addresses of the VPC: a /16 when Trivet makes it, else the existing VPC's",
        allowedPattern: '^(\\d{1,3}\\.){3}\\d{1,3}/(1[6-9]|2[0-8])$',
      }),
      existingVpcId: parameter('ExistingVpcId', {
        default: '',
        description: 'A VPC to use; empty: Trivet makes one',
        allowedPattern: '^(vpc-[0-9a-f]+)?$',
      }),
      existingSubnetIds: parameter('ExistingSubnetIds', {
        default: '',
        description: 'Private subnets of the existing VPC, one per zone, joined by commas',
        allowedPattern: '^(subnet-[0-9a-f]+(,subnet-[0-9a-f]+)*)?$',
      }),
      existingRouteTableIds: parameter('ExistingRouteTableIds', {
        default: '',
        description:
          'Route tables of those subnets, joined by commas, that are to get gateway endpoints for S3 and DynamoDB; ' +
          'empty: they have them',
        allowedPattern: '^(rtb-[0-9a-f]+(,rtb-[0-9a-f]+)*)?$',
      }),
    };
  }

  /** Exports a value under a name of its own and returns how another stack imports it. */
  private exported(id: string, deploymentName: string, value: string): string {
    return new CfnOutput(this, id, { value, exportName: `${deploymentName}-${id}` }).importValue;
  }
}
