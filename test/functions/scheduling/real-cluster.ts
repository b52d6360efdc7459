import type { KubernetesClient, KubernetesObject } from '../../../functions/kubernetes/client.ts';
import type { WorkerPlan } from '../../../functions/scheduling/decide-worker-plan.ts';
import {
  type Amounts,
  hostnameKey,
  type Labels,
  type PodShape,
  type PodTerm,
  type Taint,
} from '../../../functions/scheduling/model.ts';
import { openWorkspace, type WorkspaceInput } from '../../../functions/scheduling/workspace.ts';
import { eventually } from '../../support/eventually.ts';

/** What a plan comes to as objects: nodes, planned ones among them, and where each pod is to be. */
export interface Layout {
  readonly nodes: readonly {
    readonly name: string;
    readonly labels: Labels;
    readonly taints: readonly Taint[];
    readonly allocatable: Amounts;
  }[];
  /** Pods that run already. */
  readonly bound: readonly Placed[];
  /** Class by class, in the order of the plan: which pod is the first of those that want to be together depends on it. */
  readonly planned: readonly (readonly Placed[])[];
}

interface Placed {
  readonly name: string;
  readonly shape: PodShape;
  readonly node: string;
}

/** The layout of a plan, as if all its nodes had come up. Pure. `prefix` keeps the nodes of one plan apart from another's. */
export function layOut(input: WorkspaceInput, plan: WorkerPlan, prefix: string): Layout {
  const { nodes, offerings, pods } = input;
  const shapes = new Map(pods.map(({ name, shape }) => [name, shape]));
  const place = (node: string, names: readonly string[]): Placed[] =>
    names.flatMap((name) => {
      const shape = shapes.get(name);
      return shape ? [{ name, node: `${prefix}${node}`, shape }] : [];
    });
  const fresh = plan.additions.flatMap((addition, index) => {
    const offering = offerings.find(
      ({ instanceType, pool, zone }) =>
        instanceType === addition.instanceType && pool === addition.pool && zone === addition.zone,
    );
    return offering ? [{ ...offering, name: `planned-${index}`, added: addition.pods }] : [];
  });
  const placed = [
    ...plan.onPresent.flatMap(({ node, pods: names }) => place(node, names)),
    ...fresh.flatMap(({ added, name }) => place(name, added)),
  ];
  return {
    nodes: [...nodes, ...fresh].map(({ allocatable, labels, name, taints }) => ({
      name: `${prefix}${name}`,
      labels: { ...labels, [hostnameKey]: `${prefix}${name}` },
      taints,
      allocatable,
    })),
    bound: nodes.flatMap((node) =>
      node.pods.map(({ name, shape }) => ({ name, shape, node: `${prefix}${node.name}` })),
    ),
    planned: openWorkspace(input).classes.map(({ names }) =>
      placed.filter(({ name }) => names.includes(name)),
    ),
  };
}

/** An amount of its own that one node alone has: who asks for it can go nowhere else, and no other rule is touched. */
const slotOf = (node: string): string => `example.com/${node}`;

const quantities = (amounts: Amounts): Record<string, string> =>
  Object.fromEntries(
    Object.entries(amounts).map(([name, amount]) => [name, name === 'cpu' ? `${amount}m` : String(amount)]),
  );

function nodeObject({ allocatable, labels, name, taints }: Layout['nodes'][number]) {
  const amounts = { pods: '110', ...quantities(allocatable), [slotOf(name)]: '1000' };
  return {
    metadata: { name, labels },
    spec: { taints },
    status: {
      capacity: amounts,
      allocatable: amounts,
      conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }],
    },
  };
}

const affinityTerm = ({ namespaces, selector, topologyKey }: PodTerm) => ({
  topologyKey,
  labelSelector: selector,
  ...(namespaces === 'all' ? { namespaceSelector: {} } : { namespaces }),
});

/** A pod of this shape; `bound` names its node, otherwise the scheduler does. */
function podObject({ name, node, shape }: Placed, bound: boolean) {
  const required = 'requiredDuringSchedulingIgnoredDuringExecution';
  const { apart = [], hostPorts = [], nodeTerms = [], spread = [], together = [] } = shape;
  const slot = { [slotOf(node)]: '1' };
  const ports = hostPorts.map((port) => {
    const [protocol, hostIP, number] = port.split('/');
    return { protocol, hostIP, hostPort: Number(number), containerPort: Number(number) };
  });
  const terms = nodeTerms.map((matchExpressions) => ({ matchExpressions }));
  return {
    metadata: { name, labels: shape.labels },
    spec: {
      ...(bound && { nodeName: node }),
      terminationGracePeriodSeconds: 0,
      tolerations: shape.tolerations ?? [],
      topologySpreadConstraints: spread.map(({ selector, ...constraint }) => ({
        ...constraint,
        labelSelector: selector,
        whenUnsatisfiable: 'DoNotSchedule',
      })),
      affinity: {
        ...(terms.length > 0 && { nodeAffinity: { [required]: { nodeSelectorTerms: terms } } }),
        podAffinity: { [required]: together.map(affinityTerm) },
        podAntiAffinity: { [required]: apart.map(affinityTerm) },
      },
      containers: [
        {
          name: 'one',
          image: 'none',
          ports,
          resources: { requests: { ...quantities(shape.requests), ...slot }, limits: slot },
        },
      ],
    },
  };
}

interface Pod extends KubernetesObject {
  readonly spec: { readonly nodeName?: string };
  readonly status?: { readonly conditions?: readonly { readonly message?: string }[] };
}

/** Makes a layout's objects, each planned pod free to go to its planned node alone; answers which of them the scheduler refuses, and why. */
export async function refusedByScheduler(
  client: KubernetesClient,
  layout: Layout,
  namespace: string,
): Promise<string[]> {
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  await client.create('/api/v1/namespaces', { metadata: { name: namespace } });
  // No controller manager makes it here, and no pod is admitted without.
  await client.create(`/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name: 'default' } });
  for (const node of layout.nodes) {
    const { metadata, spec, status } = nodeObject(node);
    await client.create('/api/v1/nodes', { metadata, spec, status });
    // The API server taints what has just registered.
    await client.patch(`/api/v1/nodes/${node.name}`, { spec: { taints: spec.taints } });
  }
  const create = (all: readonly Placed[], bound: boolean) =>
    Promise.all(all.map((pod) => client.create(pods, podObject(pod, bound))));
  await create(layout.bound, true);
  const waiting = async () =>
    (await client.list<Pod>(pods)).filter(({ spec }) => spec.nodeName === undefined);
  const settled = (timeoutMs: number) =>
    eventually(async () => (await waiting()).length === 0, { timeoutMs }).catch(() => {});
  for (const one of layout.planned) {
    await create(one, false);
    // One that waits for company has it later.
    await settled(1_500);
  }
  await settled(20_000);
  const refused = (await waiting()).map(
    ({ metadata, status }) => `${metadata.name}: ${status?.conditions?.[0]?.message ?? 'not looked at'}`,
  );
  await client.delete(pods, { gracePeriodSeconds: 0 });
  await client.delete('/api/v1/nodes');
  return refused;
}
