import { createHash } from 'node:crypto';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { pathOf } from '../kubernetes/paths.ts';
import type { Pod } from './kubernetes-objects.ts';
import { isUnschedulable } from './read-disruption.ts';

export const podsPath = pathOf({ apiVersion: 'v1', kind: 'Pod' });

/**
 * Shows a visitor every pod that the scheduler has found no place for, page by page, and tells what waits from what waits at another look: a
 * digest, the same for the same pods. Throws KubernetesError.
 */
export async function visitUnplaced(
  client: Pick<KubernetesClient, 'visit'>,
  visitor: (pod: Pod) => void,
  signal: AbortSignal,
): Promise<{ readonly waiting: string }> {
  const identities: string[] = [];
  await client.visit<Pod>(
    podsPath,
    { fieldSelector: 'spec.nodeName=' },
    (pod) => {
      if (!isUnschedulable(pod)) return;
      const { name, namespace, uid } = pod.metadata;
      identities.push(uid ?? `${namespace}/${name}`);
      visitor(pod);
    },
    signal,
  );
  return { waiting: createHash('sha256').update(identities.sort().join(' ')).digest('hex') };
}
