import type {
  CreateTableCommandInput,
  CreateTableCommandOutput,
  DeleteTableCommandOutput,
  DescribeTableCommandOutput,
  DynamoDB,
  SSESpecification,
  TableClass,
  TableDescription,
  UpdateTableCommandInput,
  UpdateTableCommandOutput,
} from '@aws-sdk/client-dynamodb';
import { AwsError, NotPlayedError } from '../../kernel/errors.ts';
import type { Kernel, Operations } from '../../kernel/kernel.ts';
import type { Engine } from './engine.ts';

/** What the engine does not know of a table, remembered here. */
export interface TableSettings {
  sse?: SSESpecification | undefined;
  tableClass?: TableClass | undefined;
  deletionProtection: boolean;
  /** Since when point-in-time recovery is on. */
  recoverySince?: Date;
  recoveryDays: number;
  timeToLiveAttribute?: string | undefined;
}

export interface DynamodbState {
  readonly kernel: Kernel;
  readonly engine: Engine;
  readonly settings: Map<string, TableSettings>;
}

/** The name in a table name or table ARN. */
export function tableName(nameOrArn: string | undefined): string | undefined {
  return nameOrArn?.replace(/^arn:aws:dynamodb:[^:]+:\d{12}:table\//, '');
}

/** Making, changing and describing tables. */
export function tableOperations(dynamodb: DynamodbState) {
  const { engine } = dynamodb;
  return {
    createTable: (input) => createTable(dynamodb, input),
    describeTable: async (input) => {
      const answer = await engine.run<DescribeTableCommandOutput>('describeTable', named(input));
      return { Table: describe(dynamodb, answer.Table) };
    },
    deleteTable: async (input) => {
      const name = tableName(input.TableName) ?? '';
      if (dynamodb.settings.get(name)?.deletionProtection) {
        throw invalid(
          'Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.',
        );
      }
      const answer = await engine.run<DeleteTableCommandOutput>('deleteTable', named(input));
      return { TableDescription: describe(dynamodb, answer.TableDescription) };
    },
    updateTable: (input) => updateTable(dynamodb, input),
    listTables: (input) => engine.run('listTables', input),
    tagResource: (input) => engine.run('tagResource', input),
    untagResource: (input) => engine.run('untagResource', input),
    listTagsOfResource: (input) => engine.run('listTagsOfResource', input),
  } satisfies Operations<DynamoDB>;
}

/** The input with the table's name in the place of its ARN. */
export function named<I extends { TableName?: string | undefined }>(input: I): I {
  return { ...input, TableName: tableName(input.TableName) };
}

async function createTable(dynamodb: DynamodbState, input: CreateTableCommandInput) {
  if (input.StreamSpecification?.StreamEnabled) throw new NotPlayedError('DynamoDB Streams');
  if (input.ResourcePolicy !== undefined) throw new NotPlayedError('a DynamoDB resource policy');
  if (input.OnDemandThroughput || input.WarmThroughput) {
    throw new NotPlayedError('limits of DynamoDB throughput');
  }
  const answer = await dynamodb.engine.run<CreateTableCommandOutput>('createTable', input);
  const arn = answer.TableDescription?.TableArn;
  dynamodb.settings.set(input.TableName ?? '', {
    sse: input.SSESpecification,
    tableClass: input.TableClass,
    deletionProtection: input.DeletionProtectionEnabled ?? false,
    recoveryDays: 35,
  });
  if (input.Tags && input.Tags.length > 0) {
    await dynamodb.engine.run('tagResource', { ResourceArn: arn, Tags: input.Tags });
  }
  return { TableDescription: describe(dynamodb, answer.TableDescription) };
}

async function updateTable(dynamodb: DynamodbState, input: UpdateTableCommandInput) {
  if (input.StreamSpecification?.StreamEnabled) throw new NotPlayedError('DynamoDB Streams');
  if (input.ReplicaUpdates || input.OnDemandThroughput || input.WarmThroughput) {
    throw new NotPlayedError('replicas and throughput limits of DynamoDB tables');
  }
  const {
    SSESpecification: sse,
    TableClass: tableClass,
    DeletionProtectionEnabled: protection,
    ...rest
  } = named(input);
  const { table, settings } = await tableOf(dynamodb, rest.TableName);
  const ours = sse !== undefined || tableClass !== undefined || protection !== undefined;
  // The engine checks the rest; it is left out only where there is no rest.
  const engineDescription =
    rest.BillingMode || rest.ProvisionedThroughput || rest.GlobalSecondaryIndexUpdates || !ours
      ? (await dynamodb.engine.run<UpdateTableCommandOutput>('updateTable', rest)).TableDescription
      : table;
  if (sse !== undefined) settings.sse = sse;
  if (tableClass !== undefined) settings.tableClass = tableClass;
  if (protection !== undefined) settings.deletionProtection = protection;
  return { TableDescription: describe(dynamodb, engineDescription) };
}

/** The table and what is remembered of it, or ResourceNotFoundException. */
export async function tableOf(
  dynamodb: DynamodbState,
  name: string | undefined,
): Promise<{ table: TableDescription; settings: TableSettings }> {
  const TableName = tableName(name);
  const { Table: table } = await dynamodb.engine.run<DescribeTableCommandOutput>('describeTable', {
    TableName,
  });
  const settings = dynamodb.settings.get(TableName ?? '');
  if (table && settings) return { table, settings };
  throw new AwsError(
    'ResourceNotFoundException',
    `Requested resource not found: Table: ${TableName} not found`,
  );
}

function describe(dynamodb: DynamodbState, table: TableDescription | undefined): TableDescription {
  const settings = dynamodb.settings.get(table?.TableName ?? '');
  const sse = settings?.sse;
  const { region, accountId } = dynamodb.kernel;
  return {
    ...table,
    DeletionProtectionEnabled: settings?.deletionProtection ?? false,
    ...(settings?.tableClass && { TableClassSummary: { TableClass: settings.tableClass } }),
    ...(sse?.Enabled && {
      SSEDescription: {
        Status: 'ENABLED',
        SSEType: 'KMS',
        KMSMasterKeyArn: sse.KMSMasterKeyId ?? `arn:aws:kms:${region}:${accountId}:alias/aws/dynamodb`,
      },
    }),
  };
}

export function invalid(message: string): AwsError {
  return new AwsError('ValidationException', message);
}
