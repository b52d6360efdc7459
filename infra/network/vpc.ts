import { Aws, type CfnCondition, Fn, Tags } from 'aws-cdk-lib';
import { CfnRouteTable, CfnSubnet, CfnSubnetRouteTableAssociation, CfnVPC } from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';

const zones = 3;
/** /20 subnets of the deployment's /16; those not used are room for later. */
const subnetHostBits = '12';
const subnetsPossible = 16;

/**
 * The deployment's own VPC: one private subnet in each of three zones and neither internet gateway nor NAT gateway
 * (docs/decisions/0004-network.md). Level-1 constructs, so that no zone is looked up when the app is synthesized.
 */
export class PrivateVpc extends Construct {
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  readonly routeTableId: string;

  constructor(scope: Construct, id: string, props: { name: string; cidr: string; condition: CfnCondition }) {
    super(scope, id);
    const vpc = new CfnVPC(this, 'Vpc', {
      cidrBlock: props.cidr,
      enableDnsSupport: true,
      enableDnsHostnames: true,
    });
    Tags.of(vpc).add('Name', props.name);
    const routeTable = new CfnRouteTable(this, 'RouteTable', { vpcId: vpc.ref });
    Tags.of(routeTable).add('Name', `${props.name}-private`);
    const subnets = Array.from({ length: zones }, (_, index) => {
      const subnet = new CfnSubnet(this, `Subnet${index + 1}`, {
        vpcId: vpc.ref,
        availabilityZone: Fn.select(index, Fn.getAzs(Aws.REGION)),
        cidrBlock: Fn.select(index, Fn.cidr(props.cidr, subnetsPossible, subnetHostBits)),
        mapPublicIpOnLaunch: false,
      });
      Tags.of(subnet).add('Name', `${props.name}-private-${index + 1}`);
      const association = new CfnSubnetRouteTableAssociation(this, `Subnet${index + 1}Routes`, {
        subnetId: subnet.ref,
        routeTableId: routeTable.ref,
      });
      for (const resource of [subnet, association]) resource.cfnOptions.condition = props.condition;
      return subnet;
    });
    for (const resource of [vpc, routeTable]) resource.cfnOptions.condition = props.condition;
    this.vpcId = vpc.ref;
    this.subnetIds = subnets.map((subnet) => subnet.ref);
    this.routeTableId = routeTable.ref;
  }
}
