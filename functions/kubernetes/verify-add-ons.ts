/**
 * Looks whether a cluster's add-ons are rolled out, and says which are not and why.
 *
 * Changes nothing, so a repeat is safe: workflows poll it.
 */
import { makeObjects, type Objects } from '../aws/objects.ts';
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { ClusterUnknown } from '../runtime/errors.ts';
import { task } from '../runtime/task.ts';
import { verifyAddOns } from './contracts.ts';
import { unready, type Workload } from './decide-add-ons-ready.ts';
import { callingKubernetes, openKubernetes } from './open.ts';
import { pathOf } from './paths.ts';
import { wantedKubernetes } from './wanted-kubernetes.ts';

export interface VerifyAddOnsDeps {
  readonly registry: Registry;
  readonly objects: Objects;
  readonly open: typeof openKubernetes;
}

export const handler = task(
  verifyAddOns,
  (config): VerifyAddOnsDeps => ({
    registry: makeRegistry(config),
    objects: makeObjects(config),
    open: openKubernetes,
  }),
  async ({ cluster }, deps, { config, signal }) => {
    const record = await deps.registry.getCluster(cluster, signal);
    if (!record) throw new ClusterUnknown(`the registry knows no cluster ${cluster}; provision it first`);
    if (record.spec.network.cni === 'none')
      return { verified: true, reason: 'not awaited: the pods’ network is yours to install' };
    const awaits = wantedKubernetes(record, config)?.addOns.flatMap((addOn) => addOn.awaits) ?? [];
    const client = await deps.open(deps, cluster, 'kubernetes-admin', signal);
    try {
      const rollouts = await callingKubernetes(() =>
        Promise.all(
          awaits.map(async (awaited) => ({
            awaited,
            found: await client.get<Workload>(pathOf({ apiVersion: 'apps/v1', ...awaited }), signal),
          })),
        ),
      );
      const missing = unready(rollouts);
      const reason = missing.length === 0 ? `${awaits.length} workloads are rolled out` : missing.join('; ');
      return { verified: missing.length === 0, reason };
    } finally {
      client.close();
    }
  },
);
