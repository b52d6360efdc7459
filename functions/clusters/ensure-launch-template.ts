/**
 * Puts a slot's node files into the bucket and makes the launch template that pins them.
 *
 * Safe to repeat: files are named by their content, and a new template version is made only when the latest one was made from something
 * else. Running instances are not touched.
 */

import { sha256 } from '../../node/render.ts';
import { type LaunchTemplates, makeLaunchTemplates } from '../aws/launch-templates.ts';
import { makeObjects, type Objects } from '../aws/objects.ts';
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { task } from '../runtime/task.ts';
import { openCluster } from './acting.ts';
import { ensureLaunchTemplate } from './contracts.ts';
import { decideLaunchTemplate, wantedLaunchTemplate } from './decide-launch-template.ts';
import { objectKeys } from './names.ts';
import { assertOwn } from './ownership.ts';

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
  async (input, { registry, templates, objects }, { config, signal, log }) => {
    const { cluster, slot } = input;
    const acting = await openCluster(registry, input, config.deployment, signal);
    const owner = { ...acting.owner, slot: slot.slot };
    const { spec, endpoint } = acting.record;
    const wanted = wantedLaunchTemplate(acting.owner, { ...input, spec, endpoint }, config);
    const found = await templates.find(wanted.name, signal);
    if (found) assertOwn(`launch template ${wanted.name}`, found.tags, owner);
    const keys = objectKeys(cluster);
    const uploaded: string[] = [];
    const upload = async (key: string, content: string): Promise<void> => {
      if (await objects.exists(key, signal)) return;
      await acting.act(() => objects.put(key, content, undefined, signal));
      uploaded.push(key);
    };
    const manifestKey = keys.manifest(slot.slot, wanted.manifest.sha256);
    if (!(await objects.exists(manifestKey, signal))) {
      await Promise.all(
        wanted.files.map(({ content }) => upload(keys.file(slot.slot, sha256(content)), content)),
      );
      // Last, so that a manifest which is there names only files which are there.
      await upload(manifestKey, wanted.manifest.text);
    }
    let template = found;
    const steps = decideLaunchTemplate(wanted, found);
    for (const step of steps)
      await acting.act(async () => {
        if (step.step === 'create') template = await templates.create(wanted, signal);
        if (template && step.step === 'version')
          template = {
            ...template,
            version: await templates.createVersion(template, wanted.content, owner, signal),
          };
        if (template && step.step === 'tag') await templates.tag(template, step.tags, owner, signal);
      });
    const changed = steps.length + uploaded.length > 0;
    if (changed)
      log.info('changed', { uploaded: uploaded.length, changes: steps.map((step) => step.reason) });
    return {
      launchTemplateId: template?.launchTemplateId ?? '',
      version: template?.version ?? '',
      changed,
    };
  },
);
