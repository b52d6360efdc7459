import { execFileSync } from 'node:child_process';
import { delimiter, resolve } from 'node:path';
import { fittingMinor } from '../../node/policy.ts';
import { findBinaries, isExecutable, type Variables } from '../binaries.ts';

export interface FoundEtcd {
  readonly path: string;
  /** As `etcd --version` says it, for example `3.4.23`. */
  readonly version: string;
}

/** There is no etcd that the region's control-plane instances could run. The message is the one thing to show. */
export class EtcdMissing extends Error {
  override readonly name = 'EtcdMissing' as const;
}

const wayOn =
  'On Debian or Ubuntu run: sudo apt-get install -y etcd-server (or set TRIVET_ETCD to an etcd binary)';

/**
 * The etcd binary: TRIVET_ETCD, `.trivet/bin/etcd` of the working directory, PATH, /usr/bin and /usr/local/bin, in this order;
 * with TRIVET_ETCD_VERSION (`3.6`, `3.6.14`) the first of that version, those that `npm run binaries` built among them.
 * Throws EtcdMissing with the command to run when there is none, or none of a version that node/ renders for.
 */
export function findEtcd(variables: Variables = process.env): FoundEtcd {
  const wanted = variables.TRIVET_ETCD_VERSION;
  return wanted ? findVersion(wanted, variables) : findAny(variables);
}

function findVersion(wanted: string, variables: Variables): FoundEtcd {
  const fits = ({ version }: FoundEtcd): boolean => version === wanted || version.startsWith(`${wanted}.`);
  const installed = (): FoundEtcd[] => {
    try {
      return [findAny(variables)];
    } catch (error) {
      if (error instanceof EtcdMissing) return [];
      throw error;
    }
  };
  const built = (): FoundEtcd[] =>
    findBinaries(variables).etcd.map(({ version, etcd }) => ({ version, path: etcd }));
  const found = installed().find(fits) ?? built().find(fits);
  if (found) return found;
  throw new EtcdMissing(
    `TRIVET_ETCD_VERSION asks for etcd ${wanted}, which is not here. Run: npm run binaries (needs Go), or set TRIVET_ETCD to one.`,
  );
}

function findAny(variables: Variables): FoundEtcd {
  const named = variables.TRIVET_ETCD;
  const folders = [...(variables.PATH ?? '').split(delimiter).filter(Boolean), '/usr/bin', '/usr/local/bin'];
  const candidates = named
    ? [resolve(named)]
    : [resolve('.trivet/bin/etcd'), ...folders.map((folder) => resolve(folder, 'etcd'))];
  const path = candidates.find(isExecutable);
  if (!path)
    throw new EtcdMissing(named ? `TRIVET_ETCD names no program: ${named}` : `No etcd was found. ${wayOn}`);
  const version = versionOf(path);
  if (!version) throw new EtcdMissing(`${path} does not say its version as etcd does. ${wayOn}`);
  if (!fittingMinor(version))
    throw new EtcdMissing(`${path} is etcd ${version}, which this Trivet does not know. ${wayOn}`);
  return { path, version };
}

/** What `etcd --version` says; undefined when it does not run or is not etcd. */
export function versionOf(path: string): string | undefined {
  try {
    const said = execFileSync(path, ['--version'], {
      encoding: 'utf8',
      timeout: 10_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return /^etcd Version: (\S+)/m.exec(said)?.[1];
  } catch {
    return undefined;
  }
}
