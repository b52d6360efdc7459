/** What may stand after an object's name in a path. */
export type Subresource = 'status' | 'scale' | 'binding' | 'eviction' | 'approval' | 'finalize';

/** One kind of object that is served. */
export interface Resource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly subresources: readonly Subresource[];
  /** `metadata.generation` counts the changes of its spec. */
  readonly generation: boolean;
  /** A PUT of what is not there makes it. */
  readonly createOnUpdate: boolean;
  /** A PUT needs a resourceVersion. */
  readonly conditional: boolean;
  /** Deleting answers with the object, where others answer with a Status. */
  readonly returnsDeleted: boolean;
  /** Names may have all that a path's segment may have, such as colons. */
  readonly pathNames: boolean;
  /** Part of `kubectl get all`. */
  readonly inAll: boolean;
}

type Traits = Partial<
  Pick<Resource, 'generation' | 'createOnUpdate' | 'conditional' | 'returnsDeleted' | 'pathNames' | 'inAll'>
> & { readonly short?: readonly string[]; readonly has?: readonly Subresource[] };

type Row = readonly [plural: string, kind: string, scope: 'namespace' | 'cluster', traits?: Traits];

const rbac = { createOnUpdate: true, pathNames: true } as const;
const workload = { generation: true, inAll: true } as const;

/** Every kind by group and version. What is not here is answered with 404, by name. */
const rows: Readonly<Record<string, readonly Row[]>> = {
  v1: [
    ['namespaces', 'Namespace', 'cluster', { short: ['ns'], has: ['status', 'finalize'] }],
    ['nodes', 'Node', 'cluster', { short: ['no'], has: ['status'] }],
    [
      'pods',
      'Pod',
      'namespace',
      { ...workload, short: ['po'], has: ['status', 'binding', 'eviction'], returnsDeleted: true },
    ],
    ['secrets', 'Secret', 'namespace'],
    ['configmaps', 'ConfigMap', 'namespace', { short: ['cm'] }],
    [
      'services',
      'Service',
      'namespace',
      { short: ['svc'], has: ['status'], returnsDeleted: true, inAll: true },
    ],
    ['serviceaccounts', 'ServiceAccount', 'namespace', { short: ['sa'], returnsDeleted: true }],
    ['endpoints', 'Endpoints', 'namespace', { short: ['ep'], createOnUpdate: true }],
    ['events', 'Event', 'namespace', { short: ['ev'], createOnUpdate: true }],
    [
      'persistentvolumes',
      'PersistentVolume',
      'cluster',
      { short: ['pv'], has: ['status'], returnsDeleted: true },
    ],
    [
      'persistentvolumeclaims',
      'PersistentVolumeClaim',
      'namespace',
      { short: ['pvc'], has: ['status'], returnsDeleted: true },
    ],
  ],
  'apps/v1': [
    ['deployments', 'Deployment', 'namespace', { ...workload, short: ['deploy'], has: ['status', 'scale'] }],
    ['daemonsets', 'DaemonSet', 'namespace', { ...workload, short: ['ds'], has: ['status'] }],
    ['replicasets', 'ReplicaSet', 'namespace', { ...workload, short: ['rs'], has: ['status', 'scale'] }],
    ['statefulsets', 'StatefulSet', 'namespace', { ...workload, short: ['sts'], has: ['status', 'scale'] }],
  ],
  'coordination.k8s.io/v1': [['leases', 'Lease', 'namespace', { createOnUpdate: true, conditional: true }]],
  'policy/v1': [
    [
      'poddisruptionbudgets',
      'PodDisruptionBudget',
      'namespace',
      { short: ['pdb'], has: ['status'], generation: true, conditional: true },
    ],
  ],
  'rbac.authorization.k8s.io/v1': [
    ['roles', 'Role', 'namespace', rbac],
    ['rolebindings', 'RoleBinding', 'namespace', rbac],
    ['clusterroles', 'ClusterRole', 'cluster', rbac],
    ['clusterrolebindings', 'ClusterRoleBinding', 'cluster', rbac],
  ],
  'certificates.k8s.io/v1': [
    [
      'certificatesigningrequests',
      'CertificateSigningRequest',
      'cluster',
      { short: ['csr'], has: ['approval', 'status'] },
    ],
  ],
  'storage.k8s.io/v1': [
    ['storageclasses', 'StorageClass', 'cluster', { short: ['sc'], returnsDeleted: true }],
    ['csidrivers', 'CSIDriver', 'cluster', { returnsDeleted: true }],
    ['csinodes', 'CSINode', 'cluster', { returnsDeleted: true }],
    ['volumeattachments', 'VolumeAttachment', 'cluster', { has: ['status'], returnsDeleted: true }],
  ],
  'scheduling.k8s.io/v1': [['priorityclasses', 'PriorityClass', 'cluster', { short: ['pc'] }]],
  'apiregistration.k8s.io/v1': [
    ['apiservices', 'APIService', 'cluster', { has: ['status'], conditional: true }],
  ],
  'apiextensions.k8s.io/v1': [
    [
      'customresourcedefinitions',
      'CustomResourceDefinition',
      'cluster',
      { short: ['crd', 'crds'], has: ['status'], generation: true, conditional: true },
    ],
  ],
  'networking.k8s.io/v1': [
    ['networkpolicies', 'NetworkPolicy', 'namespace', { short: ['netpol'], generation: true }],
    ['ingresses', 'Ingress', 'namespace', { short: ['ing'], has: ['status'], generation: true }],
    ['ingressclasses', 'IngressClass', 'cluster'],
  ],
  'discovery.k8s.io/v1': [['endpointslices', 'EndpointSlice', 'namespace', { generation: true }]],
};

export const resources: readonly Resource[] = Object.entries(rows).flatMap(([groupVersion, kinds]) =>
  kinds.map(([plural, kind, scope, { short = [], has = [], ...traits } = {}]) => ({
    group: groupVersion.includes('/') ? (groupVersion.split('/')[0] ?? '') : '',
    version: groupVersion.split('/').at(-1) ?? '',
    plural,
    kind,
    namespaced: scope === 'namespace',
    shortNames: short,
    subresources: has,
    generation: false,
    createOnUpdate: false,
    conditional: false,
    returnsDeleted: false,
    pathNames: false,
    inAll: false,
    ...traits,
  })),
);

/** `apps/v1`, or `v1` for the core group. */
export const groupVersionOf = ({ group, version }: Pick<Resource, 'group' | 'version'>): string =>
  group === '' ? version : `${group}/${version}`;

export function findResource(group: string, version: string, plural: string): Resource | undefined {
  return resources.find((one) => one.group === group && one.version === version && one.plural === plural);
}

/** A resource that is served for certain. Throws RangeError for another. */
export function resourceOf(plural: string): Resource {
  const found = resources.find((one) => one.plural === plural);
  if (!found) throw new RangeError(`${plural} are not served`);
  return found;
}
