import { isObject, type Json } from './json.ts';

/**
 * Lists that are merged item by item, by the field that tells items apart, for patches and for server-side apply. Every other list is
 * replaced as a whole. Kubernetes has this in its types; here it is known by the list's name and, where one name means two things, by what is
 * around it. Sources: the `patchMergeKey` and `listMapKey` marks of core/v1, apps/v1, policy/v1, certificates/v1.
 */
const strategic: Readonly<Record<string, string>> = {
  addresses: 'type',
  conditions: 'type',
  containers: 'name',
  env: 'name',
  ephemeralContainers: 'name',
  hostAliases: 'ip',
  hostIPs: 'ip',
  imagePullSecrets: 'name',
  initContainers: 'name',
  ownerReferences: 'uid',
  podIPs: 'ip',
  ports: 'containerPort',
  resourceClaims: 'name',
  schedulingGates: 'name',
  secrets: 'name',
  topologySpreadConstraints: 'topologyKey',
  volumeDevices: 'devicePath',
  volumeMounts: 'mountPath',
  volumes: 'name',
};

/** Server-side apply tells some items apart by two fields. */
const applied: Readonly<Record<string, readonly string[]>> = {
  ports: ['containerPort', 'protocol'],
  topologySpreadConstraints: ['topologyKey', 'whenUnsatisfiable'],
};

/** Where a list stands: `.spec.template.spec.containers`. */
export type Path = readonly string[];

/** Fields with free names, where a list's name says nothing. */
const isFree = (path: Path): boolean =>
  path.some((name) =>
    ['data', 'stringData', 'labels', 'annotations', 'matchLabels', 'matchExpressions'].includes(name),
  );

/** Lists of plain values that are merged as sets. */
export function isSet(path: Path): boolean {
  return path.at(-1) === 'finalizers' || path.at(-1) === 'podCIDRs';
}

/** The field by which a strategic merge patch tells the items of a list apart; undefined where the list is replaced. */
export function strategicKey(path: Path): string | undefined {
  const name = path.at(-1) ?? '';
  if (isFree(path)) return undefined;
  if (name === 'ports' && !path.includes('containers') && !path.includes('initContainers'))
    return path.length === 2 ? 'port' : undefined;
  if (name === 'addresses' && path.length !== 2) return undefined;
  return Object.hasOwn(strategic, name) ? strategic[name] : undefined;
}

/** The fields by which server-side apply tells items apart. */
export function appliedKeys(path: Path): readonly string[] | undefined {
  const key = strategicKey(path);
  if (key === undefined) return undefined;
  const name = path.at(-1) ?? '';
  if (key === 'port') return ['port', 'protocol'];
  return Object.hasOwn(applied, name) ? applied[name] : [key];
}

/** What an item is known by; a protocol that is left out is TCP. */
export function identityOf(item: unknown, keys: readonly string[]): string {
  const fields: Json = isObject(item) ? item : {};
  return JSON.stringify(
    Object.fromEntries(keys.map((key) => [key, fields[key] ?? (key === 'protocol' ? 'TCP' : null)])),
  );
}
