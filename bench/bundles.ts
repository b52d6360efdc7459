import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Figure } from './figures.ts';

const root = join(import.meta.dirname, '..');
const importsPerBundle = 5;

/** What the bundler says of each bundle (esbuild.config.mjs). */
interface Report {
  readonly tasks: readonly {
    readonly task: string;
    readonly bytes: number;
    readonly operations: readonly string[];
  }[];
}

/** Sizes and cold imports of what would be uploaded: the largest, and the import times with and without the EC2 client. */
export function benchBundles(): Figure[] {
  const { tasks } = JSON.parse(
    readFileSync(join(root, 'dist', 'functions', 'report.json'), 'utf8'),
  ) as Report;
  const imports = tasks.map(({ task, operations }) => ({
    withEc2: operations.some((operation) => operation.startsWith('ec2:')),
    milliseconds: coldImport(join(root, 'dist', 'functions', task, 'index.mjs')),
  }));
  const of = (withEc2: boolean) =>
    imports.filter((one) => one.withEc2 === withEc2).map(({ milliseconds }) => milliseconds);
  return [
    {
      name: 'bundles: size of each task',
      unit: 'kB',
      runs: tasks.map(({ bytes }) => bytes / 1000),
      budget: 1200,
    },
    {
      name: 'bundles: cold import without the EC2 client',
      unit: 'ms',
      runs: of(false),
      budget: 150,
    },
    { name: 'bundles: cold import with the EC2 client', unit: 'ms', runs: of(true), budget: 350 },
  ];
}

/** Best of a few: the time that the import itself needs, without the machine's noise. */
function coldImport(path: string): number {
  const script = `const t=performance.now();await import(${JSON.stringify(pathToFileURL(path).href)});process.stdout.write(String(performance.now()-t))`;
  const times = Array.from({ length: importsPerBundle }, () =>
    Number(
      execFileSync(process.execPath, ['--input-type=module', '-e', script], {
        encoding: 'utf8',
        env: { PATH: process.env.PATH ?? '' },
      }),
    ),
  );
  return Math.min(...times);
}

/** Whole runs of the synthesis, as `npm run synth` does it. */
export function benchSynth(runs: number): Figure {
  const times = Array.from({ length: runs }, () => {
    const began = performance.now();
    execFileSync(process.execPath, ['infra/app.ts'], { cwd: root, stdio: 'ignore' });
    return (performance.now() - began) / 1000;
  });
  return { name: 'synth: the whole template', unit: 's', runs: times };
}
