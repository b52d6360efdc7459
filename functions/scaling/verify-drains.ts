/**
 * Looks what has become of drains that were started.
 *
 * Changes nothing, so a repeat is safe.
 */
import { type Executions, makeExecutions } from '../aws/executions.ts';
import { task } from '../runtime/task.ts';
import { verifyDrains } from './contracts.ts';
import { decideDrainsVerdict } from './decide-drains-verdict.ts';

export interface VerifyDrainsDeps {
  readonly executions: Pick<Executions, 'describe'>;
}

export const handler = task(
  verifyDrains,
  (config): VerifyDrainsDeps => ({ executions: makeExecutions(config) }),
  async ({ cluster, drains }, { executions }, { log, signal }) => {
    const looked = await Promise.all(
      drains.map(async (drain) => ({
        drain,
        execution: await executions.describe(drain.executionArn, signal),
      })),
    );
    const verdict = decideDrainsVerdict(looked);
    log.info('verdict', { cluster, ...verdict });
    return verdict;
  },
);
