/**
 * Puts a slot's node files into the bucket and makes the launch template that pins them.
 *
 * Safe to repeat: files are named by their content, and a new template version is made only when the latest one was made from something
 * else. Running instances are not touched.
 */

import { type LaunchTemplates, makeLaunchTemplates } from '../aws/launch-templates.ts';
import { makeObjects, type Objects } from '../aws/objects.ts';
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { task } from '../runtime/task.ts';
import { openCluster } from './acting.ts';
import { ensureLaunchTemplate } from './contracts.ts';
import { wantedLaunchTemplate } from './decide-launch-template.ts';
import { ensureTemplate } from './ensure-template.ts';
import { objectKeys } from './names.ts';

export interface LaunchTemplateDeps {
  readonly registry: Registry;
  readonly templates: LaunchTemplates;
  readonly objects: Objects;
}

export const handler = task(
  ensureLaunchTemplate,
  (config): LaunchTemplateDeps => ({
    registry: makeRegistry(config),
    templates: makeLaunchTemplates(config),
    objects: makeObjects(config),
  }),
  async (input, deps, { config, signal, log }) => {
    const { cluster, slot } = input;
    const { act, owner, record } = await openCluster(deps.registry, input, config.deployment, signal);
    const { spec, endpoint } = record;
    const wanted = wantedLaunchTemplate(owner, { ...input, spec, endpoint }, config);
    const place = { owner: { ...owner, slot: slot.slot }, prefix: objectKeys(cluster).slot(slot.slot), act };
    const { template, changes } = await ensureTemplate(wanted, place, deps, signal);
    if (changes.length > 0) log.info('changed', { changes });
    return {
      launchTemplateId: template?.launchTemplateId ?? '',
      version: template?.version ?? '',
      changed: changes.length > 0,
    };
  },
);
