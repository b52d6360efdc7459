import { isDeepStrictEqual } from 'node:util';
import { finishDeletion } from '../deletion.ts';
import {
  type ApiObject,
  at,
  type Json,
  numberOf,
  objectOf,
  secondsTime,
  withAt,
  withCondition,
} from '../json.ts';
import { type Resource, resourceOf } from '../resources.ts';
import { makesPods } from './decide-replicas.ts';
import type { Controllers } from './run.ts';

const nodes = resourceOf('nodes');
const workloads = [
  'deployments',
  'daemonsets',
  'replicasets',
  'statefulsets',
  'customresourcedefinitions',
].map(resourceOf);

/** A workload of which no pods are made, with the status that it would have if all of them ran. Pure. */
export function decideWorkload(object: ApiObject, allNodes: readonly ApiObject[], now: Date): ApiObject {
  const { generation } = object.metadata;
  const old = objectOf(object.status);
  const replicas = numberOf(at(object, 'spec', 'replicas'), 1);
  const conditions = (wanted: readonly (readonly [type: string, reason: string])[]) =>
    wanted.reduce<unknown>(
      (all, [type, reason]) =>
        withCondition(
          all,
          { type, status: 'True', reason, message: 'said by the API stand-in' },
          secondsTime(now),
        ),
      old.conditions,
    );
  const counted: Json = {
    observedGeneration: generation,
    replicas,
    readyReplicas: replicas,
    availableReplicas: replicas,
  };
  const statuses: Readonly<Record<string, () => Json>> = {
    Deployment: () => ({
      ...counted,
      updatedReplicas: replicas,
      conditions: conditions([
        ['Available', 'MinimumReplicasAvailable'],
        ['Progressing', 'NewReplicaSetAvailable'],
      ]),
    }),
    ReplicaSet: () => ({ ...counted, fullyLabeledReplicas: replicas }),
    StatefulSet: () => ({
      ...counted,
      currentReplicas: replicas,
      updatedReplicas: replicas,
      collisionCount: 0,
    }),
    DaemonSet: () => daemons(object, allNodes),
    CustomResourceDefinition: () => ({
      ...old,
      conditions: conditions([
        ['NamesAccepted', 'NoConflicts'],
        ['Established', 'InitialNamesAccepted'],
      ]),
    }),
  };
  const status = statuses[object.kind]?.() ?? old;
  return isDeepStrictEqual(status, object.status) ? object : withAt(object, ['status'], status);
}

function daemons(object: ApiObject, allNodes: readonly ApiObject[]): Json {
  const selector = Object.entries(objectOf(at(object, 'spec', 'template', 'spec', 'nodeSelector')));
  const count = allNodes.filter(({ metadata }) =>
    selector.every(([label, value]) => metadata.labels?.[label] === value),
  ).length;
  return {
    observedGeneration: object.metadata.generation,
    currentNumberScheduled: count,
    desiredNumberScheduled: count,
    numberAvailable: count,
    numberMisscheduled: 0,
    numberReady: count,
    updatedNumberScheduled: count,
  };
}

export async function keepWorkloads({ now, store }: Controllers): Promise<void> {
  const all = (await store.list(nodes)).items;
  for (const resource of workloads) {
    for (const object of (await store.list(resource)).items) {
      if (makesPods(object) || decideWorkload(object, all, now()) === object) continue;
      const { name = '', namespace } = object.metadata;
      await store.change(resource, namespace, name, (current) => decideWorkload(current, all, now()));
    }
  }
}

/** Empties namespaces that are to go, and lets them go. */
export async function endNamespaces({ namespacedResources, store }: Controllers): Promise<void> {
  const namespaces = resourceOf('namespaces');
  for (const namespace of (await store.list(namespaces)).items) {
    if (namespace.metadata.deletionTimestamp === undefined) continue;
    const name = namespace.metadata.name ?? '';
    const left = await emptyNamespace(store, namespacedResources, name);
    if (left > 0) continue;
    const free = await store.change(namespaces, undefined, name, (current) =>
      withAt(current, ['spec', 'finalizers'], undefined),
    );
    await finishDeletion(store, namespaces, free);
  }
}

/** How many are left, since they have finalizers. */
async function emptyNamespace(
  store: Controllers['store'],
  resources: readonly Resource[],
  namespace: string,
): Promise<number> {
  let left = 0;
  for (const resource of resources) {
    for (const object of (await store.list(resource, { namespace })).items) {
      const removed = object.metadata.finalizers === undefined && (await store.remove(resource, object));
      if (removed === false || removed === undefined) left += 1;
    }
  }
  return left;
}
