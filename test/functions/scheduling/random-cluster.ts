import fc from 'fast-check';
import {
  hostnameKey,
  type NodeView,
  type Offering,
  type PodShape,
  type PodView,
  zoneKey,
} from '../../../functions/scheduling/model.ts';
import type { WorkspaceInput } from '../../../functions/scheduling/workspace.ts';

const mebibyte = 1024 ** 2;
const zones = ['a', 'b', 'c'];
const dedicated = { key: 'dedicated', value: 'x', effect: 'NoSchedule' } as const;
/** Two sizes in three zones, of a pool that takes all pods and of one that is cheaper and tainted. */
export const offerings = ['small', 'large'].flatMap((instanceType, size) =>
  zones.flatMap((zone) =>
    ['general', 'tainted'].map(
      (pool): Offering => ({
        pool,
        zone,
        instanceType,
        labels: { [zoneKey]: zone, pool },
        taints: pool === 'tainted' ? [dedicated] : [],
        allocatable: { cpu: 2_000 * (size + 1), memory: 4_096 * mebibyte * (size + 1), pods: 110 },
        pricePerHour: (pool === 'tainted' ? 0.05 : 0.08) * (size + 1),
      }),
    ),
  ),
);

const letter = fc.constantFrom('x', 'y', 'z');
const key = fc.constantFrom(zoneKey, hostnameKey);
const some = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<readonly T[]> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.tuple(values) });
const someOrTwo = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<readonly T[]> =>
  fc.oneof({ weight: 7, arbitrary: some(values) }, { weight: 1, arbitrary: fc.tuple(values, values) });

/** Pods of one Deployment: their spread counts their own alone, so that the order of Deployments makes no difference. */
const shapeOf = (namespace: string, kind: number): fc.Arbitrary<PodShape> => {
  const term = fc.record({
    topologyKey: key,
    selector: fc.record({ matchLabels: fc.record({ app: letter }) }),
    namespaces: fc.constantFrom<readonly string[] | 'all'>([namespace], 'all'),
  });
  const spread = fc.record(
    {
      topologyKey: key,
      maxSkew: fc.constantFrom(1, 2),
      selector: fc.constant({ matchLabels: { kind: `k${kind}` } }),
      minDomains: fc.constantFrom(1, 2, 4),
    },
    { requiredKeys: ['topologyKey', 'maxSkew', 'selector'] },
  );
  return fc.record({
    namespace: fc.constant(namespace),
    priority: fc.constantFrom(0, 0, 10),
    labels: letter.map((app) => ({ app, kind: `k${kind}` })),
    requests: fc.record({
      cpu: fc.constantFrom(50, 300, 900, 1_900),
      memory: fc.constantFrom(1, 512, 3_000).map((count) => count * mebibyte),
    }),
    tolerations: fc.constantFrom([], [], [{ key: 'dedicated', operator: 'Exists' as const }]),
    nodeTerms: fc.constantFrom(
      [],
      [],
      [[{ key: zoneKey, operator: 'In' as const, values: ['a', 'c'] }]],
      [[{ key: 'pool', operator: 'NotIn' as const, values: ['tainted'] }]],
    ),
    together: someOrTwo(term),
    apart: some(term),
    spread: some(spread),
    hostPorts: fc.constantFrom([], [], [], ['TCP/0.0.0.0/80'], ['TCP/127.0.0.1/80']),
    preferences: some(
      fc.record({
        kind: fc.constantFrom('together' as const, 'apart' as const),
        weight: fc.constant(10),
        term,
      }),
    ),
  });
};

/** A small cluster: some nodes with some pods on them, and pods that wait. Its pods are in the namespace. */
export const clusterOf = (namespace: string): fc.Arbitrary<WorkspaceInput> =>
  fc.tuple(...[0, 1, 2, 3, 4].map((kind) => shapeOf(namespace, kind))).chain((shapes) => {
    const shape = fc.constantFrom(...shapes);
    const node = fc.record({
      offering: fc.constantFrom(...offerings),
      shapes: fc.array(shape, { maxLength: 3 }),
    });
    const counts = fc.tuple(...shapes.map(() => fc.integer({ min: 0, max: 4 })));
    const most = fc.record({
      general: fc.integer({ min: 0, max: 6 }),
      tainted: fc.integer({ min: 0, max: 4 }),
    });
    // Not every pool is in every zone.
    const offered = fc.subarray(offerings, { minLength: 2 });
    return fc
      .tuple(fc.array(node, { maxLength: 4 }), counts, most, offered)
      .map(([nodes, wanted, remaining, offers]) => ({
        offerings: offers,
        remaining,
        nodes: nodes.map(
          ({ offering, shapes: running }, index): NodeView => ({
            name: `present-${index}`,
            pool: offering.pool,
            labels: offering.labels,
            taints: offering.taints,
            allocatable: offering.allocatable,
            pods: running.map((one, pod) => ({ name: `old-${index}-${pod}`, shape: one })),
          }),
        ),
        pods: shapes.flatMap((one, kind) =>
          Array.from(
            { length: wanted[kind] ?? 0 },
            (_, pod): PodView => ({ name: `k${kind}-${pod}`, shape: one }),
          ),
        ),
      }));
  });
