import { join } from 'node:path';
import { findBinaries } from '../../region/binaries.ts';
import { RegionRunningError } from '../../region/lock.ts';
import { EtcdMissing } from '../../region/machines/find-etcd.ts';
import { type Region, type RegionOptions, startRegion } from '../../region/region.ts';
import { PortTakenError } from '../../region/server.ts';
import { CommandError } from '../output.ts';
import { interrupted } from './interrupted.ts';

export interface RegionFlags {
  readonly port?: string;
  readonly delays?: string;
  readonly verbose?: boolean;
}

/** Where the region keeps its volumes and processes: below the project, out of git. */
const defaultStateDir = join(import.meta.dirname, '..', '..', '.trivet', 'region');

/** Port of the region's endpoint, where neither flag nor TRIVET_REGION_PORT names another. */
const defaultPort = 4566;

/** What a person can mend is told in one line. */
const tellable = [PortTakenError, EtcdMissing, RegionRunningError];

/** Starts an embedded region by the flags that `npm start` and `npm run region` share. Throws CommandError for a bad flag. */
export async function openRegion(flags: RegionFlags, say: (line: string) => void): Promise<Region> {
  const portText = flags.port ?? process.env.TRIVET_REGION_PORT ?? String(defaultPort);
  const port = Number(portText);
  if (!/^\d+$/.test(portText) || port > 65_535)
    throw new CommandError(`${portText} is no port: give a number from 0 (any) to 65535.`);
  const delays = flags.delays ?? 'fast';
  if (delays !== 'fast' && delays !== 'real')
    throw new CommandError(`--delays is fast or real, not ${delays}.`);
  const stateDir = process.env.TRIVET_STATE_DIR ?? defaultStateDir;
  try {
    return await startRegion({
      stateDir,
      port,
      delays,
      ...findPrograms(),
      ...(flags.verbose && { log: say }),
    });
  } catch (error) {
    if (tellable.some((kind) => error instanceof kind)) throw new CommandError((error as Error).message);
    throw error;
  }
}

/** Real Kubernetes where it is built, and the newest built etcd beside it unless the person chose one: Debian's is too old for it. */
function findPrograms(): Pick<RegionOptions, 'kubernetes' | 'etcdPath'> {
  const { etcd, kubernetes } = findBinaries();
  if (!kubernetes) return {};
  const chosen = process.env.TRIVET_ETCD ?? process.env.TRIVET_ETCD_VERSION;
  const etcdPath = chosen === undefined ? etcd[0]?.etcd : undefined;
  return { kubernetes, ...(etcdPath !== undefined && { etcdPath }) };
}

/** `trivet region`: an empty region until Ctrl-C. */
export async function runRegion(flags: RegionFlags): Promise<number> {
  const say = (line: string) => void process.stdout.write(`${line}\n`);
  const { promise } = interrupted();
  const region = await openRegion(flags, say);
  say(`The embedded region listens at ${region.endpoint} (us-east-1, empty).`);
  say(`  AWS_ENDPOINT_URL=${region.endpoint} AWS_REGION=us-east-1 aws ec2 describe-vpcs`);
  say('Ctrl-C ends it.');
  await promise;
  await region.stop();
  return 0;
}
