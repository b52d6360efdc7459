import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { catalog } from '../functions/catalog.ts';
import type { Figure } from './figures.ts';

const root = join(import.meta.dirname, '..');
const importsPerBundle = 5;

/** Sizes and cold imports of what would be uploaded: the largest, and the import times with and without the EC2 client. */
export function benchBundles(): Figure[] {
  const bundles = catalog.map(({ name }) => join(root, 'dist', 'functions', name, 'index.mjs'));
  const sizes = bundles.map((path) => ({ path, kilobytes: statSync(path).size / 1000 }));
  // The EC2 client is the largest by far: a bundle that holds it is above this.
  const withEc2 = (kilobytes: number) => kilobytes > 700;
  const imports = sizes.map(({ path, kilobytes }) => ({ kilobytes, milliseconds: coldImport(path) }));
  const of = (chosen: (kilobytes: number) => boolean) =>
    imports.filter(({ kilobytes }) => chosen(kilobytes)).map(({ milliseconds }) => milliseconds);
  return [
    {
      name: 'bundles: size of each task',
      unit: 'kB',
      runs: sizes.map(({ kilobytes }) => kilobytes),
      budget: 1200,
    },
    {
      name: 'bundles: cold import without the EC2 client',
      unit: 'ms',
      runs: of((kilobytes) => !withEc2(kilobytes)),
      budget: 150,
    },
    { name: 'bundles: cold import with the EC2 client', unit: 'ms', runs: of(withEc2), budget: 350 },
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
