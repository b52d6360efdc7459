import { Tags } from 'aws-cdk-lib';
import { CfnSecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';

const etcdClientPort = 2379;
const httpsPort = 443;

/** What VPC tasks may reach: etcd's client port within the VPC, and the gateway endpoints. Nothing reaches them. */
export class EtcdClientSecurityGroup extends Construct {
  readonly securityGroupId: string;

  constructor(scope: Construct, id: string, props: { name: string; vpcId: string; vpcCidr: string }) {
    super(scope, id);
    const name = `${props.name}-etcd-client`;
    const group = new CfnSecurityGroup(this, 'Group', {
      groupName: name,
      groupDescription: 'Tasks that talk to etcd',
      vpcId: props.vpcId,
      securityGroupEgress: [
        {
          ipProtocol: 'tcp',
          fromPort: etcdClientPort,
          toPort: etcdClientPort,
          cidrIp: props.vpcCidr,
          description: 'etcd clients',
        },
        {
          // A template cannot name the endpoints' prefix lists. The VPC has no other way out than the two endpoints.
          ipProtocol: 'tcp',
          fromPort: httpsPort,
          toPort: httpsPort,
          cidrIp: '0.0.0.0/0',
          description: 'S3 and DynamoDB through the gateway endpoints',
        },
      ],
    });
    Tags.of(group).add('Name', name);
    this.securityGroupId = group.attrGroupId;
  }
}
