import { type Manifest, namespace, type PodSpec, type PolicyRule } from './manifest.ts';

/** Makers of the objects that every add-on has some of. Pure. */

type Labels = Readonly<Record<string, string>>;

const rbac = 'rbac.authorization.k8s.io/v1';

/** Labels of an add-on's objects. */
export function labelsOf(addOn: string): Labels {
  return { 'app.kubernetes.io/name': addOn, 'app.kubernetes.io/managed-by': 'trivet' };
}

export function serviceAccount(name: string, labels: Labels): Manifest {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace, labels } };
}

export function configMap(name: string, labels: Labels, data: Readonly<Record<string, string>>): Manifest {
  return make({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, labels } }, { data });
}

export function clusterRole(name: string, labels: Labels, rules: readonly PolicyRule[]): Manifest {
  return make({ apiVersion: rbac, kind: 'ClusterRole', metadata: { name, labels } }, { rules });
}

export function role(name: string, labels: Labels, rules: readonly PolicyRule[]): Manifest {
  return make({ apiVersion: rbac, kind: 'Role', metadata: { name, namespace, labels } }, { rules });
}

/** Binds a cluster role to a service account. */
export function clusterRoleBinding(
  name: string,
  labels: Labels,
  { role: of, account }: { readonly role: string; readonly account: string },
): Manifest {
  return make(
    { apiVersion: rbac, kind: 'ClusterRoleBinding', metadata: { name, labels } },
    {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: of },
      subjects: [{ kind: 'ServiceAccount', name: account, namespace }],
    },
  );
}

/** Binds a role of the add-ons' namespace to a service account. */
export function roleBinding(
  name: string,
  labels: Labels,
  { role: of, account }: { readonly role: string; readonly account: string },
): Manifest {
  return make(
    { apiVersion: rbac, kind: 'RoleBinding', metadata: { name, namespace, labels } },
    {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: of },
      subjects: [{ kind: 'ServiceAccount', name: account, namespace }],
    },
  );
}

interface Workload {
  readonly name: string;
  readonly labels: Labels;
  /** What tells this workload's pods from all others; it can never change, since selectors cannot. */
  readonly selector: Labels;
  readonly annotations?: Labels;
  readonly spec: PodSpec;
}

export function deployment(
  { name, labels, selector, annotations, spec }: Workload,
  replicas: number,
): Manifest {
  return make(
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace, labels } },
    {
      replicas,
      revisionHistoryLimit: 3,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
      selector: { matchLabels: selector },
      template: template({ labels, selector, ...(annotations && { annotations }), spec }),
    },
    'spec',
  );
}

export function daemonSet(
  { name, labels, selector, annotations, spec }: Workload,
  maxUnavailable: number | string,
): Manifest {
  return make(
    { apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name, namespace, labels } },
    {
      revisionHistoryLimit: 3,
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable } },
      selector: { matchLabels: selector },
      template: template({ labels, selector, ...(annotations && { annotations }), spec }),
    },
    'spec',
  );
}

/** At most one pod away at a time. Never `minAvailable`: with a single replica it would forbid every drain. */
export function disruptionBudget(name: string, labels: Labels, selector: Labels): Manifest {
  return make(
    { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name, namespace, labels } },
    {
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
      selector: { matchLabels: selector },
    },
    'spec',
  );
}

/** Spread over zones and nodes where that can be had. */
export function spread(selector: Labels): Required<Pick<PodSpec, 'topologySpreadConstraints'>> {
  return {
    topologySpreadConstraints: ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map(
      (topologyKey) => ({
        maxSkew: 1,
        topologyKey,
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: { matchLabels: selector },
      }),
    ),
  };
}

function template(of: Pick<Workload, 'labels' | 'selector' | 'annotations' | 'spec'>) {
  const { labels, selector, annotations, spec } = of;
  return { metadata: { labels: { ...labels, ...selector }, ...(annotations && { annotations }) }, spec };
}

/** Any object: `fields` beside its head, or below `spec`. */
export function make(head: Manifest, fields: object, below?: 'spec'): Manifest {
  return { ...head, ...(below ? { spec: fields } : fields) };
}
