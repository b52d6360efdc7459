import type {
  Amounts,
  LabelSelector,
  Labels,
  NodeTerm,
  PodShape,
  PodTerm,
  SpreadConstraint,
  Taint,
} from '../../../functions/scheduling/model.ts';
import type { Layout } from './real-cluster.ts';

export type PlacedNode = Layout['nodes'][number];
export type PlacedPod = Layout['bound'][number];

/** Nodes that are up, and pods that run on them. */
export interface Cluster {
  readonly nodes: readonly PlacedNode[];
  readonly running: readonly PlacedPod[];
}

/**
 * kube-scheduler's filters, written a second time and as plainly as possible: why a pod cannot go to its node as the cluster is, undefined where
 * it can. Of the operators of labels there are those that the tests use.
 */
export function obstacleOf(pod: PlacedPod, { nodes, running }: Cluster): string | undefined {
  const node = nodes.find(({ name }) => name === pod.node);
  if (!node) return 'its node is not there';
  const { shape } = pod;
  const on = running.filter((one) => one.node === node.name).map((one) => one.shape);
  if (repels(node.taints, shape)) return 'the node repels it by a taint';
  if (!takes(shape.nodeTerms, node.labels)) return 'the node lacks labels that it asks for';
  const lacking = tooLittle(node.allocatable, on, shape);
  if (lacking !== undefined) return `the node has too little ${lacking}`;
  if (portTaken(on, shape)) return 'its host port is taken';
  const labelsOf = (name: string): Labels => nodes.find((one) => one.name === name)?.labels ?? {};
  const beside = (one: PlacedPod, key: string) =>
    node.labels[key] !== undefined && labelsOf(one.node)[key] === node.labels[key];
  const meets = (one: PlacedPod, term: PodTerm, found: PlacedPod) =>
    beside(one, term.topologyKey) && finds(term, found.shape);
  for (const one of running) {
    if (shape.apart?.some((term) => meets(one, term, one))) return 'a pod is there that it keeps away from';
    if (one.shape.apart?.some((term) => meets(one, term, pod)))
      return 'a pod is there that keeps away from it';
  }
  if (!hasCompany(pod, running, beside)) return 'no pod is there that it wants to be with';
  const uneven = shape.spread?.some((one) => skewOf(one, pod, node, { nodes, running }) > one.maxSkew);
  return uneven ? 'it would be spread unevenly' : undefined;
}

function tooLittle(
  allocatable: Amounts,
  on: readonly PodShape[],
  { requests }: PodShape,
): string | undefined {
  if (on.length >= (allocatable.pods ?? Number.POSITIVE_INFINITY)) return 'pods';
  const used = (name: string) => on.reduce((sum, one) => sum + (one.requests[name] ?? 0), 0);
  const lacking = Object.entries(requests).find(
    ([name, amount]) => used(name) + amount > (allocatable[name] ?? 0),
  );
  return lacking?.[0];
}

const repels = (taints: readonly Taint[], { tolerations = [] }: PodShape): boolean =>
  taints.some(
    ({ key, value = '', effect }) =>
      effect !== 'PreferNoSchedule' &&
      !tolerations.some(
        (one) =>
          (one.key === undefined || one.key === key) &&
          (one.operator === 'Exists' || (one.value ?? '') === value) &&
          (one.effect === undefined || one.effect === effect),
      ),
  );

const takes = (terms: readonly NodeTerm[] = [], labels: Labels): boolean =>
  terms.length === 0 ||
  terms.some((term) =>
    term.every(({ key, operator, values = [] }) =>
      operator === 'NotIn' ? !values.includes(labels[key] ?? '') : values.includes(labels[key] ?? ''),
    ),
  );

const portTaken = (on: readonly PodShape[], { hostPorts = [] }: PodShape): boolean => {
  const everywhere = '0.0.0.0';
  const taken = on.flatMap((shape) => shape.hostPorts ?? []).map((port) => port.split('/'));
  return hostPorts
    .map((port) => port.split('/'))
    .some(([protocol, address, number]) =>
      taken.some(
        (other) =>
          other[0] === protocol &&
          other[2] === number &&
          (other[1] === address || other[1] === everywhere || address === everywhere),
      ),
    );
};

const selects = (selector: LabelSelector | undefined, { labels }: PodShape): boolean =>
  selector !== undefined &&
  Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);

const finds = ({ namespaces, selector }: PodTerm, shape: PodShape): boolean =>
  (namespaces === 'all' || namespaces.includes(shape.namespace)) && selects(selector, shape);

/** Company is who all terms find; where nobody is anywhere, one that would be company to itself needs none. */
function hasCompany(
  { shape }: PlacedPod,
  running: readonly PlacedPod[],
  beside: (one: PlacedPod, key: string) => boolean,
): boolean {
  const { together = [] } = shape;
  const isCompany = (one: PodShape) => together.every((term) => finds(term, one));
  const company = running.filter((one) => isCompany(one.shape));
  if (company.length === 0 && isCompany(shape)) return true;
  return together.every(({ topologyKey }) => company.some((one) => beside(one, topologyKey)));
}

/** Counted on the nodes that the pod's own affinity takes, with whatever taints. */
function skewOf(
  { minDomains = 1, selector, topologyKey }: SpreadConstraint,
  { shape }: PlacedPod,
  node: PlacedNode,
  { nodes, running }: Cluster,
): number {
  const counts = new Map<string, number>();
  for (const { labels, name } of nodes.filter((one) => takes(shape.nodeTerms, one.labels))) {
    const there = running.filter(
      (one) => one.node === name && one.shape.namespace === shape.namespace && selects(selector, one.shape),
    );
    const value = labels[topologyKey] ?? '';
    counts.set(value, (counts.get(value) ?? 0) + there.length);
  }
  const least = counts.size < minDomains ? 0 : Math.min(...counts.values());
  const self = selects(selector, shape) ? 1 : 0;
  return (counts.get(node.labels[topologyKey] ?? '') ?? 0) + self - least;
}
