import { groupVersionOf, type Resource, resources, type Subresource } from './resources.ts';

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

const groupVersions = [...new Set(resources.map(groupVersionOf))];

/** What a client learns of the API before it asks for objects; undefined for any other path. Pure. */
export function discover(path: string, version: string, address: string): object | undefined {
  const [root, group, groupVersion, more] = path.split('/').filter(Boolean);
  if (path === '/version' || path === '/version/') return describeVersion(version);
  if (root === 'openapi') return describeOpenApi(path);
  if (more !== undefined) return undefined;
  if (root === 'api' && groupVersion === undefined)
    return group === undefined ? coreVersions(address) : resourceList(group);
  if (root !== 'apis') return undefined;
  if (group === undefined)
    return { kind: 'APIGroupList', apiVersion: 'v1', groups: groupNames().map(apiGroup) };
  if (groupVersion !== undefined) return resourceList(`${group}/${groupVersion}`);
  return groupNames().includes(group)
    ? { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup(group) }
    : undefined;
}

function coreVersions(address: string): object {
  const serverAddressByClientCIDRs = [{ clientCIDR: '0.0.0.0/0', serverAddress: address }];
  return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs };
}

const groupNames = (): string[] =>
  [...new Set(resources.map(({ group }) => group))].filter((group) => group !== '');

function apiGroup(name: string): object {
  const versions = groupVersions
    .filter((groupVersion) => groupVersion.startsWith(`${name}/`))
    .map((groupVersion) => ({ groupVersion, version: groupVersion.split('/')[1] }));
  return { name, versions, preferredVersion: versions[0] };
}

function resourceList(groupVersion: string): object | undefined {
  const served = resources.filter((resource) => groupVersionOf(resource) === groupVersion);
  if (served.length === 0) return undefined;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion,
    resources: served.flatMap((resource) => [
      describe(resource),
      ...resource.subresources.map((subresource) => describeSubresource(resource, subresource)),
    ]),
  };
}

function describe({ inAll, kind, namespaced, plural, shortNames }: Resource): object {
  return {
    name: plural,
    singularName: kind.toLowerCase(),
    namespaced,
    kind,
    verbs,
    ...(shortNames.length > 0 && { shortNames }),
    ...(inAll && { categories: ['all'] }),
  };
}

function describeSubresource({ kind, namespaced, plural }: Resource, subresource: Subresource): object {
  const of = { name: `${plural}/${subresource}`, singularName: '', namespaced };
  switch (subresource) {
    case 'scale':
      return { ...of, group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: ['get', 'patch', 'update'] };
    case 'eviction':
      return { ...of, group: 'policy', version: 'v1', kind: 'Eviction', verbs: ['create'] };
    case 'binding':
      return { ...of, kind: 'Binding', verbs: ['create'] };
    case 'finalize':
      return { ...of, kind, verbs: ['update'] };
    default:
      return { ...of, kind, verbs: ['get', 'patch', 'update'] };
  }
}

function describeVersion(version: string): object {
  const [major, minor] = version.split('.');
  return {
    major,
    minor,
    gitVersion: `v${version}`,
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: '',
    compiler: '',
    platform: 'linux/amd64',
  };
}

/**
 * No schemas, which nobody here needs, but what kubectl looks for before it sends a manifest: that a kind's patch knows `fieldValidation`.
 * (It is taken, and not acted on: unknown fields are not told from known ones here.)
 */
function describeOpenApi(path: string): object | undefined {
  const at = (groupVersion: string): string =>
    groupVersion.includes('/') ? `apis/${groupVersion}` : `api/${groupVersion}`;
  if (path === '/openapi/v3') {
    const entry = (groupVersion: string): [string, object] => [
      at(groupVersion),
      { serverRelativeURL: `/openapi/v3/${at(groupVersion)}` },
    ];
    return { paths: Object.fromEntries(groupVersions.map(entry)) };
  }
  const groupVersion = groupVersions.find((one) => path === `/openapi/v3/${at(one)}`);
  if (groupVersion === undefined) return undefined;
  const served = resources.filter((resource) => groupVersionOf(resource) === groupVersion);
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'stand-in' },
    paths: Object.fromEntries(
      served.map((resource) => [pathOf(at(groupVersion), resource), operations(resource)]),
    ),
    components: { schemas: {} },
  };
}

function pathOf(root: string, { namespaced, plural }: Resource): string {
  return `/${root}/${namespaced ? 'namespaces/{namespace}/' : ''}${plural}/{name}`;
}

function operations({ group, kind, version }: Resource): object {
  const parameter = { name: 'fieldValidation', in: 'query', schema: { type: 'string', uniqueItems: true } };
  return {
    patch: {
      parameters: [parameter],
      responses: {},
      'x-kubernetes-group-version-kind': { group, kind, version },
    },
  };
}
