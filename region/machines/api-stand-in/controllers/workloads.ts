import { isDeepStrictEqual } from 'node:util';
import {
  type ApiObject,
  at,
  numberOf,
  objectOf,
  secondsTime,
  textOf,
  withAt,
  withCondition,
} from '../json.ts';
import { type Resource, resourceOf } from '../resources.ts';
import { matchesSelector } from '../selectors.ts';
import type { Store } from '../store.ts';

const deployments = resourceOf('deployments');
const daemonSets = resourceOf('daemonsets');
const nodes = resourceOf('nodes');

/** Says of Deployments and DaemonSets that they are rolled out, though nothing runs: there are neither controllers for them nor pods. */
export async function pretendRollouts(store: Store, now: Date): Promise<void> {
  const [all, deployed, daemons] = await Promise.all([
    store.list(nodes),
    store.list(deployments),
    store.list(daemonSets),
  ]);
  const say = async (resource: Resource, object: ApiObject, mark: (one: ApiObject) => ApiObject) => {
    if (isDeepStrictEqual(mark(object), object)) return;
    const { name = '', namespace } = object.metadata;
    await store.change(resource, namespace, name, mark);
  };
  for (const one of deployed.items) await say(deployments, one, (current) => rolledOut(current, now));
  for (const one of daemons.items) await say(daemonSets, one, (current) => onEveryNode(current, all.items));
}

function rolledOut(deployment: ApiObject, now: Date): ApiObject {
  const replicas = numberOf(at(deployment, 'spec', 'replicas'), 1);
  const condition = {
    type: 'Available',
    status: 'True',
    reason: 'StandIn',
    message: 'Nothing runs; said by the API stand-in',
  };
  const conditions = withCondition(at(deployment, 'status', 'conditions'), condition, secondsTime(now));
  return withAt(deployment, ['status'], {
    observedGeneration: deployment.metadata.generation,
    replicas,
    updatedReplicas: replicas,
    readyReplicas: replicas,
    availableReplicas: replicas,
    conditions,
  });
}

function onEveryNode(daemonSet: ApiObject, all: readonly ApiObject[]): ApiObject {
  const matchLabels = objectOf(at(daemonSet, 'spec', 'template', 'spec', 'nodeSelector'));
  const count = all.filter(({ metadata }) =>
    matchesSelector({ matchLabels }, objectOf(metadata.labels)),
  ).length;
  return withAt(daemonSet, ['status'], {
    observedGeneration: daemonSet.metadata.generation,
    currentNumberScheduled: count,
    desiredNumberScheduled: count,
    updatedNumberScheduled: count,
    numberReady: count,
    numberAvailable: count,
    numberMisscheduled: 0,
  });
}

/** Kept beside, since both look at every object of a kind: pods whose node is gone, and bootstrap tokens that have ended. */
export async function collectGarbage(store: Store, now: Date): Promise<void> {
  const [pods, secrets] = [resourceOf('pods'), resourceOf('secrets')];
  const [all, bound, tokens] = await Promise.all([
    store.list(nodes),
    store.list(pods),
    store.list(secrets, { namespace: 'kube-system' }),
  ]);
  const names = new Set(all.items.map(({ metadata }) => metadata.name));
  for (const pod of bound.items) {
    const node = textOf(at(pod, 'spec', 'nodeName'));
    if (node !== '' && !names.has(node)) await store.remove(pods, pod);
  }
  for (const secret of tokens.items) {
    if (secret.type !== 'bootstrap.kubernetes.io/token') continue;
    const ends = Buffer.from(textOf(at(secret, 'data', 'expiration')), 'base64').toString('utf8');
    if (ends !== '' && Date.parse(ends) <= now.getTime()) await store.remove(secrets, secret);
  }
}
