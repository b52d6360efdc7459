import * as z from 'zod';
import { defined, flag, object, type ProviderContext, provider, tags, text } from '../provider.ts';

const table = provider({
  type: 'AWS::DynamoDB::Table',
  properties: object({
    TableName: text.optional(),
    AttributeDefinitions: object({ AttributeName: text, AttributeType: text }).array(),
    KeySchema: object({ AttributeName: text, KeyType: text }).array(),
    BillingMode: z.literal('PAY_PER_REQUEST'),
    DeletionProtectionEnabled: flag.optional(),
    PointInTimeRecoverySpecification: object({ PointInTimeRecoveryEnabled: flag }).optional(),
    SSESpecification: object({ SSEEnabled: flag }).optional(),
    Tags: tags.optional(),
  }),
  attributes: ['Arn'],
  replacedBy: ['TableName', 'AttributeDefinitions', 'KeySchema', 'SSESpecification'],
  create: async (
    { PointInTimeRecoverySpecification: recovery, SSESpecification: encryption, ...p },
    context,
  ) => {
    const TableName = p.TableName ?? context.name(255);
    const { TableDescription } = await context.call<{ TableDescription: { TableArn: string } }>(
      'dynamodb',
      'createTable',
      {
        ...defined(p),
        TableName,
        ...(encryption ? { SSESpecification: { Enabled: encryption.SSEEnabled } } : {}),
      },
    );
    await context.until(async () => {
      const { Table } = await context.call<{ Table: { TableStatus: string } }>('dynamodb', 'describeTable', {
        TableName,
      });
      return Table.TableStatus === 'ACTIVE' ? true : undefined;
    });
    if (recovery) await setRecovery(context, TableName, recovery);
    return { physicalId: TableName, attributes: { Arn: TableDescription.TableArn } };
  },
  update: async (existing, p, context) => {
    const { physicalId: TableName, properties: old } = existing;
    if (p.DeletionProtectionEnabled !== old.DeletionProtectionEnabled) {
      await context.call('dynamodb', 'updateTable', {
        TableName,
        DeletionProtectionEnabled: p.DeletionProtectionEnabled ?? false,
      });
    }
    if (p.PointInTimeRecoverySpecification)
      await setRecovery(context, TableName, p.PointInTimeRecoverySpecification);
    return existing;
  },
  remove: ({ physicalId }, context) => context.call('dynamodb', 'deleteTable', { TableName: physicalId }),
});

function setRecovery(
  context: ProviderContext,
  TableName: string,
  PointInTimeRecoverySpecification: object,
): Promise<unknown> {
  return context.call('dynamodb', 'updateContinuousBackups', { TableName, PointInTimeRecoverySpecification });
}

export const dynamodbProviders = [table];
