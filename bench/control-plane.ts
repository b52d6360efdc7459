import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { provision } from '../cli/commands/provision.ts';
import { summarize } from '../cli/history.ts';
import { readSpecFile } from '../cli/spec-file.ts';
import { type Heal, loseSlot } from '../cli/start/heal.ts';
import { findTarget, type Target } from '../cli/target.ts';
import { startRegion } from '../region/region.ts';
import type { Figure } from './figures.ts';

const root = join(import.meta.dirname, '..');
const silent = { json: true, say: () => {}, result: () => {} };

/** Prices of Step Functions and Lambda, in USD (reference aws-etcd-kubeadm-facts §4.5). */
const price = { transition: 0.000025, lambdaRequest: 0.0000002, lambdaGigabyteSecond: 0.0000133334 };

interface Heals {
  readonly heals: readonly Heal[];
  readonly invocationsInARow: readonly number[];
  readonly cost: readonly number[];
}

/** Provisioning and healing in a fresh region, `runs` heals of alternating slots. */
export async function benchControlPlane(delays: 'fast' | 'modelled', runs: number): Promise<Figure[]> {
  const stateDir = mkdtempSync(join(tmpdir(), 'trivet-bench-'));
  const region = await startRegion({ stateDir, port: 0, delays });
  try {
    await region.deploy(join(root, 'cdk.out'), { VpcCidr: '127.99.0.0/16' });
    const target = await findTarget({ endpoint: region.endpoint, region: 'us-east-1' });
    const spec = readSpecFile(join(root, 'examples', 'ha.yaml'));
    const outcome = await provision(target, spec, silent);
    if (outcome.status !== 'SUCCEEDED')
      throw new Error(`provisioning failed: ${outcome.error}: ${outcome.cause}`);
    const { seconds } = await summarize(target.states, outcome.executionArn);
    // The first heal finds cold functions; it is what a rare event meets on AWS too, so it counts.
    const heals = await healRepeatedly(target, spec.name, runs, region.kernel.delays.volumeAttach);
    const latency = delays === 'fast' ? [await apiLatency(target)] : [];
    return [
      { name: `${delays}: StartExecution to three healthy voters`, unit: 's', runs: [seconds] },
      ...healFigures(delays, heals),
      ...latency,
    ];
  } finally {
    await region.stop();
    rmSync(stateDir, { recursive: true, force: true });
  }
}

async function healRepeatedly(
  target: Target,
  cluster: string,
  runs: number,
  attachMilliseconds: number,
): Promise<Heals> {
  const heals: Heal[] = [];
  const invocationsInARow: number[] = [];
  const cost: number[] = [];
  const signal = new AbortController().signal;
  for (let run = 0; run < runs; run += 1) {
    const slot = 'abc'.charAt(run % 3);
    const { heal, execution } = await loseSlot(target, {
      cluster,
      slot,
      say: () => {},
      signal,
      attachMilliseconds,
    });
    heals.push(heal);
    if (!execution) continue;
    // Complete launch and Record slot run side by side: one of the two is not in the row.
    invocationsInARow.push(execution.taskInvocations - 1);
    const gigabyteSeconds = execution.seconds * 0.5;
    cost.push(
      execution.transitions * price.transition +
        execution.taskInvocations * price.lambdaRequest +
        gigabyteSeconds * price.lambdaGigabyteSecond,
    );
  }
  return { heals, invocationsInARow, cost };
}

function healFigures(delays: 'fast' | 'modelled', { heals, invocationsInARow, cost }: Heals): Figure[] {
  const of = (pick: (heal: Heal) => number) => heals.map(pick);
  return [
    {
      name: `${delays}: heal, terminate to healthy voter`,
      unit: 's',
      runs: of((heal) => heal.secondsToVoter),
    },
    {
      name: `${delays}: heal, Trivet's own overhead`,
      unit: 's',
      runs: of((heal) => heal.overheadSeconds),
      budget: delays === 'fast' ? 2 : 6,
    },
    {
      name: `${delays}: heal, longest pause between acknowledged writes`,
      unit: 's',
      runs: of((heal) => heal.writeOutageSeconds),
    },
    {
      name: `${delays}: heal, membership calls`,
      unit: 'count',
      runs: of((heal) => heal.membershipCalls),
      budget: 0,
    },
    {
      name: `${delays}: heal, acknowledged writes lost`,
      unit: 'count',
      runs: of((heal) => heal.lostWrites),
      budget: 0,
    },
    {
      name: `${delays}: heal, task invocations one after another`,
      unit: 'count',
      runs: invocationsInARow,
      budget: 8,
    },
    { name: `${delays}: heal, price of workflow and tasks`, unit: '$', runs: cost, budget: 0.002 },
  ];
}

async function apiLatency(target: Target): Promise<Figure> {
  const runs: number[] = [];
  for (let call = 0; call < 200; call += 1) {
    const began = performance.now();
    await target.ec2.describeInstances({});
    runs.push(performance.now() - began);
  }
  return { name: 'region: DescribeInstances over HTTP', unit: 'ms', runs };
}
