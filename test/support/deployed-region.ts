import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTarget, type Target } from '../../cli/target.ts';
import type { Call } from '../../region/kernel/calls.ts';
import { type Region, type RegionOptions, startRegion } from '../../region/region.ts';
import type { EventbridgeService } from '../../region/services/eventbridge/index.ts';
import type { LambdaService } from '../../region/services/lambda/index.ts';

/** The synthesized template, as `npm test` leaves it. */
export const assembly = join(import.meta.dirname, '..', '..', 'cdk.out');

export interface DeployedRegion {
  readonly region: Region;
  readonly target: Target;
  readonly stateDir: string;
  /** Every call of every service until now, over the wire and between services. */
  readonly calls: readonly Call[];
  /** Loses every event from now on; the returned function ends that. `lost` collects their detail-types. */
  loseEvents(lost: string[]): () => void;
  /** Functions that ran, by name, and the sha256 (hex) of the index.mjs that each ran. */
  ranBundles(): Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** Each worker binds slot addresses of its own, 127.(100 + n).0.0/16; TRIVET_TEST_NETWORK keeps two checkouts apart. */
function vpcCidrOfWorker(): string {
  const first = Number(process.env.TRIVET_TEST_NETWORK ?? '100');
  return `127.${first + (Number(process.env.VITEST_POOL_ID ?? '1') % 20)}.0.0/16`;
}

/** A region with the synthesized template deployed, as `npm start` makes it; `stop` leaves nothing behind. */
export async function deployRegion(
  options: Pick<RegionOptions, 'delays' | 'seed' | 'kubernetes' | 'etcdPath' | 'port'> = {},
): Promise<DeployedRegion> {
  if (!existsSync(join(assembly, 'manifest.json'))) throw new Error('cdk.out is missing: run npm run synth');
  const stateDir = mkdtempSync(join(tmpdir(), 'trivet-region-'));
  const region = await startRegion({ stateDir, port: 0, vpcCidr: vpcCidrOfWorker(), ...options });
  const calls: Call[] = [];
  region.kernel.onCall((call) => calls.push(call));
  const stop = async (): Promise<void> => {
    await region.stop();
    rmSync(stateDir, { recursive: true, force: true });
  };
  try {
    await region.deploy(assembly);
    const target = await findTarget({ endpoint: region.endpoint, region: 'us-east-1' });
    return { region, target, stateDir, calls, stop, ...handles(region) };
  } catch (error) {
    await stop();
    throw error;
  }
}

function handles(region: Region) {
  return {
    loseEvents: (lost: string[]) =>
      (region.kernel.service('eventbridge') as EventbridgeService).faults.drop((event) => {
        lost.push(event['detail-type']);
        return true;
      }),
    ranBundles: () => {
      const ran = (region.kernel.service('lambda') as LambdaService).ranHashes();
      return Object.fromEntries(ran.map(({ functionName, sha256 }) => [functionName, sha256]));
    },
  };
}
