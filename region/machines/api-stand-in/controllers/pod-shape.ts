import { parseQuantity } from '../../../../functions/kubernetes/quantities.ts';
import type {
  Amounts,
  LabelRequirement,
  LabelSelector,
  NodeTerm,
  PodShape,
  PodTerm,
  Preference,
  SpreadConstraint,
  Taint,
  Toleration,
} from '../../../../functions/scheduling/model.ts';
import { type ApiObject, at, type Json, numberOf, objectOf, objectsOf, textOf, textsOf } from '../json.ts';

/** By this label of its own a node is found by its name, as `matchFields` finds it. */
export const nodeNameLabel = 'metadata.name';

/**
 * What decides where a pod fits, read of the pod as kube-scheduler reads it. Pure. It is the stand-in's own reading: were it the one that
 * Trivet plans with, a mistake there would be one here, and never seen.
 */
export function shapeOf({ metadata, spec }: ApiObject): PodShape {
  const { labels = {}, namespace = 'default' } = metadata;
  const term = (value: unknown) => podTermOf(value, namespace);
  const affinity = (kind: string, strength: 'required' | 'preferred') =>
    objectsOf(at(spec, 'affinity', kind, `${strength}DuringSchedulingIgnoredDuringExecution`));
  const spread = objectsOf(at(spec, 'topologySpreadConstraints')).map((one) => ({
    soft: one.whenUnsatisfiable === 'ScheduleAnyway',
    constraint: spreadOf(one, labels),
  }));
  const preferences: Preference[] = [
    ...affinity('nodeAffinity', 'preferred').map((one) => ({
      kind: 'node' as const,
      weight: numberOf(one.weight, 1),
      term: nodeTermOf(one.preference),
    })),
    ...(['podAffinity', 'podAntiAffinity'] as const).flatMap((kind) =>
      affinity(kind, 'preferred').map((one) => ({
        kind: kind === 'podAffinity' ? ('together' as const) : ('apart' as const),
        weight: numberOf(one.weight, 1),
        term: term(one.podAffinityTerm),
      })),
    ),
    ...spread
      .filter(({ soft }) => soft)
      .map(({ constraint }) => ({ kind: 'spread' as const, weight: 1, constraint })),
  ];
  return {
    namespace,
    labels,
    requests: requestsOf(objectOf(spec)),
    priority: numberOf(at(spec, 'priority'), 0),
    nodeTerms: nodeTermsOf(objectOf(spec)),
    tolerations: objectsOf(at(spec, 'tolerations')) as readonly Toleration[],
    together: affinity('podAffinity', 'required').map(term),
    apart: affinity('podAntiAffinity', 'required').map(term),
    spread: spread.filter(({ soft }) => !soft).map(({ constraint }) => constraint),
    hostPorts: hostPortsOf(objectOf(spec)),
    preferences,
  };
}

/** `cpu` in millicores, all else in its base unit. */
export function amountsOf(quantities: unknown): Amounts {
  return Object.fromEntries(
    Object.entries(objectOf(quantities)).map(([name, quantity]) => {
      const amount = parseQuantity(quantity as string);
      return [name, name === 'cpu' ? Math.round(amount * 1000) : amount];
    }),
  );
}

/** The containers and sidecars together, or the largest init container where that is more; and what the runtime takes. */
function requestsOf(spec: Json): Amounts {
  const all = objectsOf(spec.initContainers);
  const lasting = [
    ...objectsOf(spec.containers),
    ...all.filter(({ restartPolicy }) => restartPolicy === 'Always'),
  ];
  const passing = all.filter(({ restartPolicy }) => restartPolicy !== 'Always').map(requestsOfContainer);
  const sum = addUp(lasting.map(requestsOfContainer));
  const most = passing.reduce<Amounts>((larger, one) => largerOf(larger, one), sum);
  return addUp([most, amountsOf(spec.overhead)]);
}

/** Whoever sets a limit alone asks for it. */
function requestsOfContainer({ resources }: Json): Amounts {
  const { limits, requests } = objectOf(resources);
  return { ...amountsOf(limits), ...amountsOf(requests) };
}

function addUp(all: readonly Amounts[]): Amounts {
  const sum: Record<string, number> = {};
  for (const amounts of all)
    for (const [name, amount] of Object.entries(amounts)) sum[name] = (sum[name] ?? 0) + amount;
  return sum;
}

const largerOf = (one: Amounts, two: Amounts): Amounts =>
  Object.fromEntries(
    [...new Set([...Object.keys(one), ...Object.keys(two)])].map((name) => [
      name,
      Math.max(one[name] ?? 0, two[name] ?? 0),
    ]),
  );

/** `nodeSelector` holds beside every alternative of the affinity. */
function nodeTermsOf(spec: Json): readonly NodeTerm[] {
  const selector = Object.entries(objectOf(spec.nodeSelector)).map(
    ([key, value]): LabelRequirement => ({ key, operator: 'In', values: [textOf(value)] }),
  );
  const required = at(
    spec,
    'affinity',
    'nodeAffinity',
    'requiredDuringSchedulingIgnoredDuringExecution',
    'nodeSelectorTerms',
  );
  const terms = objectsOf(required).map(nodeTermOf);
  if (terms.length > 0) return terms.map((term) => [...selector, ...term]);
  return selector.length > 0 ? [selector] : [];
}

function nodeTermOf(value: unknown): NodeTerm {
  return [
    ...objectsOf(at(value, 'matchExpressions')),
    ...objectsOf(at(value, 'matchFields')),
  ] as unknown as NodeTerm;
}

function podTermOf(value: unknown, namespace: string): PodTerm {
  const { labelSelector, namespaceSelector, namespaces, topologyKey } = objectOf(value);
  const named = textsOf(namespaces);
  return {
    topologyKey: textOf(topologyKey),
    ...(labelSelector !== undefined && { selector: labelSelector as LabelSelector }),
    // Namespaces by their labels are not looked for: a selector stands for all of them.
    namespaces: namespaceSelector !== undefined ? 'all' : named.length > 0 ? named : [namespace],
  };
}

function spreadOf(one: Json, labels: Readonly<Record<string, string>>): SpreadConstraint {
  const selector = objectOf(one.labelSelector) as LabelSelector;
  const also = textsOf(one.matchLabelKeys).flatMap((key) => {
    const value = labels[key];
    return value === undefined ? [] : [[key, value]];
  });
  return {
    topologyKey: textOf(one.topologyKey),
    maxSkew: numberOf(one.maxSkew, 1),
    ...(one.labelSelector !== undefined && {
      selector: { ...selector, matchLabels: { ...selector.matchLabels, ...Object.fromEntries(also) } },
    }),
    ...(typeof one.minDomains === 'number' && { minDomains: one.minDomains }),
  };
}

function hostPortsOf(spec: Json): readonly string[] {
  const ports = [...objectsOf(spec.containers), ...objectsOf(spec.initContainers)].flatMap((container) =>
    objectsOf(container.ports),
  );
  return ports.flatMap(({ containerPort, hostIP, hostPort, protocol }) => {
    const port = hostPort ?? (spec.hostNetwork === true ? containerPort : undefined);
    return typeof port === 'number'
      ? [`${textOf(protocol) || 'TCP'}/${textOf(hostIP) || '0.0.0.0'}/${port}`]
      : [];
  });
}

/** A node's taints; a cordoned one has its own before the controllers have written it. */
export function taintsOf(node: ApiObject): readonly Taint[] {
  const taints = objectsOf(at(node, 'spec', 'taints')) as unknown as readonly Taint[];
  return at(node, 'spec', 'unschedulable') === true && !taints.some(({ key }) => key === cordoned.key)
    ? [...taints, cordoned]
    : taints;
}

export const cordoned: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
