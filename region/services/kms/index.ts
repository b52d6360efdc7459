import type { Kernel, Service } from '../../kernel/kernel.ts';
import { aliasOperations } from './aliases.ts';
import { cryptoOperations } from './crypto.ts';
import { grantOperations } from './grants.ts';
import { keyOperations } from './keys.ts';
import type { KmsState } from './state.ts';

/** KMS with symmetric keys: real AES-GCM, the keys in memory alone. */
export function createKms(kernel: Kernel): Service {
  const kms: KmsState = { kernel, keys: new Map(), aliases: new Map() };
  return {
    id: 'kms',
    operations: {
      ...keyOperations(kms),
      ...aliasOperations(kms),
      ...cryptoOperations(kms),
      ...grantOperations(kms),
    },
  };
}
