import { type NodeFile, sha256 } from '../../node/render.ts';
import type { LaunchTemplateFact, LaunchTemplates } from '../aws/launch-templates.ts';
import type { Objects } from '../aws/objects.ts';
import type { Acting } from './acting.ts';
import { decideLaunchTemplate, type WantedLaunchTemplate } from './decide-launch-template.ts';
import { assertOwn, type Owner } from './ownership.ts';

export interface EnsureTemplateDeps {
  readonly templates: LaunchTemplates;
  readonly objects: Objects;
}

/**
 * Uploads the files that a template pins and makes the template, a slot's or a pool's. `prefix`: where its files and manifests lie. Safe to
 * repeat: files are named by their content, and a new version is made only when the latest one was made from something else.
 */
export async function ensureTemplate(
  wanted: WantedLaunchTemplate,
  { owner, prefix, act }: { readonly owner: Owner; readonly prefix: string } & Pick<Acting, 'act'>,
  { templates, objects }: EnsureTemplateDeps,
  signal: AbortSignal,
): Promise<{ readonly template: LaunchTemplateFact | undefined; readonly changes: string[] }> {
  let template = await templates.find(wanted.name, signal);
  if (template) assertOwn(`launch template ${wanted.name}`, template.tags, owner);
  const uploaded = await uploadFiles(wanted, prefix, act, objects, signal);
  const steps = decideLaunchTemplate(wanted, template);
  for (const step of steps)
    await act(async () => {
      if (step.step === 'create') template = await templates.create(wanted, signal);
      if (template && step.step === 'version')
        template = {
          ...template,
          version: await templates.createVersion(template, wanted.content, owner, signal),
        };
      if (template && step.step === 'tag') await templates.tag(template, step.tags, owner, signal);
    });
  const changes = steps.map((step) => step.reason);
  return { template, changes: uploaded > 0 ? [`${uploaded} files uploaded`, ...changes] : changes };
}

/** Returns how many were not there yet. The manifest comes last, so that one which is there names only files which are there. */
async function uploadFiles(
  {
    files,
    manifest,
  }: { readonly files: readonly NodeFile[]; readonly manifest: WantedLaunchTemplate['manifest'] },
  prefix: string,
  act: Acting['act'],
  objects: Objects,
  signal: AbortSignal,
): Promise<number> {
  let uploaded = 0;
  const upload = async (key: string, content: string): Promise<void> => {
    if (await objects.exists(key, signal)) return;
    await act(() => objects.put(key, content, undefined, signal));
    uploaded += 1;
  };
  const manifestKey = `${prefix}manifests/${manifest.sha256}`;
  if (await objects.exists(manifestKey, signal)) return 0;
  await Promise.all(files.map(({ content }) => upload(`${prefix}files/${sha256(content)}`, content)));
  await upload(manifestKey, manifest.text);
  return uploaded;
}
