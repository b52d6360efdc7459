/**
 * Plural names, as the API's paths have them, of every kind that Trivet touches; `true` where objects lie in namespaces.
 * Asking the API for them would be one more call that can fail, and the kinds are few and fixed.
 */
const kinds: Readonly<Record<string, readonly [plural: string, namespaced: boolean]>> = {
  APIService: ['apiservices', false],
  CSIDriver: ['csidrivers', false],
  CSINode: ['csinodes', false],
  CertificateSigningRequest: ['certificatesigningrequests', false],
  ClusterRole: ['clusterroles', false],
  ClusterRoleBinding: ['clusterrolebindings', false],
  ConfigMap: ['configmaps', true],
  CustomResourceDefinition: ['customresourcedefinitions', false],
  DaemonSet: ['daemonsets', true],
  Deployment: ['deployments', true],
  Lease: ['leases', true],
  Namespace: ['namespaces', false],
  NetworkPolicy: ['networkpolicies', true],
  Node: ['nodes', false],
  PersistentVolume: ['persistentvolumes', false],
  PersistentVolumeClaim: ['persistentvolumeclaims', true],
  Pod: ['pods', true],
  PodDisruptionBudget: ['poddisruptionbudgets', true],
  PriorityClass: ['priorityclasses', false],
  Role: ['roles', true],
  RoleBinding: ['rolebindings', true],
  Secret: ['secrets', true],
  Service: ['services', true],
  ServiceAccount: ['serviceaccounts', true],
  StorageClass: ['storageclasses', false],
  VolumeAttachment: ['volumeattachments', false],
};

/** Which objects: one where `name` is given, all of a kind otherwise (of one namespace or, without it, of all). */
export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** `/apis/apps/v1/namespaces/shop/deployments/web`. Pure. Throws RangeError for a kind that is not among those above. */
export function pathOf({ apiVersion, kind, namespace, name }: ObjectReference): string {
  const known = kinds[kind];
  if (!known) throw new RangeError(`${kind} is no kind that functions/kubernetes/paths.ts knows`);
  const [plural, namespaced] = known;
  if (namespaced && name !== undefined && namespace === undefined)
    throw new RangeError(`${kind} ${name} lies in a namespace, and none is given`);
  const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const within = namespaced && namespace !== undefined ? `/namespaces/${namespace}` : '';
  return `${group}${within}/${plural}${name === undefined ? '' : `/${name}`}`;
}

/** The path of an object as it lies there or is to lie there. Pure. Throws RangeError as `pathOf`. */
export function pathOfObject(object: {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}): string {
  return pathOf({ apiVersion: object.apiVersion, kind: object.kind, ...object.metadata });
}
