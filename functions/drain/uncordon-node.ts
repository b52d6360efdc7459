/**
 * Takes a node back whose drain was given up: it is schedulable again.
 *
 * Safe to repeat: only the marks that a drain of Trivet's has set are taken away, and where there are none, it is done.
 */
import { callingKubernetes } from '../kubernetes/open.ts';
import { task } from '../runtime/task.ts';
import { uncordonNode } from './contracts.ts';
import { makeDrainKubernetesDeps } from './evict-pods.ts';
import { unmarkNode } from './observe-node.ts';

export const handler = task(
  uncordonNode,
  makeDrainKubernetesDeps,
  async ({ observation: { cluster, instanceId } }, deps, { signal }) => {
    const client = await deps.open(deps, cluster, 'kubernetes-admin', signal);
    try {
      return { uncordoned: await callingKubernetes(() => unmarkNode(client, instanceId, signal)) };
    } finally {
      client.close();
    }
  },
);
