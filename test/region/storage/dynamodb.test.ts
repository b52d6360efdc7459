import { beforeEach, describe, expect, test } from 'vitest';
import { createEngine } from '../../../region/services/dynamodb/engine.ts';
import { createDynamodb } from '../../../region/services/dynamodb/index.ts';
import { eventually } from '../../support/eventually.ts';
import { caller, refusal, refusedWith, regionOf } from './support.ts';

type Call = ReturnType<typeof caller>;
let dynamodb: Call;

const table = {
  TableName: 'registry',
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'S' },
  ],
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
};

beforeEach(async () => {
  dynamodb = caller(await regionOf(createDynamodb), 'dynamodb');
});

async function createTable(extra: object = {}): Promise<void> {
  await dynamodb('createTable', { ...table, ...extra });
  await eventually(async () => (await described()).TableStatus === 'ACTIVE');
}

async function described(): Promise<Record<string, unknown>> {
  const { Table } = await dynamodb<{ Table: Record<string, unknown> }>('describeTable', {
    TableName: 'registry',
  });
  return Table;
}

describe('tables', () => {
  test('a table is created, described with its ARN, listed and deleted', async () => {
    const { TableDescription } = await dynamodb<{ TableDescription: Record<string, unknown> }>(
      'createTable',
      table,
    );
    expect(TableDescription).toMatchObject({
      TableStatus: 'CREATING',
      TableArn: 'arn:aws:dynamodb:us-east-1:123456789012:table/registry',
    });
    expect(TableDescription.CreationDateTime).toBeInstanceOf(Date);
    await eventually(async () => (await described()).TableStatus === 'ACTIVE');
    expect(await dynamodb('listTables')).toEqual({ TableNames: ['registry'] });
    await dynamodb('deleteTable', { TableName: 'registry' });
    await eventually(async () => (await refusedWith(described())) === 'ResourceNotFoundException');
  });

  test('a second table of the name is refused', async () => {
    await createTable();
    expect(await refusedWith(dynamodb('createTable', table))).toBe('ResourceInUseException');
  });

  test('deletion protection, encryption and tags are kept, and protection refuses the deletion', async () => {
    await createTable({
      DeletionProtectionEnabled: true,
      SSESpecification: {
        Enabled: true,
        SSEType: 'KMS',
        KMSMasterKeyId: 'arn:aws:kms:us-east-1:123456789012:key/k',
      },
      Tags: [{ Key: 'trivet:deployment', Value: 'trivet' }],
    });
    expect(await described()).toMatchObject({
      DeletionProtectionEnabled: true,
      SSEDescription: {
        Status: 'ENABLED',
        SSEType: 'KMS',
        KMSMasterKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/k',
      },
    });
    expect(
      await dynamodb('listTagsOfResource', {
        ResourceArn: 'arn:aws:dynamodb:us-east-1:123456789012:table/registry',
      }),
    ).toEqual({ Tags: [{ Key: 'trivet:deployment', Value: 'trivet' }] });
    expect(await refusedWith(dynamodb('deleteTable', { TableName: 'registry' }))).toBe('ValidationException');
    await dynamodb('updateTable', { TableName: 'registry', DeletionProtectionEnabled: false });
    await dynamodb('deleteTable', { TableName: 'registry' });
  });

  test('point-in-time recovery and time to live are remembered', async () => {
    await createTable();
    await dynamodb('updateContinuousBackups', {
      TableName: 'registry',
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    });
    expect(await dynamodb('describeContinuousBackups', { TableName: 'registry' })).toMatchObject({
      ContinuousBackupsDescription: {
        PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: 'ENABLED', RecoveryPeriodInDays: 35 },
      },
    });
    const specification = {
      TableName: 'registry',
      TimeToLiveSpecification: { Enabled: true, AttributeName: 'ttl' },
    };
    await dynamodb('updateTimeToLive', specification);
    expect(await dynamodb('describeTimeToLive', { TableName: 'registry' })).toEqual({
      TimeToLiveDescription: { TimeToLiveStatus: 'ENABLED', AttributeName: 'ttl' },
    });
    expect(await refusal(dynamodb('updateTimeToLive', specification))).toMatchObject({
      code: 'ValidationException',
      message: 'TimeToLive is already enabled',
    });
    expect(await refusedWith(dynamodb('describeContinuousBackups', { TableName: 'other' }))).toBe(
      'TableNotFoundException',
    );
  });
});

describe('items', () => {
  const item = { pk: { S: 'cluster#demo' }, sk: { S: 'cluster' }, token: { N: '1' } };
  const key = { pk: item.pk, sk: item.sk };

  beforeEach(() => createTable());

  test('an item comes back with bytes as bytes, however deep they lie', async () => {
    const bytes = new Uint8Array([0, 1, 254, 255]);
    const deep = { M: { B: { B: bytes }, list: { L: [{ BS: [bytes] }, { NULL: true }] } } };
    await dynamodb('putItem', { TableName: 'registry', Item: { ...item, raw: { B: bytes }, deep } });
    expect(await dynamodb('getItem', { TableName: 'registry', Key: key, ConsistentRead: true })).toEqual({
      Item: { ...item, raw: { B: bytes }, deep },
    });
  });

  test('an absent item is an answer without Item', async () => {
    expect(await dynamodb('getItem', { TableName: 'registry', Key: key })).toEqual({});
  });

  test('a failed condition gives back the item that it saw when asked to', async () => {
    await dynamodb('putItem', { TableName: 'registry', Item: item });
    const write = {
      TableName: 'registry',
      Item: { ...item, token: { N: '2' } },
      ConditionExpression: 'attribute_not_exists(pk)',
    };
    expect(await refusal(dynamodb('putItem', write))).toMatchObject({
      code: 'ConditionalCheckFailedException',
      status: 400,
      message: 'The conditional request failed',
      members: {},
    });
    expect(
      await refusal(dynamodb('putItem', { ...write, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' })),
    ).toMatchObject({ code: 'ConditionalCheckFailedException', members: { Item: item } });
    expect(
      await refusal(
        dynamodb('updateItem', {
          TableName: 'registry',
          Key: key,
          UpdateExpression: 'SET #t = :two',
          ConditionExpression: '#t = :two',
          ExpressionAttributeNames: { '#t': 'token' },
          ExpressionAttributeValues: { ':two': { N: '2' } },
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      ),
    ).toMatchObject({ code: 'ConditionalCheckFailedException', members: { Item: item } });
  });

  test('of many conditional takers of one lease exactly one wins, and the others see the winner', async () => {
    const takers = Array.from({ length: 20 }, (_, index) =>
      dynamodb('putItem', {
        TableName: 'registry',
        Item: { ...item, holder: { S: `taker-${index}` } },
        ConditionExpression: 'attribute_not_exists(pk)',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }).then(
        () => ({ won: `taker-${index}` }),
        (error: { members: { Item: { holder: { S: string } } } }) => ({
          lostTo: error.members.Item.holder.S,
        }),
      ),
    );
    const results = await Promise.all(takers);
    const winners = results.flatMap((each) => ('won' in each ? [each.won] : []));
    expect(winners).toHaveLength(1);
    expect(new Set(results.flatMap((each) => ('lostTo' in each ? [each.lostTo] : [])))).toEqual(
      new Set(winners),
    );
  });

  test('a query reads one partition in the order of its sort keys, page by page', async () => {
    for (const sk of ['slot#b', 'cluster', 'slot#a']) {
      await dynamodb('putItem', { TableName: 'registry', Item: { pk: item.pk, sk: { S: sk } } });
    }
    await dynamodb('putItem', {
      TableName: 'registry',
      Item: { pk: { S: 'cluster#other' }, sk: { S: 'slot#a' } },
    });
    const query = {
      TableName: 'arn:aws:dynamodb:us-east-1:123456789012:table/registry',
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :slot)',
      ExpressionAttributeValues: { ':pk': item.pk, ':slot': { S: 'slot#' } },
      Limit: 1,
    };
    const first = await dynamodb<{ Items: object[]; LastEvaluatedKey: object }>('query', query);
    expect(first.Items).toEqual([{ pk: item.pk, sk: { S: 'slot#a' } }]);
    const second = await dynamodb<{ Items: object[] }>('query', {
      ...query,
      ExclusiveStartKey: first.LastEvaluatedKey,
    });
    expect(second.Items).toEqual([{ pk: item.pk, sk: { S: 'slot#b' } }]);
  });

  test('batches write and read several items', async () => {
    await dynamodb('batchWriteItem', { RequestItems: { registry: [{ PutRequest: { Item: item } }] } });
    expect(await dynamodb('batchGetItem', { RequestItems: { registry: { Keys: [key] } } })).toMatchObject({
      Responses: { registry: [item] },
    });
  });

  test('empty text and bytes may stand in attributes, not in keys', async () => {
    const empty = { ...item, text: { S: '' }, bytes: { B: new Uint8Array() } };
    await dynamodb('putItem', { TableName: 'registry', Item: empty });
    expect(await dynamodb('getItem', { TableName: 'registry', Key: key })).toEqual({ Item: empty });
    expect(
      await refusedWith(dynamodb('putItem', { TableName: 'registry', Item: { ...item, pk: { S: '' } } })),
    ).toBe('ValidationException');
  });

  test('an item above 400 KB, a wrong key and an unknown table are refused', async () => {
    const large = { ...item, blob: { S: 'x'.repeat(400 * 1024) } };
    expect(await refusedWith(dynamodb('putItem', { TableName: 'registry', Item: large }))).toBe(
      'ValidationException',
    );
    expect(await refusedWith(dynamodb('getItem', { TableName: 'registry', Key: { pk: item.pk } }))).toBe(
      'ValidationException',
    );
    expect(await refusedWith(dynamodb('getItem', { TableName: 'nothing', Key: key }))).toBe(
      'ResourceNotFoundException',
    );
  });

  test('a transaction is a loud refusal', async () => {
    expect(await refusedWith(dynamodb('transactWriteItems', { TransactItems: [] }))).toBe(
      'NotImplementedByEmbeddedRegion',
    );
  });
});

describe('the end of the region', () => {
  test('waits for what is under way, and refuses what comes after it as a service that is not there', async () => {
    const engine = createEngine('123456789012', 'us-east-1');
    await engine.run('createTable', table);
    const status = async () =>
      (await engine.run<{ Table: { TableStatus: string } }>('describeTable', { TableName: 'registry' })).Table
        .TableStatus;
    await eventually(async () => (await status()) === 'ACTIVE');
    const query = {
      TableName: 'registry',
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: 'demo' } },
    };
    const under = engine.run<{ Items: unknown[] }>('query', query);
    const closed = engine.close();
    expect((await under).Items).toEqual([]);
    await closed;
    await expect(engine.run('query', query)).rejects.toMatchObject({
      code: 'ServiceUnavailable',
      status: 503,
    });
  });
});
