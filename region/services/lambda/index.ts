import type { Lambda } from '@aws-sdk/client-lambda';
import type { Kernel, Operations, Service } from '../../kernel/kernel.ts';
import { createAsyncInvocations } from './async-invocations.ts';
import { functionOperations, functionReadingOperations } from './function-operations.ts';
import { createFunctions } from './functions.ts';
import { createInvoke } from './invoke.ts';
import { policyOperations } from './policy-operations.ts';
import { createPool } from './pool.ts';
import { createRunner, type RanHash } from './run.ts';
import { sideOperations, versionOperations } from './version-operations.ts';

export type { RanHash } from './run.ts';

export interface LambdaService extends Service {
  readonly id: 'lambda';
  /** Every module that an environment loaded so far, with its hash: what ran is what would be uploaded (issue 2). */
  ranHashes(): readonly RanHash[];
}

export interface LambdaOptions {
  /** Environments that may be busy at once over all functions: the account's concurrency. A laptop has less than AWS's 1000. */
  readonly concurrency?: number;
}

/**
 * AWS Lambda: deployed Node.js bundles, each environment a worker thread with a heap and a process.env of its own (design §9). Functions
 * are `Active` as soon as they are made.
 */
export function createLambda(kernel: Kernel, options: LambdaOptions = {}): LambdaService {
  const functions = createFunctions(kernel);
  const pool = createPool(kernel, options.concurrency ?? 64);
  const runner = createRunner(kernel, pool);
  const background = createAsyncInvocations(kernel, runner);
  const operations = {
    ...functionOperations(kernel, functions, runner),
    ...functionReadingOperations(functions, runner),
    ...versionOperations(kernel, functions),
    ...policyOperations(kernel, functions),
    ...sideOperations(kernel, functions),
    invoke: createInvoke(kernel, functions, runner, background),
  } satisfies Operations<Lambda>;
  return { id: 'lambda', operations, ranHashes: runner.ranHashes, stop: pool.stop };
}
