import type { ClusterRecord } from '../../../functions/aws/records.ts';
import type { Layout } from '../../../functions/clusters/contracts.ts';
import { handler as recordFailure } from '../../../functions/clusters/record-failure.ts';
import { handler as acquireLease } from '../../../functions/leases/acquire-lease.ts';
import { handler as releaseLease } from '../../../functions/leases/release-lease.ts';
import { handler as beginRetirement } from '../../../functions/retirement/begin-retirement.ts';
import { handler as deleteGroups } from '../../../functions/retirement/delete-groups.ts';
import { handler as deleteIdentityProviders } from '../../../functions/retirement/delete-identity-providers.ts';
import { handler as deleteLaunchTemplates } from '../../../functions/retirement/delete-launch-templates.ts';
import { handler as deleteLoadBalancers } from '../../../functions/retirement/delete-load-balancers.ts';
import { handler as deleteNetworkInterfaces } from '../../../functions/retirement/delete-network-interfaces.ts';
import { handler as deleteObjects } from '../../../functions/retirement/delete-objects.ts';
import { handler as deleteRoles } from '../../../functions/retirement/delete-roles.ts';
import { handler as deleteSecurityGroups } from '../../../functions/retirement/delete-security-groups.ts';
import { handler as deleteTargetGroups } from '../../../functions/retirement/delete-target-groups.ts';
import { handler as deleteVolumes } from '../../../functions/retirement/delete-volumes.ts';
import { handler as forgetCluster } from '../../../functions/retirement/forget-cluster.ts';
import { handler as keepVolumes } from '../../../functions/retirement/keep-volumes.ts';
import { handler as observeRetirement } from '../../../functions/retirement/observe-retirement.ts';
import { handler as terminateInstances } from '../../../functions/retirement/terminate-instances.ts';
import { handler as verifyRetirement } from '../../../functions/retirement/verify-retirement.ts';
import type { Handler, TaskContext } from '../../../functions/runtime/task.ts';
import { breakable, type Fault } from '../../support/breakable.ts';
import { fakeDeployment, type Invoke } from '../../support/fake-deployment.ts';
import { fakeOwned } from '../../support/fake-owned.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { leastSpec } from '../../support/specs.ts';
import { provision } from '../clusters/provisioned.ts';

const handlers = [
  observeRetirement,
  acquireLease,
  beginRetirement,
  deleteGroups,
  deleteLoadBalancers,
  deleteTargetGroups,
  terminateInstances,
  deleteLaunchTemplates,
  deleteRoles,
  deleteIdentityProviders,
  deleteNetworkInterfaces,
  deleteVolumes,
  keepVolumes,
  deleteSecurityGroups,
  deleteObjects,
  forgetCluster,
  verifyRetirement,
  recordFailure,
  releaseLease,
] as unknown as readonly Handler<unknown, unknown, unknown>[];

const pool = { name: 'general', instanceTypes: ['m7g.large'], zones: ['a', 'b'], min: 2, max: 8 };

export type RetiredWorld = Awaited<ReturnType<typeof retiredWorld>>;

/**
 * A deployment with the clusters `demo`, of three slots and a pool, and `demo-b`, whose every name begins as `demo`'s do; both have written
 * what clusters write. The real tasks act on it by name, and any call of a port can be made to go wrong.
 */
export async function retiredWorld() {
  const clock = createManualClock();
  const world = fakeDeployment();
  const owned = fakeOwned({ ...world, now: () => clock.now().getTime() });
  fill(world, await provisioned());
  owned.launch();
  const calls: string[] = [];
  let fault: Fault | undefined;
  const { registry, executions } = world;
  const ports: Record<string, object> = { ...owned.deps, registry, executions };
  const deps = Object.fromEntries(
    Object.entries(ports).map(([name, port]) => [name, breakable(name, port, calls, () => fault)]),
  );
  const context: TaskContext = { ...world.context, clock: { now: () => clock.now() } };
  return {
    ...world,
    ...owned,
    clock,
    /** Calls of ports since the last `break`, in order. */
    calls,
    break: (one: Fault | undefined) => {
      fault = one;
      calls.length = 0;
    },
    tasks: new Map(
      handlers.map(({ contract, run }) => [
        contract.name,
        async (input: unknown) => {
          const parsed = contract.input.parse(JSON.parse(JSON.stringify(input)));
          return JSON.parse(JSON.stringify(contract.output.parse(await run(parsed, deps, context))));
        },
      ]),
    ),
    /** Everything that there is of a cluster, to compare with: nothing of it is undefined or empty lists. */
    snapshot: (cluster: string) => snapshot(world, owned, cluster),
  };
}

const uids: Readonly<Record<string, string>> = { demo: '0123456789ab', 'demo-b': 'ba9876543210' };

type World = ReturnType<typeof fakeDeployment>;
let made: Promise<World> | undefined;

/** Both clusters, made once for all tests of a file: rendering their nodes' files takes longest. */
function provisioned(): Promise<World> {
  made ??= (async () => {
    let uid = '';
    const world = fakeDeployment(() => uid);
    for (const [index, name] of ['demo', 'demo-b'].entries()) {
      uid = uids[name] ?? '';
      await provision(world, { ...leastSpec, name, pools: [pool] }, `execution-${index}`);
      await makePool(world.invoke, name, (await world.registry.getCluster(name)) as ClusterRecord);
      await writeSomething(world, name);
    }
    return world;
  })();
  return made;
}

/** Gives a fresh world copies of all that another has. */
function fill(world: World, from: World): void {
  const stores = ({ aws, documents, objects, registry }: World) => [
    ...Object.values(aws),
    registry.items,
    objects.bodies,
    documents.objects.bodies,
  ];
  const sources = stores(from);
  for (const [index, store] of stores(world).entries()) {
    const source: unknown = sources[index];
    if (store instanceof Map && source instanceof Map)
      for (const [key, value] of structuredClone(source)) store.set(key, value);
    else if (Array.isArray(store) && Array.isArray(source))
      store.splice(0, store.length, ...structuredClone(source));
  }
}

async function makePool(
  invoke: Invoke,
  cluster: string,
  { layout, spec }: ClusterRecord & { readonly layout: Layout },
): Promise<void> {
  const holder = `pools-${cluster}`;
  const { lease } = (await invoke('acquire-lease', { cluster, scope: 'cluster', holder })) as {
    lease: unknown;
  };
  const [{ name } = { name: '' }] = spec.pools;
  const made = { lease, cluster, layout, pool: name };
  const role = (await invoke('ensure-worker-role', { lease, cluster, pool: name })) as object;
  const { workerSecurityGroupId: securityGroupId } = (await invoke('ensure-security-groups', {
    lease,
    cluster,
    layout,
  })) as { workerSecurityGroupId: string };
  const { changed: _role, ...roleFacts } = role as { changed: boolean };
  const template = (await invoke('ensure-pool-template', {
    lease,
    cluster,
    pool: made.pool,
    securityGroupId,
    ...roleFacts,
  })) as { launchTemplateId: string; version: string };
  const { launchTemplateId, version } = template;
  await invoke('ensure-pool-groups', { lease, cluster, pool: name, launchTemplateId, version });
  await invoke('release-lease', { lease });
}

/** What tasks and nodes leave in the bucket and in the registry while a cluster lives. */
async function writeSomething({ objects, registry }: World, cluster: string): Promise<void> {
  for (const path of ['pki/private/etcd-ca.key', 'slots/a/reports/i-1', 'observations/workers.json'])
    await objects.put(`clusters/${cluster}/${path}`, 'written');
  const observedAt = '2026-01-01T00:00:00.000Z';
  await registry.putObservation(cluster, { observedAt });
  await registry.putKubernetesObservation(cluster, { observedAt });
  await registry.putScaling(cluster, { revision: 1, backOffs: [], unneeded: [] }, 'absent');
  await registry.putRepairs(
    cluster,
    { revision: 1, ailing: { observedAt, since: {} }, pools: {}, repairs: [] },
    'absent',
  );
  const lease = { holder: 'ended', token: 1, acquiredAt: observedAt, releasedAt: observedAt };
  await registry.putLease(cluster, 'slot:a', lease, 'absent');
}

function snapshot(
  { aws, documents, objects, registry }: World,
  { instances }: ReturnType<typeof fakeOwned>,
  cluster: string,
) {
  const ofCluster = <T extends { readonly tags: Readonly<Record<string, string>> }>(items: Iterable<T>) =>
    [...items].filter(({ tags }) => tags['trivet:cluster'] === cluster);
  const below = (keys: Iterable<string>, beginning: string) =>
    [...keys].filter((key) => key.startsWith(beginning)).sort();
  return structuredClone({
    groups: ofCluster([...aws.groupMap.values(), ...aws.poolGroupMap.values()]),
    instances: ofCluster(instances.values()),
    balancers: ofCluster([...aws.balancers.values(), ...aws.targetGroups.values()]),
    templates: ofCluster(aws.templateMap.values()),
    roles: ofCluster([...aws.roleMap.values(), ...aws.profiles.values(), ...aws.providerMap.values()]),
    network: ofCluster([...aws.securityGroups, ...aws.interfaces]),
    volumes: ofCluster(aws.volumeList),
    objects: below(objects.bodies.keys(), `clusters/${cluster}/`),
    documents: below(documents.objects.bodies.keys(), `${cluster}-${uids[cluster]}/`),
    records: below(registry.items.keys(), `${cluster}/`),
    addresses: [...registry.items].filter(
      ([key, item]) => key.startsWith('addresses/') && item.cluster === cluster,
    ),
  });
}
