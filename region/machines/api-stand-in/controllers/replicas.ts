import { isDeepStrictEqual } from 'node:util';
import { decideDeletion } from '../deletion.ts';
import { type ApiObject, type Json, textOf, withAt } from '../json.ts';
import { prepareCreate } from '../prepare.ts';
import { type Resource, resourceOf } from '../resources.ts';
import { StatusError } from '../status-error.ts';
import {
  controllerOf,
  decideDaemonSet,
  decideDeployment,
  decideReplicaSet,
  makesPods,
} from './decide-replicas.ts';
import type { Controllers } from './run.ts';

const [pods, replicaSets, daemonSets, deployments, nodes, namespaces] = [
  'pods',
  'replicasets',
  'daemonsets',
  'deployments',
  'nodes',
  'namespaces',
].map(resourceOf) as [Resource, Resource, Resource, Resource, Resource, Resource];

/**
 * Stands for the controllers of Deployments, ReplicaSets and DaemonSets and for the garbage collector, for workloads whose pods are made.
 * A repeat sees what the last look has made: reads go through etcd's quorum.
 */
export async function keepReplicas(controllers: Controllers): Promise<void> {
  const { now, store } = controllers;
  const list = async (resource: Resource) => (await store.list(resource)).items;
  // Owners after what they own: whoever is missing then is gone.
  const present = await list(pods);
  const sets = await list(replicaSets);
  const [daemons, allDeployments, allNodes] = await Promise.all([
    list(daemonSets),
    list(deployments),
    list(nodes),
  ]);
  const ending = new Set(
    (await list(namespaces))
      .filter(({ metadata }) => metadata.deletionTimestamp !== undefined)
      .map(({ metadata }) => metadata.name ?? ''),
  );
  const isKept = (object: ApiObject): boolean =>
    makesPods(object) &&
    object.metadata.deletionTimestamp === undefined &&
    !ending.has(object.metadata.namespace ?? '');
  await collectGarbage(controllers, {
    pods: present,
    sets,
    owners: [...sets, ...daemons, ...allDeployments],
  });
  for (const deployment of allDeployments.filter(isKept)) {
    const { create, scale, status } = decideDeployment(deployment, sets, now());
    if (create) await createObject(controllers, replicaSets, create);
    for (const { replicas, set } of scale)
      await changeObject(controllers, replicaSets, set, (current) =>
        withGeneration(withAt(current, ['spec', 'replicas'], replicas)),
      );
    await sayStatus(controllers, deployments, deployment, status);
  }
  const made = [
    ...sets.map((set) => ({ resource: replicaSets, set, decide: () => decideReplicaSet(set, present) })),
    ...daemons.map((set) => ({
      resource: daemonSets,
      set,
      decide: () => decideDaemonSet(set, allNodes, present),
    })),
  ];
  for (const { decide, resource, set } of made.filter((one) => isKept(one.set))) {
    const { create, remove, status } = decide();
    for (const pod of create) await createObject(controllers, pods, pod);
    for (const pod of remove) await deletePod(controllers, pod);
    await sayStatus(controllers, resource, set, status);
  }
}

/** Pods and sets whose controller is gone go too. */
async function collectGarbage(
  controllers: Controllers,
  { owners, pods: present, sets }: Readonly<Record<'owners' | 'pods' | 'sets', readonly ApiObject[]>>,
): Promise<void> {
  const there = new Set(owners.map(({ metadata }) => metadata.uid));
  const kinds = ['Deployment', 'ReplicaSet', 'DaemonSet'];
  const isLeft = (object: ApiObject): boolean => {
    const owner = controllerOf(object);
    return owner !== undefined && kinds.includes(textOf(owner.kind)) && !there.has(textOf(owner.uid));
  };
  for (const set of sets.filter(isLeft)) await controllers.store.remove(replicaSets, set);
  for (const pod of present.filter(isLeft)) await deletePod(controllers, pod);
}

async function createObject({ now, store }: Controllers, resource: Resource, object: ApiObject) {
  try {
    await store.create(resource, prepareCreate(resource, object, now()));
  } catch (error) {
    if (!(error instanceof StatusError) || error.code !== 409) throw error;
  }
}

/** As a client would delete it: at once where no kubelet has it, else the kubelet ends it. */
async function deletePod(controllers: Controllers, pod: ApiObject): Promise<void> {
  const { now, store } = controllers;
  const outcome = decideDeletion(pods, pod, {}, now());
  if (outcome.action === 'remove') await store.remove(pods, pod);
  if (outcome.action === 'mark') {
    const { object } = outcome;
    await changeObject(controllers, pods, pod, () => object);
  }
}

async function sayStatus(controllers: Controllers, resource: Resource, object: ApiObject, status: Json) {
  if (isDeepStrictEqual(status, object.status)) return;
  await changeObject(controllers, resource, object, (current) => withAt(current, ['status'], status));
}

/** Changes the version that was looked at; another one is looked at next time. */
async function changeObject(
  { store }: Controllers,
  resource: Resource,
  object: ApiObject,
  change: (current: ApiObject) => ApiObject,
): Promise<void> {
  const { name = '', namespace, resourceVersion } = object.metadata;
  try {
    await store.change(resource, namespace, name, (current) =>
      current.metadata.resourceVersion === resourceVersion ? change(current) : current,
    );
  } catch (error) {
    if (!(error instanceof StatusError) || error.code !== 404) throw error;
  }
}

const withGeneration = (object: ApiObject): ApiObject =>
  withAt(object, ['metadata', 'generation'], (object.metadata.generation ?? 0) + 1);
