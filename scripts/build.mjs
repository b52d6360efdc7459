// Builds bundles and template only when what they are made from has changed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { home, root, SetupError } from './ensure.mjs';

const steps = {
  build: {
    sources: ['functions', 'node', 'esbuild.config.mjs', 'package-lock.json'],
    output: 'dist/functions',
    command: ['esbuild.config.mjs'],
    says: 'bundling the tasks',
  },
  synth: {
    sources: [
      'functions',
      'node',
      'workflows',
      'infra',
      'docs/runbooks',
      'esbuild.config.mjs',
      'cdk.json',
      'package-lock.json',
    ],
    output: 'cdk.out/manifest.json',
    command: ['infra/app.ts'],
    says: 'synthesizing the template',
  },
};

function filesBelow(path) {
  const full = join(root, path);
  if (!existsSync(full)) return [];
  try {
    return readdirSync(full, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  } catch {
    return [full];
  }
}

function fingerprint(sources) {
  const hash = createHash('sha256');
  for (const file of sources.flatMap(filesBelow))
    hash.update(file.slice(root.length)).update(readFileSync(file));
  return hash.digest('hex');
}

/** Runs `build` or `synth` with Node 24 unless its output is fresh; synth builds first. */
export function ensureBuilt(step, node, { force = false } = {}) {
  if (step === 'synth') ensureBuilt('build', node);
  const { sources, output, command, says } = steps[step];
  const stamp = join(home, `${step}.stamp`);
  const wanted = fingerprint(sources);
  if (!force && existsSync(join(root, output)) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted)
    return;
  process.stderr.write(`trivet: ${says}\n`);
  const result = spawnSync(node, command, { cwd: root, stdio: ['ignore', 2, 2] });
  if (result.status !== 0) throw new SetupError(`${step} failed: its messages are above.`);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}
