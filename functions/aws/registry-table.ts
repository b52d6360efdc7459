import {
  type AttributeValue,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { RegistryConflict } from '../runtime/errors.ts';
import { fromItem, toAttribute, toItem } from './attribute-values.ts';
import { awsCode, calling, classify } from './classify.ts';
import { abortedBy } from './client-settings.ts';

/** What must be true of an item for a write to happen: each named field equals the value, or is absent where null is given. */
export type Expectation<T> = { readonly [K in keyof T]?: T[K] | null };

/** Fields to set; a field given as null is removed. */
export type Patch<T> = { readonly [K in keyof T]?: T[K] | null };

/** Of an item. */
export interface Key {
  readonly pk: string;
  readonly sk: string;
}

/** A table of items, each read and written as a plain object. Reads are strongly consistent; a condition that fails throws RegistryConflict. */
export function openTable(client: DynamoDBClient, TableName: string) {
  return {
    async get<T>(key: Key, signal?: AbortSignal): Promise<T | undefined> {
      const command = new GetItemCommand({ TableName, Key: toItem(key), ConsistentRead: true });
      const { Item } = await calling('dynamodb:GetItem', client.send(command, abortedBy(signal)));
      return Item && withoutKey<T>(fromItem(Item));
    },
    async query(pk: string, prefix: string, signal?: AbortSignal): Promise<Record<string, unknown>[]> {
      const items: Record<string, unknown>[] = [];
      let ExclusiveStartKey: Record<string, AttributeValue> | undefined;
      do {
        const command = new QueryCommand({
          TableName,
          ConsistentRead: true,
          KeyConditionExpression: prefix === '' ? 'pk = :pk' : 'pk = :pk AND begins_with(sk, :sk)',
          ExpressionAttributeValues: { ':pk': { S: pk }, ...(prefix !== '' && { ':sk': { S: prefix } }) },
          ...(ExclusiveStartKey && { ExclusiveStartKey }),
        });
        const page = await calling('dynamodb:Query', client.send(command, abortedBy(signal)));
        items.push(...(page.Items ?? []).map(fromItem));
        ExclusiveStartKey = page.LastEvaluatedKey;
      } while (ExclusiveStartKey);
      return items;
    },
    async put<T extends object>(
      key: Key,
      record: T,
      expected?: Expectation<T> | 'absent',
      signal?: AbortSignal,
    ) {
      const Item = toItem({ ...record, ...key });
      const command = new PutItemCommand({ TableName, Item, ...expressionOf(undefined, expected) });
      await conditional('dynamodb:PutItem', key, client.send(command, abortedBy(signal)));
    },
    async update<T>(key: Key, patch: Patch<T>, expected?: Expectation<T>, signal?: AbortSignal) {
      const expression = expressionOf(patch, expected ?? {});
      const command = new UpdateItemCommand({ TableName, Key: toItem(key), ...expression });
      await conditional('dynamodb:UpdateItem', key, client.send(command, abortedBy(signal)));
    },
  };
}

/**
 * Names and values of an update and its condition. An update without expectation still asks that the item is there: UpdateItem would
 * otherwise make a new one that is only the patch.
 */
function expressionOf(patch: object | undefined, expected: object | 'absent' | undefined) {
  const names: Record<string, string> = {};
  const values: Record<string, AttributeValue> = {};
  const name = (field: string) => {
    names[`#${field}`] = field;
    return `#${field}`;
  };
  const value = (prefix: string, field: string, content: unknown) => {
    values[`:${prefix}_${field}`] = toAttribute(content);
    return `:${prefix}_${field}`;
  };
  const changes = Object.entries(patch ?? {}).filter(([, content]) => content !== undefined);
  const sets = changes.filter(([, content]) => content !== null);
  const removes = changes.filter(([, content]) => content === null);
  const update = [
    sets.length > 0 && `SET ${sets.map(([f, c]) => `${name(f)} = ${value('set', f, c)}`).join(', ')}`,
    removes.length > 0 && `REMOVE ${removes.map(([f]) => name(f)).join(', ')}`,
  ].filter((part) => part !== false);
  const conditions = expected === 'absent' ? [`attribute_not_exists(${name('pk')})`] : [];
  if (expected !== undefined && expected !== 'absent') {
    conditions.push(`attribute_exists(${name('pk')})`);
    for (const [field, content] of Object.entries(expected))
      conditions.push(
        content === null
          ? `attribute_not_exists(${name(field)})`
          : `${name(field)} = ${value('if', field, content)}`,
      );
  }
  return {
    ...(update.length > 0 && { UpdateExpression: update.join(' ') }),
    ...(conditions.length > 0 && { ConditionExpression: conditions.join(' AND ') }),
    ...(Object.keys(names).length > 0 && { ExpressionAttributeNames: names }),
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
  };
}

async function conditional(call: string, key: Key, promise: Promise<unknown>): Promise<void> {
  try {
    await promise;
  } catch (error) {
    if (awsCode(error) === 'ConditionalCheckFailedException')
      throw new RegistryConflict(`${key.pk} ${key.sk} is not as expected`, { cause: error });
    throw classify(error, call);
  }
}

export function withoutKey<T>(item: Record<string, unknown>): T {
  const { pk: _pk, sk: _sk, ...record } = item;
  return record as T;
}
