/**
 * Puts a pool's node files into the bucket and makes the launch template that pins them, one for all the pool's zones.
 *
 * Safe to repeat: files are named by their content, and a new template version is made only when the latest one was made from something
 * else. Running workers are not touched.
 */
import { type LaunchTemplates, makeLaunchTemplates } from '../aws/launch-templates.ts';
import { makeObjects, type Objects } from '../aws/objects.ts';
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { openCluster } from '../clusters/acting.ts';
import { ensureTemplate } from '../clusters/ensure-template.ts';
import { objectKeys } from '../clusters/names.ts';
import { task } from '../runtime/task.ts';
import { ensurePoolTemplate } from './contracts.ts';
import { wantedPoolTemplate } from './decide-pool-template.ts';
import { requirePool } from './require-pool.ts';

export interface PoolTemplateDeps {
  readonly registry: Registry;
  readonly templates: LaunchTemplates;
  readonly objects: Objects;
}

export const handler = task(
  ensurePoolTemplate,
  (config): PoolTemplateDeps => ({
    registry: makeRegistry(config),
    templates: makeLaunchTemplates(config),
    objects: makeObjects(config),
  }),
  async (input, deps, { config, signal, log }) => {
    const { cluster, pool } = input;
    const { act, owner, record } = await openCluster(deps.registry, input, config.deployment, signal);
    const { spec } = record;
    const wanted = wantedPoolTemplate(owner, { ...input, spec, pool: requirePool(spec, pool) }, config);
    const place = { owner: { ...owner, pool }, prefix: objectKeys(cluster).pool(pool), act };
    const { template, changes } = await ensureTemplate(wanted, place, deps, signal);
    if (changes.length > 0) log.info('changed', { changes });
    return {
      launchTemplateId: template?.launchTemplateId ?? '',
      version: template?.version ?? '',
      changed: changes.length > 0,
    };
  },
);
