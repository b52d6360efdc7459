// What a fresh machine lacks: packages, Node 24, etcd. Plain JavaScript, no dependency: it runs before any is installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
export const home = join(root, '.trivet');

/** A message for a person, not a stack: what is wrong and what to do. */
export class SetupError extends Error {}

const say = (line) => process.stderr.write(`${line}\n`);

/** Runs a command with its output on stderr, so that stdout stays for results. */
function run(command, args, options = {}) {
  return spawnSync(command, args, { stdio: ['ignore', 2, 2], cwd: root, ...options });
}

/** Installs exactly the lock file's packages when they are missing or of another lock file. */
export function ensurePackages() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const stamp = join(root, 'node_modules', '.trivet-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  say('trivet: installing packages (npm ci)');
  const result = run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  if (result.status !== 0) {
    throw new SetupError(
      'npm ci failed (its own message is above). Check the network and run the command again.',
    );
  }
  writeFileSync(stamp, wanted);
}

/** The path of a Node 24 or newer: this one, or the one that npm brought. */
export function findNode() {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  const brought = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  if (existsSync(brought)) return brought;
  throw new SetupError(
    `Trivet needs Node 24; this is ${process.version}, and npm brings a Node 24 only for Linux on x64 and arm64. Install Node 24 and run the command again.`,
  );
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The path of an etcd that is already here, or undefined. */
function findEtcd() {
  const named = process.env.TRIVET_ETCD;
  if (named) {
    if (isExecutable(named)) return named;
    throw new SetupError(`TRIVET_ETCD names ${named}, which is not an executable file.`);
  }
  const places = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', join(home, 'etcd', 'usr', 'bin')];
  return places.map((place) => join(place, 'etcd')).find(isExecutable);
}

/** Unpacks Debian's etcd-server below .trivet/ (not installed: its package would start an etcd of its own on port 2379). */
function unpackEtcd() {
  const folder = join(home, 'etcd');
  mkdirSync(folder, { recursive: true });
  // As root, apt drops to the user _apt for downloads, who may not write here.
  const download = () =>
    run('apt-get', ['download', '-o', 'APT::Sandbox::User=root', 'etcd-server'], { cwd: folder }).status ===
    0;
  if (!download()) {
    run('apt-get', ['update', '-qq']);
    if (!download()) return undefined;
  }
  const archive = readdirSync(folder).find(
    (name) => name.startsWith('etcd-server_') && name.endsWith('.deb'),
  );
  if (!archive || run('dpkg', ['-x', join(folder, archive), folder]).status !== 0) return undefined;
  const binary = join(folder, 'usr', 'bin', 'etcd');
  return isExecutable(binary) ? binary : undefined;
}

/** The path of an etcd ≥ 3.4: one that is here, or Debian's package. */
export function ensureEtcd() {
  const found = findEtcd();
  if (found) return found;
  say("trivet: fetching etcd (Debian's package etcd-server)");
  const unpacked = unpackEtcd();
  if (unpacked) return unpacked;
  throw new SetupError(
    'etcd is not here and could not be fetched. On Debian or Ubuntu run, as root: apt-get update && apt-get install -y etcd-server. ' +
      'Elsewhere install etcd 3.4 or newer and set TRIVET_ETCD=/path/to/etcd.',
  );
}
