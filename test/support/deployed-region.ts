import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTarget, type Target } from '../../cli/target.ts';
import type { Delays } from '../../region/kernel/delays.ts';
import { type Region, startRegion } from '../../region/region.ts';

/** The synthesized template, as `npm test` leaves it. */
export const assembly = join(import.meta.dirname, '..', '..', 'cdk.out');

export interface DeployedRegion {
  readonly region: Region;
  readonly target: Target;
  readonly stateDir: string;
  stop(): Promise<void>;
}

/** Each worker binds slot addresses of its own: 127.(100 + n).0.0/16. */
function vpcCidrOfWorker(): string {
  return `127.${100 + (Number(process.env.VITEST_POOL_ID ?? '1') % 20)}.0.0/16`;
}

/** A region with the synthesized template deployed, as `npm start` makes it; `stop` leaves nothing behind. */
export async function deployRegion(
  options: { delays?: Partial<Delays>; seed?: number } = {},
): Promise<DeployedRegion> {
  if (!existsSync(join(assembly, 'manifest.json'))) throw new Error('cdk.out is missing: run npm run synth');
  const stateDir = mkdtempSync(join(tmpdir(), 'trivet-region-'));
  const region = await startRegion({ stateDir, port: 0, ...options });
  const stop = async (): Promise<void> => {
    await region.stop();
    rmSync(stateDir, { recursive: true, force: true });
  };
  try {
    await region.deploy(assembly, { VpcCidr: vpcCidrOfWorker() });
    const target = await findTarget({ endpoint: region.endpoint, region: 'us-east-1' });
    return { region, target, stateDir, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
