import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { invokeTask } from '../../cli/target.ts';
import { catalog } from '../../functions/catalog.ts';
import { assembly, type DeployedRegion, deployRegion } from '../support/deployed-region.ts';

const root = join(import.meta.dirname, '..', '..');
const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

interface Template {
  readonly Resources: Record<string, { readonly Type: string; readonly Properties: Record<string, unknown> }>;
}

let deployed: DeployedRegion;
beforeAll(async () => {
  deployed = await deployRegion();
});
afterAll(() => deployed?.stop());

test('the state machines that run are byte for byte those of the template, and those of workflows/', async () => {
  const template = JSON.parse(
    readFileSync(join(assembly, 'trivet-workflows.template.json'), 'utf8'),
  ) as Template;
  const inTemplate = Object.values(template.Resources)
    .filter(({ Type }) => Type === 'AWS::StepFunctions::StateMachine')
    .map(({ Properties }) => String(Properties.DefinitionString));
  const files = readdirSync(join(root, 'workflows')).filter((file) => file.endsWith('.asl.json'));
  const inFiles = files.map((file) => readFileSync(join(root, 'workflows', file), 'utf8'));
  expect(inTemplate.toSorted()).toEqual(inFiles.toSorted());
  for (const file of files) {
    const text = readFileSync(join(root, 'workflows', file), 'utf8');
    const stateMachineArn = deployed.target.stateMachineArn(file.replace('.asl.json', ''));
    const { definition } = await deployed.target.states.describeStateMachine({ stateMachineArn });
    // What runs differs from the file only in the placeholders, which CloudFormation replaces by ARNs of function versions.
    const placeholder = /arn:aws:lambda:us-east-1:123456789012:function:trivet-([a-z-]+):[0-9]+/g;
    const camel = (name: string) =>
      name.replace(/(^|-)([a-z])/g, (_all, _dash, letter: string) => letter.toUpperCase());
    expect(definition?.replace(placeholder, (_arn, name: string) => `\${${camel(name)}}`)).toBe(text);
  }
});

test('the bundle that runs is the one that would be uploaded, which is the one that was built', async () => {
  await invokeTask(deployed.target, 'sweep', {});
  const ran = deployed.ranBundles();
  expect(Object.keys(ran)).toContain('trivet-sweep');
  expect(ran['trivet-sweep']).toBe(sha256(join(root, 'dist', 'functions', 'sweep', 'index.mjs')));
  const uploaded = readdirSync(assembly)
    .filter((name) => name.startsWith('asset.'))
    .map((name) => sha256(join(assembly, name, 'index.mjs')));
  const built = catalog.map(({ name }) => sha256(join(root, 'dist', 'functions', name, 'index.mjs')));
  expect(uploaded.toSorted()).toEqual([...new Set(built)].toSorted());
});
