import { describe, expect, test } from 'vitest';
import type { Pod, PodSpec, Surroundings, Volume } from '../../../functions/demand/kubernetes-objects.ts';
import { readPod } from '../../../functions/demand/read-pod.ts';
import { readRequests } from '../../../functions/demand/read-requests.ts';
import type { PodShape } from '../../../functions/scheduling/model.ts';

const zone = 'topology.kubernetes.io/zone';
const ebsZone = 'topology.ebs.csi.aws.com/zone';
const zoneTerms = (key: string, values: string[]) => [
  { matchExpressions: [{ key, operator: 'In' as const, values }] },
];
const named = <T>(name: string, rest: T) => [name, { metadata: { name }, ...rest }] as const;
const claim = (name: string, spec: object) =>
  [`shop/${name}`, { metadata: { name, namespace: 'shop' }, spec }] as const;

const around: Surroundings = {
  namespaces: [
    { metadata: { name: 'shop', labels: { team: 'web' } } },
    { metadata: { name: 'store', labels: { team: 'web' } } },
    { metadata: { name: 'bank', labels: { team: 'money' } } },
  ],
  claims: new Map([
    claim('bound', { volumeName: 'pv-a' }),
    claim('old', { volumeName: 'pv-old' }),
    claim('anywhere', { volumeName: 'pv-nfs' }),
    claim('impossible', { volumeName: 'pv-empty' }),
    claim('gone', { volumeName: 'pv-gone' }),
    claim('first', { storageClassName: 'zonal' }),
    claim('free', { storageClassName: 'waits' }),
    claim('now', { storageClassName: 'immediate' }),
    claim('classless', {}),
    claim('web-0-cache', { storageClassName: 'zonal' }),
  ]),
  volumes: new Map<string, Volume>([
    named('pv-a', {
      spec: { nodeAffinity: { required: { nodeSelectorTerms: zoneTerms(ebsZone, ['us-east-1a']) } } },
    }),
    [
      'pv-old',
      {
        metadata: {
          name: 'pv-old',
          labels: { 'failure-domain.beta.kubernetes.io/zone': 'us-east-1a__us-east-1b' },
        },
      },
    ],
    named('pv-nfs', { spec: {} }),
    named('pv-empty', { spec: { nodeAffinity: { required: { nodeSelectorTerms: [{}] } } } }),
  ]),
  storageClasses: new Map([
    named('zonal', {
      volumeBindingMode: 'WaitForFirstConsumer',
      allowedTopologies: [
        { matchLabelExpressions: [{ key: ebsZone, values: ['us-east-1b', 'us-east-1c'] }] },
      ],
    }),
    named('waits', { volumeBindingMode: 'WaitForFirstConsumer' }),
    named('immediate', { volumeBindingMode: 'Immediate' }),
  ]),
};

const podOf = (spec: PodSpec, labels: Record<string, string> = { app: 'web' }): Pod => ({
  metadata: { name: 'web-0', namespace: 'shop', labels },
  spec,
});
const read = (spec: PodSpec, labels?: Record<string, string>) => readPod(podOf(spec, labels), around);
const shapeOf = (spec: PodSpec, labels?: Record<string, string>): PodShape => {
  const found = read(spec, labels);
  if ('stuck' in found) throw new Error(found.stuck);
  return found.shape;
};
const asks = (requests: Record<string, string | number>, restartPolicy?: string) => ({
  resources: { requests },
  ...(restartPolicy && { restartPolicy }),
});

describe('requests are what kube-scheduler counts:', () => {
  test.each<[string, PodSpec, Record<string, number>]>([
    ['nothing', {}, {}],
    [
      'containers together',
      { containers: [asks({ cpu: '100m', memory: '1Gi' }), asks({ cpu: 1 })] },
      { cpu: 1100, memory: 1073741824 },
    ],
    [
      'the greatest init container where it is more',
      { containers: [asks({ cpu: '100m' })], initContainers: [asks({ cpu: '300m' }), asks({ cpu: '200m' })] },
      { cpu: 300 },
    ],
    [
      'the containers where they are more',
      { containers: [asks({ cpu: '500m' })], initContainers: [asks({ cpu: '300m' })] },
      { cpu: 500 },
    ],
    [
      'sidecars beside the containers',
      { containers: [asks({ cpu: '100m' })], initContainers: [asks({ cpu: '50m' }, 'Always')] },
      { cpu: 150 },
    ],
    [
      'an init container beside the sidecars that run by then',
      {
        containers: [asks({ cpu: '100m' })],
        initContainers: [
          asks({ cpu: '50m' }, 'Always'),
          asks({ cpu: '300m' }),
          asks({ cpu: '70m' }, 'Always'),
        ],
      },
      { cpu: 350 },
    ],
    [
      'overhead on top',
      { containers: [asks({ cpu: '100m' })], overhead: { cpu: '250m', memory: '120Mi' } },
      { cpu: 350, memory: 125829120 },
    ],
    [
      'what is said for the whole pod in place of its containers',
      { containers: [asks({ cpu: '100m', memory: '1Gi' })], resources: { requests: { cpu: '2' } } },
      { cpu: 2000, memory: 1073741824 },
    ],
    [
      'overhead on top of the whole pod’s',
      { resources: { requests: { cpu: '2' } }, overhead: { cpu: '1m' } },
      { cpu: 2001 },
    ],
    [
      'extended resources',
      { containers: [asks({ 'nvidia.com/gpu': '2' }), asks({ 'nvidia.com/gpu': 1 })] },
      { 'nvidia.com/gpu': 3 },
    ],
    [
      'parts of a millicore rounded up, each container by itself',
      { containers: [asks({ cpu: '100u' }), asks({ cpu: '0.5m' })] },
      { cpu: 2 },
    ],
    [
      'exactly, whatever binary fractions make of tenths',
      { containers: [asks({ cpu: '0.1' }), asks({ cpu: '0.2' })] },
      { cpu: 300 },
    ],
    ['very much', { containers: [asks({ memory: '1Ei' })] }, { memory: 2 ** 60 }],
  ])('%s', (_name, spec, expected) => {
    expect(readRequests(spec)).toEqual(expected);
  });
});

describe('where it may run:', () => {
  const affinity = (...nodeSelectorTerms: object[]): PodSpec => ({
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
  });
  const inZone = (...values: string[]) => ({ key: zone, operator: 'In', values });
  const disk = { key: 'disk', operator: 'In', values: ['ssd'] };
  const claims = (...names: string[]): PodSpec => ({
    volumes: names.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } })),
  });
  test.each<[string, PodSpec, unknown]>([
    ['anywhere', {}, undefined],
    [
      'where all of its selector holds',
      { nodeSelector: { disk: 'ssd', arch: 'arm' } },
      [[disk, { key: 'arch', operator: 'In', values: ['arm'] }]],
    ],
    [
      'where one of its terms holds',
      affinity({ matchExpressions: [disk] }, { matchExpressions: [inZone('us-east-1a')] }),
      [[disk], [inZone('us-east-1a')]],
    ],
    [
      'where its selector holds and one of its terms',
      {
        nodeSelector: { disk: 'ssd' },
        ...affinity(
          { matchExpressions: [inZone('us-east-1a')] },
          { matchExpressions: [inZone('us-east-1b')] },
        ),
      },
      [
        [disk, inZone('us-east-1a')],
        [disk, inZone('us-east-1b')],
      ],
    ],
    [
      'nowhere by terms that ask for nothing',
      affinity({}),
      [[{ key: 'kubernetes.io/hostname', operator: 'In', values: [] }]],
    ],
    [
      'on one node by its name',
      affinity({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['i-1'] }] }),
      [[{ key: 'kubernetes.io/hostname', operator: 'In', values: ['i-1'] }]],
    ],
    ['in the zone of its volume, by the zone’s own name', claims('bound'), [[inZone('us-east-1a')]]],
    [
      'in the zones of a volume that says them by label',
      claims('old'),
      [[inZone('us-east-1a', 'us-east-1b')]],
    ],
    ['anywhere with a volume that is everywhere', claims('anywhere'), undefined],
    [
      'nowhere with a volume that no node can have',
      claims('impossible'),
      [[{ key: 'kubernetes.io/hostname', operator: 'In', values: [] }]],
    ],
    ['where its class may make a volume', claims('first'), [[inZone('us-east-1b', 'us-east-1c')]]],
    ['anywhere where its class may make one anywhere', claims('free'), undefined],
    [
      'where a volume of its own may be made',
      { volumes: [{ name: 'cache', ephemeral: {} }] },
      [[inZone('us-east-1b', 'us-east-1c')]],
    ],
    [
      'where both of its volumes are',
      claims('bound', 'first'),
      [[inZone('us-east-1a'), inZone('us-east-1b', 'us-east-1c')]],
    ],
    [
      'in its volume’s zone where its selector holds',
      { nodeSelector: { disk: 'ssd' }, ...claims('bound') },
      [[disk, inZone('us-east-1a')]],
    ],
  ])('%s', (_name, spec, expected) => {
    expect(shapeOf(spec).nodeTerms).toEqual(expected);
  });

  test.each<[string, string, string]>([
    ['a claim that does not exist', 'none', 'its claim none does not exist'],
    ['a volume that does not exist', 'gone', 'its volume pv-gone does not exist'],
    ['a claim without a class', 'classless', 'its claim classless names no storage class that there is'],
    ['a claim that is still to be bound', 'now', 'its claim now is not bound yet'],
  ])('%s is waited for, and no node helps', (_name, name, stuck) => {
    expect(read(claims(name))).toEqual({ stuck });
  });
});

describe('beside which pods:', () => {
  const web = { matchLabels: { app: 'web' } };
  const required = (kind: 'podAffinity' | 'podAntiAffinity', term: object): PodSpec => ({
    affinity: {
      [kind]: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: zone, ...term }] },
    },
  });
  test.each<[string, object, object]>([
    ['of its own namespace', { labelSelector: web }, { selector: web, namespaces: ['shop'] }],
    [
      'of named namespaces',
      { labelSelector: web, namespaces: ['bank'] },
      { selector: web, namespaces: ['bank'] },
    ],
    [
      'of namespaces by label',
      { labelSelector: web, namespaceSelector: { matchLabels: { team: 'web' } } },
      { selector: web, namespaces: ['shop', 'store'] },
    ],
    [
      'of both',
      { labelSelector: web, namespaces: ['bank'], namespaceSelector: { matchLabels: { team: 'web' } } },
      { selector: web, namespaces: ['bank', 'shop', 'store'] },
    ],
    ['of all', { labelSelector: web, namespaceSelector: {} }, { selector: web, namespaces: 'all' }],
    ['of none, without a selector', {}, { namespaces: ['shop'] }],
    [
      'of its own revision',
      { labelSelector: web, matchLabelKeys: ['rev', 'absent'] },
      {
        selector: { ...web, matchExpressions: [{ key: 'rev', operator: 'In', values: ['7'] }] },
        namespaces: ['shop'],
      },
    ],
    [
      'of other revisions',
      { labelSelector: web, mismatchLabelKeys: ['rev'] },
      {
        selector: { ...web, matchExpressions: [{ key: 'rev', operator: 'NotIn', values: ['7'] }] },
        namespaces: ['shop'],
      },
    ],
  ])('%s', (_name, term, expected) => {
    const labels = { app: 'web', rev: '7' };
    expect(shapeOf(required('podAffinity', term), labels).together).toEqual([
      { topologyKey: zone, ...expected },
    ]);
    expect(shapeOf(required('podAntiAffinity', term), labels).apart).toEqual([
      { topologyKey: zone, ...expected },
    ]);
  });

  test('spread: what must be is kept, what is only wished for is a preference', () => {
    const constraint = (whenUnsatisfiable: 'DoNotSchedule' | 'ScheduleAnyway', more: object) => ({
      topologyKey: zone,
      maxSkew: 1,
      whenUnsatisfiable,
      labelSelector: web,
      ...more,
    });
    const shape = shapeOf(
      {
        topologySpreadConstraints: [
          constraint('DoNotSchedule', { minDomains: 3, matchLabelKeys: ['rev'] }),
          constraint('ScheduleAnyway', { maxSkew: 2 }),
        ],
      },
      { app: 'web', rev: '7' },
    );
    const selector = { ...web, matchExpressions: [{ key: 'rev', operator: 'In', values: ['7'] }] };
    expect(shape.spread).toEqual([{ topologyKey: zone, maxSkew: 1, selector, minDomains: 3 }]);
    expect(shape.preferences).toEqual([
      { kind: 'spread', weight: 1, constraint: { topologyKey: zone, maxSkew: 2, selector: web } },
    ]);
  });

  test('what it would rather have keeps its weight', () => {
    const term = { topologyKey: zone, labelSelector: web };
    const wish = (weight: number) => ({
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight, podAffinityTerm: term }],
    });
    const nodeAffinity = {
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 10, preference: { matchExpressions: [{ key: 'disk', operator: 'Exists' as const }] } },
      ],
    };
    const read = { topologyKey: zone, selector: web, namespaces: ['shop'] };
    expect(
      shapeOf({ affinity: { nodeAffinity, podAffinity: wish(20), podAntiAffinity: wish(30) } }).preferences,
    ).toEqual([
      { kind: 'node', weight: 10, term: [{ key: 'disk', operator: 'Exists' }] },
      { kind: 'together', weight: 20, term: read },
      { kind: 'apart', weight: 30, term: read },
    ]);
  });
});

test('host ports are those of containers and sidecars, with protocol and address', () => {
  const ports = [{ hostPort: 8080 }, { hostPort: 53, protocol: 'UDP', hostIP: '10.0.0.1' }, {}];
  const initContainers = [
    { restartPolicy: 'Always', ports: [{ hostPort: 9 }] },
    { ports: [{ hostPort: 10 }] },
  ];
  expect(shapeOf({ containers: [{ ports }], initContainers }).hostPorts).toEqual([
    'TCP/0.0.0.0/8080',
    'UDP/10.0.0.1/53',
    'TCP/0.0.0.0/9',
  ]);
});

test('priority and tolerations are kept, and how long one tolerates is not', () => {
  const tolerations = [
    { key: 'a', operator: 'Exists' as const, effect: 'NoExecute', tolerationSeconds: 300 },
  ];
  expect(shapeOf({ priority: 1000, tolerations })).toEqual({
    namespace: 'shop',
    labels: { app: 'web' },
    requests: {},
    priority: 1000,
    tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoExecute' }],
  });
});
