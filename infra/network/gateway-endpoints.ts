import { Aws, type CfnCondition, Tags } from 'aws-cdk-lib';
import { CfnVPCEndpoint } from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';

/**
 * The free gateway endpoints by which nodes and VPC tasks reach S3 and DynamoDB, and nothing else of AWS (design §3).
 */
export class GatewayEndpoints extends Construct {
  constructor(
    scope: Construct,
    id: string,
    props: { name: string; vpcId: string; routeTableIds: string[]; condition: CfnCondition },
  ) {
    super(scope, id);
    for (const [endpointId, service] of [
      ['S3', 's3'],
      ['DynamoDb', 'dynamodb'],
    ] as const) {
      const endpoint = new CfnVPCEndpoint(this, endpointId, {
        vpcEndpointType: 'Gateway',
        serviceName: `com.amazonaws.${Aws.REGION}.${service}`,
        vpcId: props.vpcId,
        routeTableIds: props.routeTableIds,
      });
      endpoint.cfnOptions.condition = props.condition;
      Tags.of(endpoint).add('Name', `${props.name}-${service}`);
    }
  }
}
