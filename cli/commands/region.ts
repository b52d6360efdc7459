import { join } from 'node:path';
import { EtcdMissing } from '../../region/machines/find-etcd.ts';
import { type Region, startRegion } from '../../region/region.ts';
import { PortTakenError } from '../../region/server.ts';
import { CommandError } from '../output.ts';

export interface RegionFlags {
  readonly port?: string;
  readonly delays?: string;
  readonly verbose?: boolean;
}

/** Where the region keeps its volumes and processes: below the project, out of git. */
const stateDir = join(import.meta.dirname, '..', '..', '.trivet', 'region');

/** Port of the region's endpoint, where neither flag nor TRIVET_REGION_PORT names another. */
const defaultPort = 4566;

/** Starts an embedded region by the flags that `npm start` and `npm run region` share. Throws CommandError for a bad flag. */
export async function openRegion(flags: RegionFlags, say: (line: string) => void): Promise<Region> {
  const portText = flags.port ?? process.env.TRIVET_REGION_PORT ?? String(defaultPort);
  const port = Number(portText);
  if (!/^\d+$/.test(portText) || port > 65_535)
    throw new CommandError(`${portText} is no port: give a number from 0 (any) to 65535.`);
  const delays = flags.delays ?? 'fast';
  if (delays !== 'fast' && delays !== 'real')
    throw new CommandError(`--delays is fast or real, not ${delays}.`);
  try {
    return await startRegion({ stateDir, port, delays, ...(flags.verbose && { log: say }) });
  } catch (error) {
    // What a person can mend is told in one line: a port that is taken, an etcd that is missing.
    if (error instanceof PortTakenError || error instanceof EtcdMissing)
      throw new CommandError(error.message);
    throw error;
  }
}

/** Resolves at Ctrl-C or SIGTERM. */
export function interrupted(): { promise: Promise<void>; signal: AbortSignal } {
  const controller = new AbortController();
  const promise = new Promise<void>((resolve) => {
    const end = () => {
      controller.abort(new CommandError('interrupted'));
      resolve();
    };
    process.once('SIGINT', end);
    process.once('SIGTERM', end);
  });
  return { promise, signal: controller.signal };
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
