import { success, withPodCondition } from './eviction.ts';
import { type ApiObject, at, isObject, type Json, numberOf, objectOf, textOf, withAt } from './json.ts';
import { type Answer, type Call, getObject, parseBody, patcherOf, rewrite } from './objects.ts';
import type { Asked } from './request.ts';
import { badRequest, conflict } from './status-error.ts';

/** Binds a pod to a node, once: what a scheduler does. */
export async function bindPod(call: Call): Promise<Answer> {
  const { asked, now, store } = call;
  const { name = '', namespace, resource } = asked;
  const target = objectOf(objectOf(parseBody(call)).target);
  const node = textOf(target.name);
  if (node === '' || (target.kind !== undefined && target.kind !== 'Node'))
    throw badRequest('a binding needs a target of kind Node with a name');
  const binding = { group: '', plural: 'pods/binding' };
  await store.change(resource, namespace, name, (pod) => {
    const bound = textOf(at(pod, 'spec', 'nodeName'));
    if (bound !== '') throw conflict(binding, name, `pod ${name} is already assigned to node "${bound}"`);
    if (pod.metadata.deletionTimestamp !== undefined)
      throw conflict(binding, name, `pod ${name} is being deleted, cannot be assigned to a host`);
    const placed = withAt(pod, ['spec', 'nodeName'], node);
    return withPodCondition(placed, { type: 'PodScheduled', status: 'True', lastProbeTime: null }, now);
  });
  return { status: 201, body: success };
}

/** How many replicas a workload has, as `autoscaling/v1` says it for every kind. */
function scaleOf({ metadata, spec, status }: ApiObject): ApiObject {
  const { creationTimestamp, name, namespace, resourceVersion, uid } = metadata;
  return {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp } as ApiObject['metadata'],
    spec: { replicas: numberOf(at(spec, 'replicas'), 0) },
    status: { replicas: numberOf(at(status, 'replicas'), 0), selector: selectorText(at(spec, 'selector')) },
  };
}

/** A selector in words, without those expressions that are rarely there. */
function selectorText(selector: unknown): string {
  return Object.entries(objectOf(at(selector, 'matchLabels')))
    .map(([label, value]) => `${label}=${textOf(value)}`)
    .sort()
    .join(',');
}

/** The subresource `scale`: read, replaced or patched. */
export async function serveScale(call: Call): Promise<Answer> {
  const { asked, contentType } = call;
  if (asked.verb === 'get') return { status: 200, body: scaleOf(await getObject(call)) };
  const change = asked.verb === 'patch' ? patcherOf(contentType, parseBody(call)) : () => parseBody(call);
  const { name, namespace, query, resource } = asked;
  const whole: Asked = {
    verb: 'update',
    resource,
    query,
    ...(name !== undefined && { name }),
    ...(namespace !== undefined && { namespace }),
  };
  const written = await rewrite({ ...call, asked: whole }, (current) =>
    scaled(current, change(scaleOf(current))),
  );
  return { status: 200, body: scaleOf(written) };
}

function scaled(current: ApiObject, scale: unknown): ApiObject {
  const replicas = at(scale, 'spec', 'replicas') ?? 0;
  if (!isObject(scale) || typeof replicas !== 'number' || replicas < 0)
    throw badRequest(`${JSON.stringify(replicas)} is no number of replicas`);
  const resourceVersion = at(scale, 'metadata', 'resourceVersion');
  const metadata: Json = { ...current.metadata, ...(resourceVersion !== undefined && { resourceVersion }) };
  return { ...withAt(current, ['spec', 'replicas'], replicas), metadata };
}
