import {
  hostnameKey,
  type LabelSelector,
  type Offering,
  type PodShape,
  type PodView,
  zoneKey,
} from '../functions/scheduling/model.ts';
import type { WorkspaceInput } from '../functions/scheduling/workspace.ts';
import { createIds } from '../region/kernel/ids.ts';

/** The peers' own shapes (reference worker-lifecycle §2), so that figures can be held against theirs. */
const seed = 42;
const zones = ['us-east-1a', 'us-east-1b', 'us-east-1c'];
const gibibyte = 1024 ** 3;
const mebibyte = 1024 ** 2;

/** cluster-autoscaler's: so many pods of each kind, nodes of one kind. */
function uniform(
  counts: readonly { readonly count: number; readonly cpu: number; readonly memory: number }[],
  node: { readonly cpu: number; readonly memory: number; readonly pods?: number },
  max: number,
): WorkspaceInput {
  const pods = counts.flatMap(({ count, cpu, memory }, kind) => {
    const shape: PodShape = { namespace: 'default', labels: {}, requests: { cpu, memory } };
    return Array.from({ length: count }, (_, index): PodView => ({ name: `${kind}-${index}`, shape }));
  });
  const offerings = zones.slice(0, 1).map(
    (zone): Offering => ({
      pool: 'general',
      zone,
      instanceType: 'uniform',
      labels: { [zoneKey]: zone },
      taints: [],
      allocatable: node,
      pricePerHour: 0.1,
    }),
  );
  return { pods, nodes: [], offerings, remaining: { general: max } };
}

/** Karpenter's: 400 types, five equal parts of pods that are hard in different ways. */
function diverse(count: number): WorkspaceInput {
  const ids = createIds(seed);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(ids.random() * values.length)] as T;
  const letter = () => pick([...'abcdefg']);
  const requests = () => ({
    cpu: pick([100, 250, 500, 1000, 1500]),
    memory: pick([100, 256, 512, 1024, 2048, 4096]) * mebibyte,
  });
  const labelled = (): PodShape => ({
    namespace: 'default',
    labels: { 'my-label': letter() },
    requests: requests(),
  });
  const byLabel = (): LabelSelector => ({ matchLabels: { 'my-label': letter() } });
  const spread = (topologyKey: string): PodShape => ({
    ...labelled(),
    spread: [{ topologyKey, maxSkew: 1, selector: byLabel() }],
  });
  const together = (): PodShape => {
    const own = { 'my-affinity': letter() };
    const term = { topologyKey: zoneKey, selector: { matchLabels: own }, namespaces: ['default'] };
    return { namespace: 'default', labels: own, requests: requests(), together: [term] };
  };
  const own = { app: 'nginx' };
  const apart = (): PodShape => ({
    namespace: 'default',
    labels: own,
    requests: requests(),
    apart: [{ topologyKey: hostnameKey, selector: { matchLabels: own }, namespaces: ['default'] }],
  });
  const kinds = [labelled, () => spread(zoneKey), () => spread(hostnameKey), together, apart];
  const each = Math.floor(count / kinds.length);
  const shapes = kinds.flatMap((make) => Array.from({ length: each }, make));
  while (shapes.length < count) shapes.push(labelled());
  const offerings = Array.from({ length: 400 }, (_, index) => index + 1).flatMap((size) =>
    zones.map(
      (zone): Offering => ({
        pool: 'general',
        zone,
        instanceType: `fake-${size}`,
        labels: { [zoneKey]: zone, 'node.kubernetes.io/instance-type': `fake-${size}` },
        taints: [],
        allocatable: { cpu: size * 1000, memory: size * 2 * gibibyte, pods: size * 10 },
        pricePerHour: size * 0.1 + ((size * 2 * gibibyte) / 1e9) * 0.1,
      }),
    ),
  );
  const pods = shapes.map((shape, index): PodView => ({ name: `pod-${index}`, shape }));
  return { pods, nodes: [], offerings, remaining: { general: count } };
}

const small = { cpu: 200, memory: 200 };

/** Each shape by what the figures call it. */
export const shapes: Readonly<Record<string, () => WorkspaceInput>> = {
  '50,000 pods on nodes for 50': () =>
    uniform([{ count: 50_000, ...small }], { cpu: 10_000, memory: 10_000, pods: 110 }, 5_000),
  '51,000 pods of two sizes': () =>
    uniform(
      [
        { count: 50_000, cpu: 50, memory: 100 },
        { count: 1_000, cpu: 95, memory: 190 },
      ],
      { cpu: 1_000, memory: 5_000, pods: 100 },
      3_000,
    ),
  '1,000 diverse pods, 400 types': () => diverse(1_000),
  '5,000 diverse pods, 400 types': () => diverse(5_000),
  '10,000 diverse pods, 400 types': () => diverse(10_000),
  '20,000 diverse pods, 400 types': () => diverse(20_000),
};
