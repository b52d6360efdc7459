import { apiServerPort } from '../../node/kubernetes/input.ts';
import { getText, type Objects } from '../aws/objects.ts';
import type { Registry } from '../aws/registry.ts';
import { objectKeys } from '../clusters/names.ts';
import { ClusterUnknown, KubernetesRefused, KubernetesUnavailable } from '../runtime/errors.ts';
import { createKubernetesClient, type KubernetesClient, KubernetesError } from './client.ts';
import { passes } from './client-errors.ts';

/** As whom a task speaks: an administrator by RBAC, or one beyond RBAC for the first bindings and for repair. */
export type KubernetesUser = keyof ReturnType<typeof objectKeys>['kubernetes'];

export interface KubernetesDeps {
  readonly registry: Pick<Registry, 'getSlots'>;
  readonly objects: Objects;
}

/**
 * A client of a cluster's API for a task in the VPC. It asks the slots' API servers themselves, the next one when one cannot be reached:
 * no name to resolve, and no wait until the load balancer has noticed a loss. Throws ClusterUnknown where the cluster or its
 * certificates are not there.
 */
export async function openKubernetes(
  { registry, objects }: KubernetesDeps,
  cluster: string,
  user: KubernetesUser,
  signal?: AbortSignal,
): Promise<KubernetesClient> {
  const slots = await registry.getSlots(cluster, signal);
  if (slots.length === 0) throw new ClusterUnknown(`the registry has no slots of a cluster ${cluster}`);
  const certificates = await readKubernetesCertificates(objects, cluster, user, signal);
  return createKubernetesClient({
    endpoints: slots.map(({ address }) => `https://${address}:${apiServerPort}`),
    ...certificates,
  });
}

/** Trivet's own client certificate for a cluster's API. */
export async function readKubernetesCertificates(
  objects: Objects,
  cluster: string,
  user: KubernetesUser,
  signal?: AbortSignal,
): Promise<{ readonly ca: string; readonly cert: string; readonly key: string }> {
  const keys = objectKeys(cluster).kubernetes[user];
  const [ca, cert, key] = await Promise.all(
    [keys.ca, keys.certificate, keys.key].map((name) => getText(objects, name, signal)),
  );
  if (!ca || !cert || !key)
    throw new ClusterUnknown(`the bucket has no certificate ${user} of a cluster ${cluster}`);
  return { ca, cert, key };
}

/** Runs calls to a cluster's API and says their failures in the tasks' own errors: KubernetesUnavailable or KubernetesRefused. */
export async function callingKubernetes<T>(calls: () => Promise<T>): Promise<T> {
  try {
    return await calls();
  } catch (error) {
    if (!(error instanceof KubernetesError)) throw error;
    const { message } = error;
    throw passes(error.kind)
      ? new KubernetesUnavailable(message, { cause: error })
      : new KubernetesRefused(message, { cause: error });
  }
}
