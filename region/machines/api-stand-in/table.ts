import {
  type ApiObject,
  at,
  conditionOf,
  type Json,
  listOf,
  numberOf,
  objectOf,
  objectsOf,
  textOf,
} from './json.ts';

/** How an object, a list or a watch's event is written for whoever asks. */
export type Rendering = 'object' | 'table' | 'metadata';

/** The first media type of an Accept header that can be given; undefined where there is none. Pure. */
export function renderingOf(accept: string | undefined): Rendering | undefined {
  for (const offered of (accept ?? '*/*').split(',')) {
    const [type = '', ...parameters] = offered.split(';').map((part) => part.trim());
    const json = ['application/json', 'application/*', '*/*', ''].includes(type);
    const as = parameters.find((one) => one.startsWith('as='))?.slice(3);
    if (!json) continue;
    if (as === undefined) return 'object';
    if (as === 'Table' && parameters.includes('v=v1')) return 'table';
    if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') return 'metadata';
  }
  return undefined;
}

/** An object or a list as it was asked for; a Status stays what it is. */
export function render(body: object, rendering: Rendering, now: Date, withHeader = true): object {
  const object = body as ApiObject;
  if (rendering === 'object' || object.kind === 'Status') return body;
  const isList = Array.isArray(object.items);
  const items = isList ? (objectsOf(object.items) as readonly ApiObject[]) : [object];
  const kind = isList ? object.kind.replace(/List$/, '') : object.kind;
  if (rendering === 'table') return table(object.metadata, kind, items, { isList, now, withHeader });
  const partial = items.map(({ metadata }) => ({
    kind: 'PartialObjectMetadata',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
  }));
  if (!isList) return partial[0] ?? {};
  const { metadata } = object;
  return { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata, items: partial };
}

interface Column {
  readonly name: string;
  cell(object: ApiObject, now: Date): unknown;
}

const column = (name: string, ...path: readonly string[]): Column => ({
  name,
  cell: (object) => at(object, ...path) ?? '<none>',
});
const computed = (name: string, cell: Column['cell']): Column => ({ name, cell });
const nameColumn = computed('Name', ({ metadata }) => metadata.name);
const ageColumn = computed('Age', ({ metadata }, now) => ageOf(metadata.creationTimestamp, now));

/** What kubectl shows of a kind between name and age. */
const columns: Readonly<Record<string, readonly Column[]>> = {
  Namespace: [column('Status', 'status', 'phase')],
  Node: [
    computed('Status', nodeStatus),
    computed('Roles', nodeRoles),
    ageColumn,
    column('Version', 'status', 'nodeInfo', 'kubeletVersion'),
  ],
  Pod: [
    computed('Ready', (pod) => {
      const statuses = objectsOf(at(pod, 'status', 'containerStatuses'));
      const wanted = listOf(at(pod, 'spec', 'containers')).length;
      return `${statuses.filter(({ ready }) => ready === true).length}/${wanted}`;
    }),
    computed('Status', ({ metadata, status }) =>
      metadata.deletionTimestamp === undefined ? textOf(at(status, 'phase')) : 'Terminating',
    ),
    computed('Restarts', () => 0),
    ageColumn,
    column('Node', 'spec', 'nodeName'),
  ],
  Deployment: [
    computed(
      'Ready',
      ({ spec, status }) => `${countIn(status, 'readyReplicas')}/${countIn(spec, 'replicas')}`,
    ),
    computed('Up-to-date', ({ status }) => countIn(status, 'updatedReplicas')),
    computed('Available', ({ status }) => countIn(status, 'availableReplicas')),
  ],
  DaemonSet: [
    computed('Desired', ({ status }) => countIn(status, 'desiredNumberScheduled')),
    computed('Ready', ({ status }) => countIn(status, 'numberReady')),
  ],
  Lease: [column('Holder', 'spec', 'holderIdentity')],
  PodDisruptionBudget: [
    column('Min Available', 'spec', 'minAvailable'),
    column('Max Unavailable', 'spec', 'maxUnavailable'),
    computed('Allowed Disruptions', ({ status }) => countIn(status, 'disruptionsAllowed')),
  ],
  Secret: [column('Type', 'type'), computed('Data', ({ data }) => Object.keys(objectOf(data)).length)],
  ConfigMap: [computed('Data', ({ data }) => Object.keys(objectOf(data)).length)],
  CertificateSigningRequest: [
    ageColumn,
    column('SignerName', 'spec', 'signerName'),
    column('Requestor', 'spec', 'username'),
    computed('Condition', requestCondition),
  ],
};

const countIn = (value: unknown, field: string): number => numberOf(at(value, field), 0);

function nodeStatus(node: ApiObject): string {
  const ready = conditionOf(node, 'Ready')?.status;
  const said = ready === 'True' ? 'Ready' : ready === undefined ? 'Unknown' : 'NotReady';
  return at(node, 'spec', 'unschedulable') === true ? `${said},SchedulingDisabled` : said;
}

function nodeRoles({ metadata }: ApiObject): string {
  const prefix = 'node-role.kubernetes.io/';
  const roles = Object.keys(metadata.labels ?? {}).filter((label) => label.startsWith(prefix));
  return roles.map((label) => label.slice(prefix.length)).join(',') || '<none>';
}

function requestCondition(request: ApiObject): string {
  const types = objectsOf(at(request, 'status', 'conditions')).map(({ type }) => textOf(type));
  const issued = textOf(at(request, 'status', 'certificate')) !== '';
  return [...types, ...(issued ? ['Issued'] : [])].join(',') || 'Pending';
}

function ageOf(created: string | undefined, now: Date): string {
  const seconds = Math.max(0, Math.floor((now.getTime() - Date.parse(created ?? '')) / 1000));
  if (Number.isNaN(seconds)) return '<unknown>';
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`;
}

function table(
  metadata: Json,
  kind: string,
  items: readonly ApiObject[],
  { isList, now, withHeader }: { isList: boolean; now: Date; withHeader: boolean },
): object {
  const own = columns[kind] ?? [];
  const all = [nameColumn, ...own, ...(own.includes(ageColumn) ? [] : [ageColumn])];
  const { resourceVersion } = metadata;
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: isList ? metadata : { resourceVersion },
    ...(withHeader && {
      columnDefinitions: all.map(({ name }) => ({
        name,
        type: 'string',
        format: name === 'Name' ? 'name' : '',
        description: '',
        priority: 0,
      })),
    }),
    rows: items.map((object) => ({
      cells: all.map(({ cell }) => cell(object, now)),
      object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata },
    })),
  };
}
