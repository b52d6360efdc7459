import { provision } from '../../cli/commands/provision.ts';
import { awaitKubernetes, readyWorkers } from '../../cli/kubernetes.ts';
import { makeObjects, type Objects } from '../../functions/aws/objects.ts';
import { makeRegistry, type Registry } from '../../functions/aws/registry.ts';
import type { ClusterSpec } from '../../functions/clusters/spec.ts';
import type { KubernetesClient } from '../../functions/kubernetes/client.ts';
import { openKubernetes } from '../../functions/kubernetes/open.ts';
import { type DeployedRegion, deployRegion } from './deployed-region.ts';

/** For commands that are run as `trivet --json` does, without anybody to read them. */
export const silent = { json: true, say: () => {}, result: () => {} };

/** A region with a cluster in it whose workers have joined, and a client of its API. */
export interface ProvisionedCluster {
  readonly deployed: DeployedRegion;
  readonly spec: ClusterSpec;
  readonly registry: Registry;
  readonly objects: Objects;
  /** As an administrator. */
  readonly kubernetes: KubernetesClient;
  /** Ends the region; nothing is left. */
  stop(): Promise<void>;
}

/**
 * Deploys a region and provisions a cluster in it, as a person does, and waits until it is whole: API servers, nodes, and the least number of
 * workers. `prepare` is called with the region before anything is launched.
 */
export async function provisionCluster(
  spec: ClusterSpec,
  prepare: (deployed: DeployedRegion) => void = () => {},
): Promise<ProvisionedCluster> {
  const deployed = await deployRegion();
  try {
    prepare(deployed);
    const { target } = deployed;
    const { status, cause } = await provision(target, spec, silent);
    if (status !== 'SUCCEEDED') throw new Error(`${spec.name} was not provisioned: ${cause ?? status}`);
    const workers = spec.pools.reduce((sum, { min }) => sum + min, 0);
    const { signal } = new AbortController();
    const health = await awaitKubernetes(target, spec.name, { signal, timeoutSeconds: 120, workers });
    if (!health?.ready || readyWorkers(health) < workers)
      throw new Error(
        `${spec.name} is not whole: ${health?.reason ?? 'it was not seen'}; ${readyWorkers(health)} of ${workers} workers`,
      );
    const deps = { registry: makeRegistry(target.config), objects: makeObjects(target.config) };
    const kubernetes = await openKubernetes(deps, spec.name, 'kubernetes-admin');
    const stop = (): Promise<void> => {
      kubernetes.close();
      return deployed.stop();
    };
    return { deployed, spec, kubernetes, stop, ...deps };
  } catch (error) {
    await deployed.stop();
    throw error;
  }
}
