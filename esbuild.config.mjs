/**
 * Bundles each task of functions/catalog.ts into dist/functions/<task>/index.mjs: `node esbuild.config.mjs`.
 * What it writes depends on the sources and the lock file alone, so two builds have the same hashes.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';

/** Design §11: an acting bundle is at most 1.2 MB minified. */
export const bundleBytesMax = 1_200_000;

/** Licences whose code may go into a bundle; all ask for no more than a notice. */
const licencesAllowed = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'MIT-0',
]);

/** A short identifier here has collided with a minified one (reference local-stack-facts §7). */
const requireBanner =
  "import{createRequire as trivetCreateRequireForCommonJsDependencies}from'node:module';" +
  'const require=trivetCreateRequireForCommonJsDependencies(import.meta.url);\n';

/**
 * The SDK's schemas are lists whose objects have computed keys (`{ [_xN]: _dR }`), for which esbuild keeps every one of
 * them: half a megabyte for EC2. With the keys' names in their place, only those of the calls in the bundle stay.
 */
const shakeSdkSchemas = {
  name: 'shake-sdk-schemas',
  setup(build) {
    build.onLoad({ filter: /@aws-sdk\/[^/]+\/.*\/schemas_\d+\.js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const values = new Map(
        Array.from(text.matchAll(/^const (_\w+) = ("[^"]*");$/gm), ([, key, value]) => [key, value]),
      );
      const contents = text.replace(/\[(_\w+)\]:/g, (computed, key) => {
        return values.has(key) ? `${values.get(key)}:` : computed;
      });
      return { contents, loader: 'js' };
    });
  },
};

/**
 * Bundles every entry of `catalog` (paths relative to `root`) into `outDir`, writes `outDir`/report.json and returns
 * the report. Throws one error that lists all problems: missing entries, bundles over budget, licences not allowed.
 */
export async function bundle({ catalog, root, outDir }) {
  const missing = catalog.filter((task) => !existsSync(join(root, task.entry)));
  if (missing.length > 0) {
    throw new Error(
      missing.map((task) => `Task ${task.name}: its entry ${task.entry} is missing`).join('\n'),
    );
  }
  const built = await esbuild.build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(catalog.map((task) => [`${task.name}/index`, task.entry])),
    outdir: outDir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // Without it the SDK's CommonJS builds are taken, which are nearly twice as large.
    mainFields: ['module', 'main'],
    plugins: [shakeSdkSchemas],
    legalComments: 'none',
    metafile: true,
    write: false,
    logLevel: 'silent',
  });
  rmSync(outDir, { recursive: true, force: true });
  const outputs = new Map(
    Object.entries(built.metafile.outputs).map(([path, it]) => [resolve(root, path), it]),
  );
  const tasks = built.outputFiles
    .map((file) => writeTask(file, outputs.get(file.path), { root, outDir }))
    .sort((a, b) => a.task.localeCompare(b.task));
  const report = { bundleBytesMax, tasks };
  writeFileSync(join(outDir, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  const problems = problemsOf(tasks);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return report;
}

function writeTask(file, output, { root, outDir }) {
  // CommonJS dependencies that require a built-in module find no `require` in an ES module.
  const needsRequire = output.imports.some((it) => it.external && it.kind === 'require-call');
  const text = needsRequire ? requireBanner + file.text : file.text;
  mkdirSync(dirname(file.path), { recursive: true });
  writeFileSync(file.path, text);
  return {
    task: dirname(relative(outDir, file.path)),
    bytes: Buffer.byteLength(text),
    sha256: createHash('sha256').update(text).digest('hex'),
    operations: operationsOf(output.inputs),
    packages: packagesOf(Object.keys(output.inputs), root),
  };
}

/** The npm packages that the bundled files come from, with version and licence. */
function packagesOf(inputs, root) {
  const found = new Map();
  for (const input of inputs) {
    const folder = input.match(/^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//)?.[1];
    if (folder === undefined || found.has(folder)) continue;
    const { name, version, license } = JSON.parse(
      readFileSync(resolve(root, folder, 'package.json'), 'utf8'),
    );
    found.set(folder, { name, version, licence: license ?? 'none stated' });
  }
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name));
}

/** The calls to AWS that are in the bundle, as `ec2:CreateVolume`: it can make no others. */
function operationsOf(inputs) {
  const commandFile = /@aws-sdk\/client-([a-z0-9-]+)\/dist-es\/commands\/([A-Za-z0-9]+)Command\.js$/;
  return Object.entries(inputs)
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .flatMap(([path]) => {
      const [, client, operation] = path.match(commandFile) ?? [];
      return operation === undefined ? [] : [`${client}:${operation}`];
    })
    .sort();
}

function problemsOf(tasks) {
  const tooLarge = tasks
    .filter(({ bytes }) => bytes > bundleBytesMax)
    .map(
      ({ task, bytes }) =>
        `Task ${task}: its bundle has ${bytes} bytes, the budget is ${bundleBytesMax} (design §11)`,
    );
  const packages = new Map(
    tasks.flatMap((task) => task.packages.map((it) => [`${it.name} ${it.version}`, it])),
  );
  const notAllowed = Array.from(packages)
    .filter(([, { licence }]) => !licencesAllowed.has(licence))
    .map(([id, { licence }]) => `The licence of ${id} (${licence}) is not one that may be bundled`);
  return [...tooLarge, ...notAllowed];
}

/** One line per task for the terminal. */
function table({ tasks }) {
  const kilobytes = (bytes) => `${(bytes / 1000).toFixed(0)} kB`.padStart(8);
  const lines = tasks.map(
    ({ task, bytes, sha256 }) => `${task.padEnd(26)}${kilobytes(bytes)}  ${sha256.slice(0, 12)}`,
  );
  return [...lines, `${'budget for each'.padEnd(26)}${kilobytes(bundleBytesMax)}`].join('\n');
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const root = import.meta.dirname;
  const { catalog } = await import('./functions/catalog.ts');
  try {
    console.log(table(await bundle({ catalog, root, outDir: join(root, 'dist', 'functions') })));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
