import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';

/**
 * The registry: clusters, slots and leases. It holds no secret, so it is encrypted with the key that DynamoDB owns: the
 * sweep can still read what is wrong when the deployment's key is disabled, and a read costs no KMS request.
 */
export class Registry extends Construct {
  readonly table: Table;

  constructor(scope: Construct, id: string, props: { name: string }) {
    super(scope, id);
    this.table = new Table(this, 'Table', {
      tableName: `${props.name}-registry`,
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.DEFAULT,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }
}
