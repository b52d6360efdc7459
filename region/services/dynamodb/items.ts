import type {
  AttributeValue,
  DynamoDB,
  GetItemCommandOutput,
  TableDescription,
} from '@aws-sdk/client-dynamodb';
import { AwsError } from '../../kernel/errors.ts';
import type { Operations } from '../../kernel/kernel.ts';
import type { EngineOperation } from './engine.ts';
import { type DynamodbState, named, tableName, tableOf } from './tables.ts';

type Item = Record<string, AttributeValue>;

interface ConditionalWrite {
  readonly TableName?: string | undefined;
  readonly ReturnValuesOnConditionCheckFailure?: string | undefined;
  readonly Key?: Item | undefined;
  readonly Item?: Item | undefined;
}

/** Reading and writing items. */
export function itemOperations(dynamodb: DynamodbState) {
  const { engine } = dynamodb;
  const write = createWriter(dynamodb);
  return {
    getItem: (input) => engine.run('getItem', named(input)),
    query: (input) => engine.run('query', named(input)),
    scan: (input) => engine.run('scan', named(input)),
    batchGetItem: (input) =>
      engine.run('batchGetItem', { ...input, RequestItems: byName(input.RequestItems) }),
    putItem: (input) => write('putItem', input),
    updateItem: (input) => write('updateItem', input),
    deleteItem: (input) => write('deleteItem', input),
    batchWriteItem: async (input) => {
      const RequestItems = byName(input.RequestItems);
      const tables = Object.keys(RequestItems ?? {});
      return write.exclusively(tables, () => engine.run('batchWriteItem', { ...input, RequestItems }));
    },
  } satisfies Operations<DynamoDB>;
}

function byName<T>(requests: Record<string, T> | undefined): Record<string, T> | undefined {
  return (
    requests &&
    Object.fromEntries(Object.entries(requests).map(([name, each]) => [tableName(name) ?? name, each]))
  );
}

/**
 * Writes one after another per table, so that the item which a failed condition gives back (`ReturnValuesOnConditionCheckFailure`, which
 * the engine does not know) is the one that the condition saw.
 */
function createWriter(dynamodb: DynamodbState) {
  const tails = new Map<string, Promise<unknown>>();
  const exclusively = async <O>(tables: readonly string[], action: () => Promise<O>): Promise<O> => {
    const before = tables.map((table) => tails.get(table));
    const done = Promise.allSettled(before).then(action);
    const settled = done.catch(() => undefined);
    for (const table of tables) tails.set(table, settled);
    return done;
  };
  const write = <O>(operation: EngineOperation, input: ConditionalWrite): Promise<O> => {
    const { ReturnValuesOnConditionCheckFailure: wanted, ...rest } = named(input);
    return exclusively([rest.TableName ?? ''], async () => {
      try {
        return await dynamodb.engine.run<O>(operation, rest);
      } catch (error) {
        const failed = error instanceof AwsError && error.code === 'ConditionalCheckFailedException';
        if (!failed || wanted !== 'ALL_OLD') throw error;
        const Item = await currentItem(dynamodb, rest);
        throw new AwsError(error.code, error.message, { members: Item ? { Item } : {} });
      }
    });
  };
  return Object.assign(write, { exclusively });
}

async function currentItem(dynamodb: DynamodbState, input: ConditionalWrite): Promise<Item | undefined> {
  const { table } = await tableOf(dynamodb, input.TableName);
  const Key = input.Key ?? keyOf(input.Item ?? {}, table);
  const answer = await dynamodb.engine.run<GetItemCommandOutput>('getItem', {
    TableName: input.TableName,
    Key,
    ConsistentRead: true,
  });
  return answer.Item;
}

function keyOf(item: Item, table: TableDescription): Item {
  const names = new Set((table.KeySchema ?? []).map((each) => each.AttributeName));
  return Object.fromEntries(Object.entries(item).filter(([name]) => names.has(name)));
}
