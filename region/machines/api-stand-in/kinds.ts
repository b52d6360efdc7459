import { isDeepStrictEqual } from 'node:util';
import { type ApiObject, at, type Json, listOf, objectOf, objectsOf, textOf, withAt } from './json.ts';
import { matchesSelector } from './selectors.ts';
import type { Cause } from './status-error.ts';

export type Problem = Required<Cause>;

/** What a kind has beyond what all have. Everything is pure. */
export interface Kind {
  /** Fields that are filled in where they are left out, at every write. */
  readonly defaults?: (object: ApiObject) => ApiObject;
  /** What a new object begins with, whatever the client says. */
  readonly begin?: (object: ApiObject) => ApiObject;
  /** What cannot be so. `old` is the object before an update. */
  readonly problems?: (object: ApiObject, old?: ApiObject) => readonly Problem[];
}

export const required = (field: string, what = ''): Problem => ({
  reason: 'FieldValueRequired',
  message: what === '' ? 'Required value' : `Required value: ${what}`,
  field,
});
export const wrong = (field: string, value: unknown, why: string): Problem => ({
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${JSON.stringify(value)}: ${why}`,
  field,
});
const forbiddenField = (field: string, why: string): Problem => ({
  reason: 'FieldValueForbidden',
  message: `Forbidden: ${why}`,
  field,
});

/** Sets fields that are not there yet; a nested object is filled in, not replaced. */
function fill(value: unknown, defaults: Json): Json {
  const filled: Record<string, unknown> = { ...objectOf(value) };
  for (const [name, given] of Object.entries(defaults)) {
    if (typeof given === 'object' && given !== null && !Array.isArray(given))
      filled[name] = fill(filled[name], given as Json);
    else filled[name] ??= given;
  }
  return filled;
}

const filling =
  (defaults: Json) =>
  (object: ApiObject): ApiObject =>
    fill(object, defaults) as ApiObject;

const podSpec = {
  restartPolicy: 'Always',
  terminationGracePeriodSeconds: 30,
  dnsPolicy: 'ClusterFirst',
  schedulerName: 'default-scheduler',
  securityContext: {},
};

function containerProblems(spec: unknown, field: string): Problem[] {
  const containers = objectsOf(at(spec, 'containers'));
  if (containers.length === 0) return [required(`${field}.containers`)];
  return containers.flatMap(({ image, name }, index) => [
    ...(textOf(name) === '' ? [required(`${field}.containers[${index}].name`)] : []),
    ...(textOf(image) === '' ? [required(`${field}.containers[${index}].image`)] : []),
  ]);
}

/** A pod's spec without what may change while it runs. */
function settled(spec: unknown): Json {
  const {
    activeDeadlineSeconds: _,
    terminationGracePeriodSeconds: __,
    tolerations: ___,
    ...rest
  } = objectOf(spec);
  const withoutImages = (list: unknown): unknown =>
    listOf(list).map((container) => withAt(objectOf(container), ['image'], undefined));
  return {
    ...rest,
    containers: withoutImages(rest.containers),
    ...(rest.initContainers !== undefined && { initContainers: withoutImages(rest.initContainers) }),
  };
}

function podProblems(pod: ApiObject, old?: ApiObject): Problem[] {
  if (old && !isDeepStrictEqual(settled(pod.spec), settled(old.spec)))
    return [
      forbiddenField(
        'spec',
        'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
      ),
    ];
  return containerProblems(pod.spec, 'spec');
}

function workloadProblems(object: ApiObject, old?: ApiObject): Problem[] {
  const { selector, template } = objectOf(object.spec);
  const labels = objectOf(at(template, 'metadata', 'labels'));
  if (selector === undefined) return [required('spec.selector')];
  if (old && !isDeepStrictEqual(selector, at(old.spec, 'selector')))
    return [wrong('spec.selector', selector, 'field is immutable')];
  const fits = matchesSelector(selector, labels)
    ? []
    : [wrong('spec.template.metadata.labels', labels, '`selector` does not match template `labels`')];
  return [...fits, ...containerProblems(at(template, 'spec'), 'spec.template.spec')];
}

const workload = (spec: Json): Kind => ({
  defaults: filling({ spec: { ...spec, template: { spec: podSpec } } }),
  problems: workloadProblems,
});

/** A node that registers is not ready until its kubelet says so: nothing is placed on it before (TaintNodesByCondition). */
function beginNode(node: ApiObject): ApiObject {
  const taints = objectsOf(at(node, 'spec', 'taints'));
  const key = 'node.kubernetes.io/not-ready';
  const has = taints.some((taint) => taint.key === key && taint.effect === 'NoSchedule');
  return has ? node : withAt(node, ['spec', 'taints'], [...taints, { key, effect: 'NoSchedule' }]);
}

function secretDefaults(secret: ApiObject): ApiObject {
  const { stringData, ...rest } = secret;
  const plain = Object.entries(objectOf(stringData)).map(([name, value]) => [
    name,
    Buffer.from(textOf(value)).toString('base64'),
  ]);
  const data = { ...objectOf(rest.data), ...Object.fromEntries(plain) };
  return {
    ...rest,
    metadata: rest.metadata,
    type: rest.type ?? 'Opaque',
    ...(Object.keys(data).length > 0 && { data }),
  };
}

function budgetProblems({ spec }: ApiObject): Problem[] {
  const { maxUnavailable, minAvailable } = objectOf(spec);
  return maxUnavailable !== undefined && minAvailable !== undefined
    ? [wrong('spec', spec, 'minAvailable and maxUnavailable cannot be both set')]
    : [];
}

const kinds: Readonly<Record<string, Kind>> = {
  Namespace: {
    begin: (namespace) =>
      withAt(withAt(namespace, ['status'], { phase: 'Active' }), ['spec'], { finalizers: ['kubernetes'] }),
    defaults: (namespace) =>
      withAt(namespace, ['metadata', 'labels'], {
        ...namespace.metadata.labels,
        'kubernetes.io/metadata.name': namespace.metadata.name ?? '',
      }),
  },
  Node: {
    begin: beginNode,
    problems: ({ spec }, old) => {
      const before = at(old, 'spec', 'providerID');
      return before !== undefined && before !== '' && before !== at(spec, 'providerID')
        ? [forbiddenField('spec', 'node updates may not change a providerID that is set')]
        : [];
    },
  },
  Pod: {
    begin: (pod) => withAt(pod, ['status'], { phase: 'Pending', qosClass: 'BestEffort' }),
    defaults: filling({ spec: podSpec }),
    problems: podProblems,
  },
  Secret: {
    defaults: secretDefaults,
    problems: ({ data, type }, old) => [
      ...(old && old.type !== type ? [wrong('type', type, 'field is immutable')] : []),
      ...(old?.immutable === true && !isDeepStrictEqual(old.data, data)
        ? [forbiddenField('data', 'field is immutable when `immutable` is set')]
        : []),
    ],
  },
  Deployment: workload({
    replicas: 1,
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
    strategy: { type: 'RollingUpdate' },
  }),
  DaemonSet: workload({ revisionHistoryLimit: 10, updateStrategy: { type: 'RollingUpdate' } }),
  ReplicaSet: workload({ replicas: 1 }),
  StatefulSet: workload({
    replicas: 1,
    revisionHistoryLimit: 10,
    podManagementPolicy: 'OrderedReady',
    updateStrategy: { type: 'RollingUpdate' },
  }),
  PodDisruptionBudget: { problems: budgetProblems },
  StorageClass: {
    defaults: filling({ reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' }),
    problems: ({ provisioner }) => (textOf(provisioner) === '' ? [required('provisioner')] : []),
  },
  CertificateSigningRequest: { begin: (request) => withAt(request, ['status'], {}) },
  Service: { defaults: filling({ spec: { type: 'ClusterIP', sessionAffinity: 'None' } }) },
};

export const kindOf = (kind: string): Kind => (Object.hasOwn(kinds, kind) ? (kinds[kind] ?? {}) : {});

/** Kinds whose status the client may give with a new object. */
export const keepsStatus = (kind: string): boolean =>
  ['Node', 'Event', 'PersistentVolume', 'APIService'].includes(kind);
