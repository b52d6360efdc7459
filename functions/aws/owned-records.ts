import {
  type AttributeValue,
  DeleteItemCommand,
  DynamoDBClient,
  paginateQuery,
} from '@aws-sdk/client-dynamodb';
import type { Owner } from '../clusters/ownership.ts';
import type { Lease } from '../leases/contracts.ts';
import type { Config } from '../runtime/config.ts';
import { fromItem, toItem } from './attribute-values.ts';
import { awsCode, calling, classify } from './classify.ts';
import { abortedBy, clientSettings } from './client-settings.ts';
import { registryKeys } from './registry.ts';

/** An item of the registry, by its key. */
export interface OwnedRecord {
  readonly pk: string;
  readonly sk: string;
}

/** Everything that the registry has of a cluster: what it is promised, what was made, what was seen, who works on it. */
export interface OwnedRecords {
  /**
   * In the order in which it may go: the cluster's record after all else but its name in the index, so that a run that dies before can be
   * taken up, and the lease of the cluster at last, since nobody may act without it.
   */
  ofCluster(cluster: string, signal?: AbortSignal): Promise<OwnedRecord[]>;
  /** Deletes one; what is gone already, or another's by now, is done. The lease goes only as the one that is given. */
  remove(record: OwnedRecord, lease: Lease, owner: Owner, signal?: AbortSignal): Promise<void>;
}

export function makeOwnedRecords(config: Config): OwnedRecords {
  const client = new DynamoDBClient(clientSettings(config));
  const TableName = config.registryTable;
  const query = async (pk: string, signal?: AbortSignal) => {
    const request = {
      TableName,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: pk } },
    };
    const all = async () => {
      const items: Record<string, unknown>[] = [];
      for await (const page of paginateQuery({ client }, request, abortedBy(signal)))
        items.push(...(page.Items ?? []).map(fromItem));
      return items;
    };
    return calling('dynamodb:Query', all());
  };
  return {
    async ofCluster(cluster, signal) {
      const [addresses, items, names] = await Promise.all([
        query(registryKeys.address('').pk, signal),
        query(registryKeys.cluster(cluster).pk, signal),
        query(registryKeys.index('').pk, signal),
      ]);
      const found = [
        ...addresses.filter((item) => item.cluster === cluster),
        ...items,
        ...names.filter((item) => item.sk === cluster),
      ].map(({ pk, sk }) => ({ pk: String(pk), sk: String(sk) }));
      return found.sort((one, other) => rank(one, cluster) - rank(other, cluster));
    },
    async remove(record, lease, { cluster }, signal) {
      const condition = conditionOf(record, lease, cluster);
      const command = new DeleteItemCommand({ TableName, Key: toItem(record), ...condition });
      try {
        await client.send(command, abortedBy(signal));
      } catch (error) {
        if (awsCode(error) !== 'ConditionalCheckFailedException')
          throw classify(error, 'dynamodb:DeleteItem');
      }
    },
  };
}

/** Where a record stands in the order of going. */
function rank(record: OwnedRecord, cluster: string): number {
  const last = [
    registryKeys.cluster(cluster),
    registryKeys.index(cluster),
    registryKeys.lease(cluster, 'cluster'),
  ];
  return 1 + last.findIndex(({ pk, sk }) => pk === record.pk && sk === record.sk);
}

/** An address may have been promised to another meanwhile, and a lease be another's. The rest has the cluster in its key. */
function conditionOf(record: OwnedRecord, lease: Lease, cluster: string) {
  const values = (entries: Record<string, unknown>): Record<string, AttributeValue> => toItem(entries);
  if (record.pk === registryKeys.address('').pk)
    return {
      ConditionExpression: '#cluster = :cluster',
      ExpressionAttributeNames: { '#cluster': 'cluster' },
      ExpressionAttributeValues: values({ ':cluster': cluster }),
    };
  const own = registryKeys.lease(cluster, lease.scope);
  if (record.pk !== own.pk || record.sk !== own.sk) return {};
  return {
    ConditionExpression: '#holder = :holder AND #token = :token',
    ExpressionAttributeNames: { '#holder': 'holder', '#token': 'token' },
    ExpressionAttributeValues: values({ ':holder': lease.holder, ':token': lease.token }),
  };
}
