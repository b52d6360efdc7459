/**
 * Applies a cluster's add-ons, stage by stage, and deletes what an earlier set of them had and this one has not.
 *
 * Safe to repeat: server-side apply makes an object what it is to be, whatever it was. The inventory of what was ever applied is written
 * before the first apply, so that a death in between leaves no object that nobody knows of (ADR 15).
 */
import { makeObjects, type Objects } from '../aws/objects.ts';
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { type Acting, openCluster } from '../clusters/acting.ts';
import { ResourceNotReady } from '../runtime/errors.ts';
import { task } from '../runtime/task.ts';
import { namespace } from './add-ons/manifest.ts';
import type { AddOn } from './add-ons/render.ts';
import type { KubernetesClient, KubernetesObject } from './client.ts';
import { applyAddOns } from './contracts.ts';
import { decidePruning, lineOf } from './decide-pruning.ts';
import { callingKubernetes, openKubernetes } from './open.ts';
import { pathOf, pathOfObject } from './paths.ts';
import { wantedKubernetes } from './wanted-kubernetes.ts';

export interface ApplyDeps {
  readonly registry: Registry;
  readonly objects: Objects;
  readonly open: typeof openKubernetes;
}

interface Inventory extends KubernetesObject {
  readonly data?: { readonly objects?: string };
}

const inventoryName = 'trivet-add-ons';
const inventoryPath = pathOf({ apiVersion: 'v1', kind: 'ConfigMap', namespace, name: inventoryName });

export const handler = task(
  applyAddOns,
  (config): ApplyDeps => ({
    registry: makeRegistry(config),
    objects: makeObjects(config),
    open: openKubernetes,
  }),
  async (input, deps, { config, signal, log }) => {
    const { record, act } = await openCluster(deps.registry, input, config.deployment, signal);
    const wanted = wantedKubernetes(record, config);
    if (!wanted)
      throw new ResourceNotReady(`${input.cluster} has no load balancer yet, which its add-ons must name`);
    const client = await deps.open(deps, input.cluster, 'kubernetes-admin', signal);
    try {
      return await callingKubernetes(async () => {
        const lines = wanted.addOns.flatMap(({ objects }) =>
          objects.map(({ apiVersion, kind, metadata }) => lineOf({ apiVersion, kind, ...metadata })),
        );
        const recorded =
          (await client.get<Inventory>(inventoryPath, signal))?.data?.objects?.split('\n') ?? [];
        await writeInventory(client, act, [...new Set([...recorded, ...lines])], signal);
        const applied = await applyStages(client, act, wanted.addOns, signal);
        const obsolete = decidePruning(recorded, lines);
        for (const one of obsolete) await act(() => client.delete(pathOf(one), {}, signal));
        await writeInventory(client, act, lines, signal);
        log.info('applied', { applied, pruned: obsolete.length, hash: wanted.hash });
        return { applied, pruned: obsolete.length, hash: wanted.hash };
      });
    } finally {
      client.close();
    }
  },
);

type Act = Acting['act'];

/** Add-ons of one stage side by side, an add-on's objects in their order: an account before the pods that name it. */
async function applyStages(
  client: KubernetesClient,
  act: Act,
  addOns: readonly AddOn[],
  signal: AbortSignal,
): Promise<number> {
  const stages = [...new Set(addOns.map(({ stage }) => stage))].sort((one, two) => one - two);
  for (const stage of stages)
    await Promise.all(
      addOns
        .filter((addOn) => addOn.stage === stage)
        .map(async ({ objects }) => {
          for (const object of objects) await act(() => client.apply(pathOfObject(object), object, signal));
        }),
    );
  return addOns.reduce((sum, { objects }) => sum + objects.length, 0);
}

async function writeInventory(
  client: KubernetesClient,
  act: Act,
  lines: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const inventory = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: inventoryName, namespace, labels: { 'app.kubernetes.io/managed-by': 'trivet' } },
    data: { objects: lines.toSorted().join('\n') },
  };
  await act(() => client.apply(inventoryPath, inventory, signal));
}
