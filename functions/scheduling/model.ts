/**
 * What decides where a pod fits, as kube-scheduler sees it, without the rest of the objects. All of it is plain data: a reader of the
 * API fills it, a test writes it down. Amounts: `cpu` in millicores, everything else in its own base unit (bytes, counts).
 */
export type Amounts = Readonly<Record<string, number>>;
export type Labels = Readonly<Record<string, string>>;

export interface LabelRequirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt';
  readonly values?: readonly string[];
}

export interface LabelSelector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly LabelRequirement[];
}

/** One of several alternatives; within it everything must hold. */
export type NodeTerm = readonly LabelRequirement[];

export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
}

export interface Toleration {
  /** Absent: every key. */
  readonly key?: string;
  /** `Equal` where it is absent. */
  readonly operator?: 'Exists' | 'Equal';
  readonly value?: string;
  /** Absent: every effect. */
  readonly effect?: string;
}

/** Beside (or away from) the pods that the selector finds, within one value of the topology key. */
export interface PodTerm {
  readonly topologyKey: string;
  /** Absent: finds no pod. */
  readonly selector?: LabelSelector;
  readonly namespaces: readonly string[] | 'all';
}

export interface SpreadConstraint {
  readonly topologyKey: string;
  readonly maxSkew: number;
  readonly selector?: LabelSelector;
  readonly minDomains?: number;
}

/** What a pod would rather have: kept while it fits, given up one by one from the least weight on (design §7). */
export type Preference =
  | { readonly kind: 'node'; readonly weight: number; readonly term: NodeTerm }
  | { readonly kind: 'together' | 'apart'; readonly weight: number; readonly term: PodTerm }
  | { readonly kind: 'spread'; readonly weight: number; readonly constraint: SpreadConstraint };

/** Everything about a pod but its name: pods of one Deployment share it. */
export interface PodShape {
  readonly namespace: string;
  readonly labels: Labels;
  /** Without `pods`, which every pod counts as one of. */
  readonly requests: Amounts;
  readonly priority?: number;
  /** Alternatives, of which one must hold; absent or empty: anywhere. `nodeSelector` and the zones of bound volumes are folded in. */
  readonly nodeTerms?: readonly NodeTerm[];
  readonly tolerations?: readonly Toleration[];
  readonly together?: readonly PodTerm[];
  readonly apart?: readonly PodTerm[];
  readonly spread?: readonly SpreadConstraint[];
  /** `TCP/0.0.0.0/8080`. */
  readonly hostPorts?: readonly string[];
  readonly preferences?: readonly Preference[];
}

export interface PodView {
  readonly name: string;
  readonly shape: PodShape;
}

/** A node that is there, or one that was launched and has not joined yet. */
export interface NodeView {
  readonly name: string;
  readonly labels: Labels;
  readonly taints: readonly Taint[];
  readonly allocatable: Amounts;
  readonly pods: readonly PodView[];
  /** Its pool, where Trivet made it. */
  readonly pool?: string;
}

/** What a pool could launch in one zone: one instance type at one price. */
export interface Offering {
  readonly pool: string;
  readonly zone: string;
  readonly instanceType: string;
  /** All labels that its nodes would have, zone and instance type among them. */
  readonly labels: Labels;
  readonly taints: readonly Taint[];
  /** What pods may ask for, DaemonSets' share taken off. */
  readonly allocatable: Amounts;
  readonly pricePerHour: number;
}

export const zoneKey = 'topology.kubernetes.io/zone';
export const hostnameKey = 'kubernetes.io/hostname';
