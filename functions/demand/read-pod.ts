import { selects } from '../scheduling/labels.ts';
import type {
  LabelRequirement,
  LabelSelector,
  Labels,
  NodeTerm,
  PodShape,
  PodTerm,
  Preference,
  SpreadConstraint,
  Toleration,
} from '../scheduling/model.ts';
import type {
  Pod,
  PodAffinityTerm,
  PodSpec,
  Surroundings,
  TopologySpreadConstraint,
} from './kubernetes-objects.ts';
import { readRequests } from './read-requests.ts';
import { readRequiredTerms, readTerms, readVolumePlaces } from './read-volumes.ts';

/** A pod as the planner sees it, or what it waits for that no node brings. */
export type ReadPod = { readonly shape: PodShape } | { readonly stuck: string };

/** Reads where a pod fits from its object. Pure. Throws RangeError for a quantity that is none. */
export function readPod(pod: Pod, around: Surroundings): ReadPod {
  const { metadata, spec = {} } = pod;
  const namespace = metadata.namespace ?? 'default';
  const labels = metadata.labels ?? {};
  const volumes = readVolumePlaces(pod, around);
  for (const place of volumes) if ('stuck' in place) return { stuck: place.stuck };
  const places = volumes.flatMap((place) => ('terms' in place && place.terms ? [place.terms] : []));
  const nodeTerms = combine([...selectorTerms(spec), ...affinityTerms(spec), ...places]);
  const term = (one: PodAffinityTerm) => readTerm(one, { namespace, labels, around });
  const { podAffinity, podAntiAffinity } = spec.affinity ?? {};
  const together = podAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.map(term) ?? [];
  const apart = podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.map(term) ?? [];
  const tolerations = readTolerations(spec);
  const spread = spreadOf(spec, labels, 'DoNotSchedule');
  const hostPorts = readHostPorts(spec);
  const preferences = readPreferences(spec, labels, term);
  return {
    shape: {
      namespace,
      labels,
      requests: readRequests(spec),
      ...(spec.priority && { priority: spec.priority }),
      ...(nodeTerms.length > 0 && { nodeTerms }),
      ...(tolerations.length > 0 && { tolerations }),
      ...(together.length > 0 && { together }),
      ...(apart.length > 0 && { apart }),
      ...(spread.length > 0 && { spread }),
      ...(hostPorts.length > 0 && { hostPorts }),
      ...(preferences.length > 0 && { preferences }),
    },
  };
}

/** How long one is tolerated decides nothing about where a pod fits. */
function readTolerations({ tolerations = [] }: PodSpec): Toleration[] {
  return tolerations.map(({ effect, key, operator, value }) => ({
    ...(key !== undefined && { key }),
    ...(operator !== undefined && { operator }),
    ...(value !== undefined && { value }),
    ...(effect !== undefined && { effect }),
  }));
}

function selectorTerms({ nodeSelector = {} }: PodSpec): NodeTerm[][] {
  const term = Object.entries(nodeSelector).map(
    ([key, value]): LabelRequirement => ({ key, operator: 'In', values: [value] }),
  );
  return term.length > 0 ? [[term]] : [];
}

function affinityTerms({ affinity }: PodSpec): (readonly NodeTerm[])[] {
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (!required) return [];
  return [readRequiredTerms(required.nodeSelectorTerms ?? [])];
}

/** One list of alternatives that means all of the given ones at once. Those without an alternative ask for nothing. */
function combine(lists: readonly (readonly NodeTerm[])[]): NodeTerm[] {
  return lists
    .filter((terms) => terms.length > 0)
    .reduce<NodeTerm[]>(
      (all, terms) =>
        all.length === 0 ? [...terms] : all.flatMap((one) => terms.map((two): NodeTerm => [...one, ...two])),
      [],
    );
}

interface OfPod {
  readonly namespace: string;
  readonly labels: Labels;
  readonly around: Surroundings;
}

function readTerm(term: PodAffinityTerm, { namespace, labels, around }: OfPod): PodTerm {
  const { topologyKey, labelSelector, matchLabelKeys = [], mismatchLabelKeys = [] } = term;
  const selector = withKeys(labelSelector, labels, matchLabelKeys, mismatchLabelKeys);
  return {
    topologyKey,
    ...(selector && { selector }),
    namespaces: namespacesOf(term, namespace, around),
  };
}

function namespacesOf(
  { namespaces = [], namespaceSelector }: PodAffinityTerm,
  own: string,
  around: Surroundings,
): PodTerm['namespaces'] {
  if (!namespaceSelector) return namespaces.length > 0 ? namespaces : [own];
  const { matchLabels = {}, matchExpressions = [] } = namespaceSelector;
  if (Object.keys(matchLabels).length === 0 && matchExpressions.length === 0) return 'all';
  const chosen = around.namespaces
    .filter(({ metadata }) => selects(namespaceSelector, metadata.labels ?? {}))
    .map(({ metadata }) => metadata.name);
  return [...new Set([...namespaces, ...chosen])].sort();
}

/** A selector that also asks for the pod's own values of some labels, as Deployments do to tell their revisions apart. */
function withKeys(
  selector: LabelSelector | undefined,
  labels: Labels,
  same: readonly string[],
  other: readonly string[] = [],
): LabelSelector | undefined {
  const own = (keys: readonly string[], operator: 'In' | 'NotIn') =>
    keys.flatMap((key): LabelRequirement[] =>
      labels[key] === undefined ? [] : [{ key, operator, values: [labels[key]] }],
    );
  const more = [...own(same, 'In'), ...own(other, 'NotIn')];
  if (!selector || more.length === 0) return selector;
  return { ...selector, matchExpressions: [...(selector.matchExpressions ?? []), ...more] };
}

function spreadOf(
  { topologySpreadConstraints = [] }: PodSpec,
  labels: Labels,
  kind: TopologySpreadConstraint['whenUnsatisfiable'],
): SpreadConstraint[] {
  return topologySpreadConstraints
    .filter(({ whenUnsatisfiable }) => whenUnsatisfiable === kind)
    .map(({ topologyKey, maxSkew, labelSelector, matchLabelKeys = [], minDomains }) => {
      const selector = withKeys(labelSelector, labels, matchLabelKeys);
      return { topologyKey, maxSkew, ...(selector && { selector }), ...(minDomains && { minDomains }) };
    });
}

/** The API fills in the port of a pod of the host's network. */
function readHostPorts({ containers = [], initContainers = [] }: PodSpec): string[] {
  const sidecars = initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always');
  return [...containers, ...sidecars]
    .flatMap(({ ports = [] }) => ports)
    .flatMap(({ hostPort, hostIP, protocol }) =>
      hostPort ? [`${protocol || 'TCP'}/${hostIP || '0.0.0.0'}/${hostPort}`] : [],
    );
}

/** Of a spread that is only preferred nothing says how much; the scheduler weighs it like the others. */
const spreadWeight = 1;

function readPreferences(
  spec: PodSpec,
  labels: Labels,
  term: (one: PodAffinityTerm) => PodTerm,
): Preference[] {
  const { nodeAffinity, podAffinity, podAntiAffinity } = spec.affinity ?? {};
  const nodes = nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const pods = (kind: 'together' | 'apart', affinity: typeof podAffinity) =>
    (affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
      ({ weight, podAffinityTerm }): Preference => ({ kind, weight, term: term(podAffinityTerm) }),
    );
  return [
    ...nodes.flatMap(({ weight, preference }) =>
      readTerms([preference]).map((one): Preference => ({ kind: 'node', weight, term: one })),
    ),
    ...pods('together', podAffinity),
    ...pods('apart', podAntiAffinity),
    ...spreadOf(spec, labels, 'ScheduleAnyway').map(
      (constraint): Preference => ({ kind: 'spread', weight: spreadWeight, constraint }),
    ),
  ];
}
