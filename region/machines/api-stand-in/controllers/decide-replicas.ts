import { createHash } from 'node:crypto';
import { meetsOne, repellingTaint } from '../../../../functions/scheduling/labels.ts';
import type { Toleration } from '../../../../functions/scheduling/model.ts';
import {
  type ApiObject,
  at,
  conditionOf,
  type Json,
  numberOf,
  objectOf,
  objectsOf,
  secondsTime,
  textOf,
  withAt,
  withCondition,
} from '../json.ts';
import { nodeNameLabel, shapeOf, taintsOf } from './pod-shape.ts';

/** Whether a workload's pods are made. Those of kube-system, Trivet's add-ons, are reported alone: nothing of theirs runs here. */
export const makesPods = ({ kind, metadata }: ApiObject): boolean =>
  metadata.namespace !== 'kube-system' && ['Deployment', 'ReplicaSet', 'DaemonSet'].includes(kind);

/** The object that controls another one, by its reference. Pure. */
export function controllerOf({ metadata }: ApiObject): Json | undefined {
  return objectsOf(metadata.ownerReferences).find(({ controller }) => controller === true);
}

const ownedBy = (owner: ApiObject, all: readonly ApiObject[]): ApiObject[] =>
  all.filter((one) => controllerOf(one)?.uid === owner.metadata.uid);

const isActive = ({ metadata, status }: ApiObject): boolean =>
  metadata.deletionTimestamp === undefined && !['Succeeded', 'Failed'].includes(textOf(at(status, 'phase')));
const isReady = (pod: ApiObject): boolean => conditionOf(pod, 'Ready')?.status === 'True';
const replicasOf = ({ spec }: ApiObject): number => numberOf(at(spec, 'replicas'), 1);

interface PodsDecision {
  /** New pods, without names of their own. */
  readonly create: readonly ApiObject[];
  readonly remove: readonly ApiObject[];
  readonly status: Json;
}

/** How many pods a ReplicaSet has too few, or which are too many: those without a node first, then unready ones, then the newest. Pure. */
export function decideReplicaSet(set: ApiObject, pods: readonly ApiObject[]): PodsDecision {
  const active = ownedBy(set, pods).filter(isActive);
  const missing = replicasOf(set) - active.length;
  const worth = (pod: ApiObject): string =>
    [textOf(at(pod, 'spec', 'nodeName')) === '' ? 0 : 1, isReady(pod) ? 1 : 0].join('');
  const least = active.toSorted((one, two) =>
    worth(one) !== worth(two)
      ? worth(one).localeCompare(worth(two))
      : (two.metadata.creationTimestamp ?? '').localeCompare(one.metadata.creationTimestamp ?? ''),
  );
  const ready = active.filter(isReady).length;
  return {
    create: Array.from({ length: Math.max(0, missing) }, () => podOf(set)),
    remove: least.slice(0, Math.max(0, -missing)),
    status: {
      ...objectOf(set.status),
      observedGeneration: set.metadata.generation,
      replicas: active.length,
      fullyLabeledReplicas: active.length,
      readyReplicas: ready,
      availableReplicas: ready,
    },
  };
}

const hashLabel = 'pod-template-hash';

export interface DeploymentDecision {
  /** The set of the present template, where there is none yet. */
  readonly create?: ApiObject;
  readonly scale: readonly { readonly set: ApiObject; readonly replicas: number }[];
  readonly status: Json;
}

/** A set for the present template with all replicas at once; earlier sets go to none once those are available. Pure. */
export function decideDeployment(
  deployment: ApiObject,
  allSets: readonly ApiObject[],
  now: Date,
): DeploymentDecision {
  const wanted = replicasOf(deployment);
  const fresh = setOf(deployment);
  const sets = ownedBy(deployment, allSets);
  const present = sets.find(({ metadata }) => metadata.name === fresh.metadata.name);
  const count = (all: readonly ApiObject[], field: string): number =>
    all.reduce((sum, set) => sum + numberOf(at(set, 'status', field), 0), 0);
  const updated = present ? [present] : [];
  const complete = count(updated, 'availableReplicas') >= wanted;
  const scale = sets.flatMap((set) => {
    const replicas = set === present ? wanted : complete && present ? 0 : replicasOf(set);
    return replicas === replicasOf(set) ? [] : [{ set, replicas }];
  });
  const available = count(sets, 'availableReplicas');
  const total = count(sets, 'replicas');
  // As many as a rolling update may be short of by default.
  const enough = available >= wanted - Math.floor(wanted / 4);
  const done = complete && total === wanted && present !== undefined;
  const conditions = [
    {
      type: 'Available',
      status: enough ? 'True' : 'False',
      reason: enough ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
    },
    { type: 'Progressing', status: 'True', reason: done ? 'NewReplicaSetAvailable' : 'ReplicaSetUpdated' },
  ];
  return {
    ...(present ? {} : { create: fresh }),
    scale,
    status: {
      observedGeneration: deployment.metadata.generation,
      replicas: total,
      updatedReplicas: count(updated, 'replicas'),
      readyReplicas: count(sets, 'readyReplicas'),
      availableReplicas: available,
      unavailableReplicas: Math.max(0, wanted - available),
      conditions: conditions.reduce<unknown>(
        (all, condition) => withCondition(all, condition, secondsTime(now)),
        at(deployment, 'status', 'conditions'),
      ),
    },
  };
}

function setOf(deployment: ApiObject): ApiObject {
  const { selector, template } = objectOf(deployment.spec);
  const hash = createHash('sha256').update(JSON.stringify(template)).digest('hex').slice(0, 10);
  const hashed = { [hashLabel]: hash };
  const labels = { ...objectOf(at(template, 'metadata', 'labels')), ...hashed };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace ?? '',
      labels: labels as Record<string, string>,
      ownerReferences: [referenceTo(deployment)],
    },
    spec: {
      replicas: replicasOf(deployment),
      selector: withAt(objectOf(selector), ['matchLabels'], {
        ...objectOf(at(selector, 'matchLabels')),
        ...hashed,
      }),
      template: withAt(objectOf(template), ['metadata', 'labels'], labels),
    },
  };
}

/** A pod on each node that takes it: cordons and what is wrong with a node keep no daemon off, other taints and labels do. Pure. */
export function decideDaemonSet(
  set: ApiObject,
  nodes: readonly ApiObject[],
  pods: readonly ApiObject[],
): PodsDecision {
  const active = ownedBy(set, pods).filter(isActive);
  const places = nodes
    .filter((node) => takesDaemon(node, podOf(set)))
    .map(({ metadata }) => metadata.name ?? '');
  const kept = new Map<string, ApiObject>();
  for (const pod of active) {
    const place = placeOf(pod);
    if (places.includes(place) && !kept.has(place)) kept.set(place, pod);
  }
  const all = [...kept.values()];
  const ready = all.filter(isReady).length;
  return {
    create: places.filter((place) => !kept.has(place)).map((place) => daemonOn(place, podOf(set))),
    remove: active.filter((pod) => !all.includes(pod)),
    status: {
      observedGeneration: set.metadata.generation,
      currentNumberScheduled: kept.size,
      desiredNumberScheduled: places.length,
      numberAvailable: ready,
      numberMisscheduled: active.length - kept.size,
      numberReady: ready,
      numberUnavailable: places.length - ready,
      updatedNumberScheduled: kept.size,
    },
  };
}

/** What the DaemonSet controller lets its pods tolerate. */
const daemonTolerations: readonly Toleration[] = [
  ...['not-ready', 'unreachable'].map((key) => ({
    key: `node.kubernetes.io/${key}`,
    operator: 'Exists' as const,
    effect: 'NoExecute',
  })),
  ...['disk-pressure', 'memory-pressure', 'pid-pressure', 'unschedulable'].map((key) => ({
    key: `node.kubernetes.io/${key}`,
    operator: 'Exists' as const,
    effect: 'NoSchedule',
  })),
];

function takesDaemon(node: ApiObject, pod: ApiObject): boolean {
  const { nodeTerms, tolerations = [] } = shapeOf(pod);
  // A node that is not ready yet will be: its pod is made, and waits.
  const lasting = taintsOf(node).filter(({ key }) => !/^node\.(cloudprovider\.)?kubernetes\.io\//.test(key));
  const name = node.metadata.name ?? '';
  return (
    meetsOne({ ...node.metadata.labels, [nodeNameLabel]: name }, nodeTerms) &&
    repellingTaint(lasting, tolerations) === undefined
  );
}

/** The node of a daemon's pod, which it names by its affinity until it is bound. */
function placeOf(pod: ApiObject): string {
  const bound = textOf(at(pod, 'spec', 'nodeName'));
  const field = shapeOf(pod)
    .nodeTerms?.flat()
    .find(({ key }) => key === nodeNameLabel);
  return bound === '' ? (field?.values?.[0] ?? '') : bound;
}

function daemonOn(node: string, pod: ApiObject): ApiObject {
  const path = ['spec', 'affinity', 'nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution'];
  const own = { key: nodeNameLabel, operator: 'In', values: [node] };
  const terms = objectsOf(at(pod, ...path, 'nodeSelectorTerms'));
  const placed = (terms.length > 0 ? terms : [{}]).map((term) => ({ ...term, matchFields: [own] }));
  const tolerations = [...objectsOf(at(pod, 'spec', 'tolerations')), ...daemonTolerations];
  return withAt(withAt(pod, [...path, 'nodeSelectorTerms'], placed), ['spec', 'tolerations'], tolerations);
}

function podOf(owner: ApiObject): ApiObject {
  const template = objectOf(at(owner, 'spec', 'template'));
  const { annotations, labels } = objectOf(template.metadata);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: `${owner.metadata.name}-`,
      namespace: owner.metadata.namespace ?? '',
      ...(labels !== undefined && { labels: labels as Record<string, string> }),
      ...(annotations !== undefined && { annotations: annotations as Record<string, string> }),
      ownerReferences: [referenceTo(owner)],
    },
    spec: template.spec,
  };
}

const referenceTo = ({ apiVersion, kind, metadata: { name, uid } }: ApiObject): Json => ({
  apiVersion,
  kind,
  name,
  uid,
  controller: true,
  blockOwnerDeletion: true,
});
