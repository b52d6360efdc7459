import type { Kernel, Service } from '../../kernel/kernel.ts';
import { createEngine } from './engine.ts';
import { itemOperations } from './items.ts';
import { tableSettingOperations } from './table-settings.ts';
import { type DynamodbState, tableOperations } from './tables.ts';

/** DynamoDB by dynalite, in memory. Transactions are not played: Trivet's registry needs none (single-item conditions only). */
export function createDynamodb(kernel: Kernel): Service {
  const dynamodb: DynamodbState = {
    kernel,
    engine: createEngine(kernel.accountId, kernel.region),
    settings: new Map(),
  };
  return {
    id: 'dynamodb',
    operations: {
      ...tableOperations(dynamodb),
      ...tableSettingOperations(dynamodb),
      ...itemOperations(dynamodb),
    },
    stop: () => dynamodb.engine.close(),
  };
}
