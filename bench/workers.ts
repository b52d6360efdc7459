import { parseObservation, renderObservation } from '../functions/demand/stored-observation.ts';
import { issueAuthority, issueLeaf, makeKey } from '../functions/pki/issue.ts';
import type { Figure } from './figures.ts';
import { runsOf, said, start } from './processes.ts';

interface Look {
  readonly watchSeconds: number;
  readonly readSeconds: number;
  readonly objectMebibytes: number;
  readonly residentMebibytes: number;
  readonly nodes: number;
  readonly pods: number;
  readonly pending: number;
  /** The object. */
  readonly text: string;
}

interface Sweep {
  readonly seconds: number;
  readonly residentMebibytes: number;
  readonly workers: number;
  readonly repairs: number;
  readonly launches: number;
  readonly drains: number;
}

const modules = {
  serveCluster: new URL('./serve-large-cluster.ts', import.meta.url),
  serveRegion: new URL('./serve-large-region.ts', import.meta.url),
  look: new URL('./look-at-large-cluster.ts', import.meta.url),
  sweep: new URL('./sweep-large-cluster.ts', import.meta.url),
};

/**
 * Figures of looking at a cluster of 5,000 nodes over HTTPS, and of the sweep that acts on what was seen: each look and each sweep is a process of
 * its own, of which the whole memory is counted.
 */
export async function benchWorkers(): Promise<Figure[]> {
  const now = new Date();
  const [authorityKey, key] = await Promise.all([makeKey(), makeKey()]);
  const certificate = await issueAuthority('bench', authorityKey, now);
  const subject = {
    commonName: 'bench',
    organizations: [],
    usages: ['serverAuth' as const],
    dnsNames: [],
    addresses: ['127.0.0.1'],
  };
  const BENCH_CERT = await issueLeaf({ certificate, key: authorityKey }, subject, key, now);
  const serving = start(modules.serveCluster, { BENCH_CERT, BENCH_KEY: key });
  try {
    const { port } = await said<{ port: number }>(serving);
    const env = { BENCH_CA: certificate, BENCH_ENDPOINT: `https://127.0.0.1:${port}` };
    const look = (allPods: boolean) =>
      runsOf<Look>(modules.look, { ...env, BENCH_ALL_PODS: String(allPods) });
    const minute = await look(false);
    const all = await look(true);
    const textOf = (looks: readonly Look[]) => looks.at(-1)?.text ?? '';
    return [
      ...lookFigures('nodes and pods without one', minute),
      ...lookFigures('with all 50,000 pods', all),
      ...sweepFigures('nodes and pods without one', await sweeps(textOf(minute), 0)),
      ...sweepFigures('with all pods, for growth', await sweeps(textOf(all), 250)),
      ...sweepFigures('with all pods, for scale-down', await sweeps(withoutPending(textOf(all)), 250)),
    ];
  } finally {
    serving.disconnect();
  }
}

/** What was seen, as if no pod waited. */
function withoutPending(text: string): string {
  const seen = parseObservation(text);
  return seen ? renderObservation({ ...seen, pending: [] }) : text;
}

/** Sweeps on what was seen. `room`: how many more workers each pool may have. */
async function sweeps(text: string, room: number): Promise<Sweep[]> {
  const serving = start(modules.serveRegion, {});
  try {
    serving.send(text);
    const { port } = await said<{ port: number }>(serving);
    return await runsOf<Sweep>(modules.sweep, {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_ACCESS_KEY_ID: 'bench',
      AWS_SECRET_ACCESS_KEY: 'bench',
      BENCH_ROOM: String(room),
    });
  } finally {
    serving.disconnect();
  }
}

function lookFigures(what: string, looks: readonly Look[]): Figure[] {
  const prefix = `watch of 5,000 nodes, ${what}`;
  const of = (pick: (one: Look) => number): number[] => looks.map(pick);
  return [
    {
      name: `${prefix}: reading, writing and reading back`,
      unit: 's',
      runs: of((one) => one.watchSeconds + one.readSeconds),
      budget: 10,
    },
    { name: `${prefix}: of it, reading back`, unit: 's', runs: of((one) => one.readSeconds) },
    {
      name: `${prefix}: resident memory`,
      unit: 'MiB',
      runs: of((one) => one.residentMebibytes),
      budget: 512,
    },
    { name: `${prefix}: the object`, unit: 'MiB', runs: of((one) => one.objectMebibytes) },
    { name: `${prefix}: pods read`, unit: 'count', runs: of((one) => one.pods) },
    { name: `${prefix}: pods without a place`, unit: 'count', runs: of((one) => one.pending) },
  ];
}

function sweepFigures(what: string, swept: readonly Sweep[]): Figure[] {
  const prefix = `sweep of 5,000 nodes, ${what}`;
  const of = (pick: (one: Sweep) => number): number[] => swept.map(pick);
  return [
    { name: prefix, unit: 's', runs: of((one) => one.seconds), budget: 10 },
    {
      name: `${prefix}: resident memory`,
      unit: 'MiB',
      runs: of((one) => one.residentMebibytes),
      budget: 512,
    },
    { name: `${prefix}: workers looked at`, unit: 'count', runs: of((one) => one.workers) },
    { name: `${prefix}: repairs begun`, unit: 'count', runs: of((one) => one.repairs) },
    { name: `${prefix}: workers to be launched`, unit: 'count', runs: of((one) => one.launches) },
    { name: `${prefix}: workers to be removed`, unit: 'count', runs: of((one) => one.drains) },
  ];
}
