// The one entry of every npm script: brings what the machine lacks, then runs the command under Node 24.
// Works on any Node ≥ 18 and without node_modules, since it is what installs them.
import { spawn } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';
import { ensureBuilt } from './build.mjs';
import { ensureEtcd, ensurePackages, findNode, root, SetupError } from './ensure.mjs';

/** What each command needs and starts. `needs` is in order. */
const commands = {
  start: { needs: ['etcd', 'synth'], args: ['cli/main.ts', 'start'] },
  test: { needs: ['etcd', 'synth'], args: ['node_modules/vitest/vitest.mjs', 'run'] },
  bench: { needs: ['etcd', 'synth'], args: ['bench/main.ts'] },
  region: { needs: ['etcd'], args: ['cli/main.ts', 'region'] },
  trivet: { needs: [], args: ['cli/main.ts'] },
  screenshots: { needs: ['etcd', 'synth'], args: ['scripts/screenshots/main.ts'] },
  binaries: { needs: [], args: ['scripts/binaries/main.ts'] },
  build: { needs: ['build!'], args: [] },
  synth: { needs: ['synth!'], args: [] },
  exec: { needs: [], args: [] },
};

function prepare(needs, node) {
  const environment = {};
  for (const need of needs) {
    if (need !== 'etcd') ensureBuilt(need.replace('!', ''), node, { force: need.endsWith('!') });
    // Who asks for a version has built it (binaries/README.md): nothing is fetched.
    else if (!process.env.TRIVET_ETCD_VERSION) environment.TRIVET_ETCD = ensureEtcd();
  }
  return environment;
}

/** Runs `command` as a child that gets our signals; resolves to its exit code. */
function runChild(command, args, environment, node) {
  const child = spawn(command, args, {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      ...environment,
      PATH: [dirname(node), join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
      NODE_OPTIONS: process.env.NODE_OPTIONS ?? '--disable-warning=ExperimentalWarning',
    },
  });
  // The terminal sends Ctrl-C to the whole group; a lone kill reaches only us. Both must end the child in its own time.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  // npm that is killed does not tell us: its shell dies, and this process gets another parent.
  const parent = process.ppid;
  const orphaned = setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), 500);
  orphaned.unref();
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(signal ? 130 : (code ?? 1)));
  });
}

async function main([name, ...rest]) {
  const command = commands[name];
  if (!command)
    throw new SetupError(`unknown command ${name}; there are: ${Object.keys(commands).join(', ')}`);
  ensurePackages();
  const node = findNode();
  const environment = prepare(command.needs, node);
  if (name === 'exec') return runChild(rest[0], rest.slice(1), environment, node);
  if (command.args.length === 0) return 0;
  return runChild(node, [...command.args, ...rest], environment, node);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`trivet: ${error.message}\n`);
  process.exitCode = 1;
}
