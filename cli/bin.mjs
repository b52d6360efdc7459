#!/usr/bin/env node
// The `trivet` command: runs cli/main.ts under a Node 24, wherever it is called from.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { findNode, SetupError } from '../scripts/ensure.mjs';

try {
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const { status } = spawnSync(findNode(), [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`trivet: ${error.message}\n`);
  process.exitCode = 1;
}
