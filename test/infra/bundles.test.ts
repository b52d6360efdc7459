import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CreateVolume$ } from '@aws-sdk/client-ec2';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type BundleReport, bundle } from '../../esbuild.config.mjs';
import { catalog } from '../../functions/catalog.ts';
import { ofType, root, synthesize, type Template } from './support/synthesize.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trivet-bundles-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

function writePackage(name: string, licence: string, text: string): void {
  const manifest = { name, version: '1.2.3', license: licence, main: 'index.js' };
  write(`node_modules/${name}/package.json`, JSON.stringify(manifest));
  write(`node_modules/${name}/index.js`, text);
}

const say = { name: 'say', entry: 'functions/say.ts' };
const bundled = (tasks = [say]) => bundle({ catalog: tasks, root: folder, outDir: join(folder, 'dist') });

describe('a bundle', () => {
  test('is an ES module that runs by itself', async () => {
    write('functions/word.ts', "export const word: string = 'hello';");
    write('functions/say.ts', "import { word } from './word.ts';\nexport const handler = () => word;");
    await bundled();
    const built = await import(pathToFileURL(join(folder, 'dist/say/index.mjs')).href);
    expect(built.handler()).toBe('hello');
  });

  test('lets a CommonJS dependency require what is built into Node', async () => {
    writePackage('old', 'MIT', "module.exports = () => require('node:path').posix.sep;");
    write('functions/say.ts', "import old from 'old';\nexport const handler = () => old();");
    await bundled();
    const built = await import(pathToFileURL(join(folder, 'dist/say/index.mjs')).href);
    expect(built.handler()).toBe('/');
  });

  test('has the same hash when it is built again elsewhere', async () => {
    write('functions/say.ts', "export const handler = () => 'hello';");
    const first = await bundled();
    const second = await bundle({ catalog: [say], root: folder, outDir: join(folder, 'elsewhere') });
    expect(second).toEqual(first);
    expect(first.tasks[0]?.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  test('leaves no bundle of a task that is gone', async () => {
    write('dist/gone/index.mjs', '');
    write('functions/say.ts', "export const handler = () => 'hello';");
    await bundled();
    expect(() => readFileSync(join(folder, 'dist/gone/index.mjs'))).toThrow(/ENOENT/);
  });

  test('is refused over the budget, with both figures', async () => {
    write('functions/say.ts', `export const handler = () => '${'long '.repeat(300_000)}';`);
    await expect(bundled()).rejects.toThrow(/Task say: its bundle has 15\d{5} bytes, the budget is 1200000/);
  });

  test('is refused when a package in it has a licence that asks for more than a notice', async () => {
    writePackage('strict', 'AGPL-3.0-only', "module.exports = 'strict';");
    write('functions/say.ts', "import strict from 'strict';\nexport const handler = () => strict;");
    await expect(bundled()).rejects.toThrow(
      'The licence of strict 1.2.3 (AGPL-3.0-only) is not one that may be bundled',
    );
  });
});

test("a bundle has the SDK's schemas of the calls in it, as they are, and no others", async () => {
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  write('functions/say.ts', "export { CreateVolume$ as handler } from '@aws-sdk/client-ec2';");
  await bundled();
  const path = join(folder, 'dist/say/index.mjs');
  const built = await import(pathToFileURL(path).href);
  expect(expanded(built.handler)).toEqual(expanded(CreateVolume$));
  expect(JSON.stringify(expanded(built.handler))).toContain('"ec2QueryName":"AvailabilityZone"');
  expect(readFileSync(path, 'utf8')).not.toContain('AcceptVpcPeeringConnection');
});

/** A schema with the schemas that it refers to in their places; none of those compared refers to itself. */
function expanded(schema: unknown): unknown {
  if (typeof schema === 'function') return expanded(schema());
  return Array.isArray(schema) ? schema.map(expanded) : schema;
}

test('all entries that are missing are named at once', async () => {
  const other = { name: 'other', entry: 'functions/other.ts' };
  await expect(bundled([say, other])).rejects.toThrow(
    'Task say: its entry functions/say.ts is missing\nTask other: its entry functions/other.ts is missing',
  );
});

// Bundles everything, on machines that may be busy with other tests.
describe("Trivet's own tasks", { timeout: 90_000 }, () => {
  const outDir = mkdtempSync(join(tmpdir(), 'trivet-own-bundles-'));
  afterAll(() => rmSync(outDir, { recursive: true }));
  let first: BundleReport;
  beforeAll(async () => {
    first = await bundle({ catalog, root, outDir });
  });

  test('have the same hashes when they are built again, within the budget', async () => {
    const second = await bundle({ catalog, root, outDir: join(folder, 'second') });
    expect(second).toEqual(first);
    expect(first.tasks.map(({ task }) => task)).toEqual(catalog.map(({ name }) => name).sort());
    for (const { bytes } of first.tasks) expect(bytes).toBeLessThanOrEqual(1_200_000);
  });

  test('have no permission for what is not in their bundles', () => {
    const { tasks } = synthesize({ bundleDir: outDir });
    for (const { task, operations } of first.tasks) {
      const possible = new Set(operations.map(actionOf));
      const unused = actionsOf(tasks, task).filter(
        (action) => !possible.has(action) && !impliedActions.test(action),
      );
      expect([task, unused]).toEqual([task, []]);
    }
  });
});

/** Names of the SDK's clients that are not the prefix of their actions. */
const prefixes: Readonly<Record<string, string>> = {
  'auto-scaling': 'autoscaling',
  'elastic-load-balancing-v2': 'elasticloadbalancing',
  sfn: 'states',
};

/** Operations that are allowed by another action than their own. */
const allowedBy: Readonly<Record<string, string>> = {
  's3:HeadObject': 's3:GetObject',
  's3:ListObjectsV2': 's3:ListBucket',
  's3:ListObjectVersions': 's3:ListBucketVersions',
  // Trivet deletes versions alone: what is deleted without one is still there.
  's3:DeleteObjects': 's3:DeleteObjectVersion',
};

/** Actions that AWS asks for on behalf of other calls: encryption, tags and roles of what is made, the log, the network. */
const impliedActions = new RegExp(
  [
    'kms:.*',
    'logs:(CreateLogStream|PutLogEvents)',
    'iam:(PassRole|CreateServiceLinkedRole|TagInstanceProfile)',
    'ec2:(RunInstances|CreateTags)',
    'ec2:(Create|Delete)NetworkInterface',
    'ec2:(Una|A)ssignPrivateIpAddresses',
    'ec2:Describe(NetworkInterfaces|Subnets|SecurityGroups|Vpcs|AvailabilityZones|InternetGateways|AccountAttributes)',
    'ssm:GetParameters',
  ]
    .map((action) => `^${action}$`)
    .join('|'),
);

function actionOf(operation: string): string {
  const [client = '', name = ''] = operation.split(':');
  const action = `${prefixes[client] ?? client}:${name}`;
  return allowedBy[action] ?? action;
}

/** What the role of a task allows. */
function actionsOf(tasks: Template, task: string): string[] {
  const functions = ofType(tasks, 'AWS::Lambda::Function');
  const role = functions.find(({ Properties }) => Properties.FunctionName === `trivet-${task}`)?.Properties
    .Role;
  const [roleId] = (role as { 'Fn::GetAtt': [string] })['Fn::GetAtt'];
  return ofType(tasks, 'AWS::IAM::Policy')
    .filter(({ Properties }) => JSON.stringify(Properties.Roles) === JSON.stringify([{ Ref: roleId }]))
    .flatMap(({ Properties }) => (Properties.PolicyDocument as PolicyDocument).Statement)
    .filter(({ Effect }) => Effect === 'Allow')
    .flatMap(({ Action }) => Action);
}

interface PolicyDocument {
  readonly Statement: readonly { readonly Effect: string; readonly Action: string | string[] }[];
}
