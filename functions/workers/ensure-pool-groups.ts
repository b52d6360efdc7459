/**
 * Makes a pool's Auto Scaling groups, one in each of its zones, with their hooks, and keeps them on the wanted template version.
 *
 * Safe to repeat: groups are found by name and only differences are acted on; a running worker is never replaced by it, and how many there
 * are changes only as far as the bounds force it.
 */
import { makeNetworks, type Networks } from '../aws/networks.ts';
import { makePoolGroups, type PoolGroups } from '../aws/pool-groups.ts';
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { openCluster } from '../clusters/acting.ts';
import { assertOwn } from '../clusters/ownership.ts';
import { task } from '../runtime/task.ts';
import { ensurePoolGroups } from './contracts.ts';
import { decidePoolGroup, wantedPoolGroup, workerHooks } from './decide-pool-group.ts';
import { requirePool } from './require-pool.ts';

export interface PoolGroupsDeps {
  readonly registry: Registry;
  readonly networks: Pick<Networks, 'subnets'>;
  readonly poolGroups: PoolGroups;
}

export const handler = task(
  ensurePoolGroups,
  (config): PoolGroupsDeps => ({
    registry: makeRegistry(config),
    networks: makeNetworks(config),
    poolGroups: makePoolGroups(config),
  }),
  async (input, { registry, networks, poolGroups }, { config, signal, log }) => {
    const { act, owner, record } = await openCluster(registry, input, config.deployment, signal);
    const { spec } = record;
    const pool = requirePool(spec, input.pool);
    const subnets = await networks.subnets(config.subnetIds, signal);
    const ownPool = { ...owner, pool: pool.name };
    const names: string[] = [];
    const changes: string[] = [];
    for (const zone of pool.zones) {
      const inZone = subnets.filter((subnet) => subnet.zone === `${config.region}${zone}`);
      const place = { zone, subnetIds: inZone.map(({ subnetId }) => subnetId) };
      const wanted = wantedPoolGroup(owner, spec, pool, place, input);
      const { shape, tags } = wanted;
      const found = await poolGroups.find(shape.name, signal);
      if (found) assertOwn(`group ${shape.name}`, found.tags, ownPool);
      for (const step of decidePoolGroup(wanted, found)) {
        await act(async () => {
          if (step.step === 'create') await poolGroups.create(shape, workerHooks, tags, signal);
          if (found && step.step === 'update') await poolGroups.update(found, shape, ownPool, signal);
          if (found && step.step === 'hook') {
            const { transition } = step;
            const change = { transition, hook: workerHooks[transition] };
            await poolGroups.putHook(found, change, ownPool, signal);
          }
          if (found && step.step === 'tag') await poolGroups.tag(found, step.tags, ownPool, signal);
        });
        changes.push(`${shape.name}: ${step.reason}`);
      }
      names.push(shape.name);
    }
    if (changes.length > 0) log.info('changed', { changes });
    return { autoScalingGroupNames: names, changed: changes.length > 0 };
  },
);
