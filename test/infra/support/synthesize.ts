import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { catalog } from '../../../functions/catalog.ts';
import type { Deployment } from '../../../infra/names.ts';
import { addTrivet, featureFlags } from '../../../infra/trivet.ts';

/** A CloudFormation template as far as tests look into it. */
export interface Template {
  readonly Parameters?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly Resources: Readonly<Record<string, Resource>>;
}

export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

export const root = join(import.meta.dirname, '..', '..', '..');

/** A bundle per task that only names its task; no test of the templates needs more. Returns the folder. */
export function writeStubBundles(): string {
  const folder = mkdtempSync(join(tmpdir(), 'trivet-infra-'));
  for (const task of catalog) {
    mkdirSync(join(folder, task.name));
    writeFileSync(join(folder, task.name, 'index.mjs'), `export const handler = () => '${task.name}';\n`);
  }
  return folder;
}

/** The app with all five stacks, not synthesized yet. */
export function makeApp(deployment: Pick<Deployment, 'bundleDir'> & Partial<Deployment>) {
  const app = new App({
    outdir: mkdtempSync(join(deployment.bundleDir, 'cdk-out-')),
    analyticsReporting: false,
    context: featureFlags,
  });
  const stacks = addTrivet(app, {
    name: 'trivet',
    catalog,
    workflowDir: join(root, 'workflows'),
    ...deployment,
  });
  return { app, stacks };
}

/** All templates by the stack's short name (`network`, `core`, …). */
export function synthesize(
  deployment: Pick<Deployment, 'bundleDir'> & Partial<Deployment>,
): Record<keyof ReturnType<typeof addTrivet>, Template> {
  const { app, stacks } = makeApp(deployment);
  const assembly = app.synth();
  const template = (name: keyof typeof stacks): Template =>
    assembly.getStackByName(stacks[name].stackName).template;
  return {
    network: template('network'),
    core: template('core'),
    tasks: template('tasks'),
    workflows: template('workflows'),
    operations: template('operations'),
  };
}

/** Resources of a type, with their logical ids. */
export function ofType(template: Template, type: string): readonly (Resource & { readonly id: string })[] {
  return Object.entries(template.Resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([id, resource]) => ({ id, ...resource }));
}
