import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { issueAuthority, issueLeaf, makeKey } from '../functions/pki/issue.ts';
import type { Figure } from './figures.ts';

interface Look {
  readonly watchSeconds: number;
  readonly readSeconds: number;
  readonly objectMebibytes: number;
  readonly residentMebibytes: number;
  readonly nodes: number;
  readonly pods: number;
  readonly pending: number;
}

const server = new URL('./serve-large-cluster.ts', import.meta.url);
const look = new URL('./look-at-large-cluster.ts', import.meta.url);

/** Figures of looking at a cluster of 5,000 nodes over HTTPS: each look is a process of its own, of which the whole memory is counted. */
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
  const serving = fork(server, { env: { ...process.env, BENCH_CERT, BENCH_KEY: key } });
  try {
    const { port } = await said<{ port: number }>(serving);
    const env = { BENCH_CA: certificate, BENCH_ENDPOINT: `https://127.0.0.1:${port}` };
    const minute = await looks({ ...env, BENCH_ALL_PODS: 'false' });
    const all = await looks({ ...env, BENCH_ALL_PODS: 'true' });
    return [...figuresOf('nodes and pods without one', minute), ...figuresOf('with all 50,000 pods', all)];
  } finally {
    serving.disconnect();
  }
}

async function looks(env: Readonly<Record<string, string>>): Promise<Look[]> {
  const runs: Look[] = [];
  for (let run = 0; run < 3; run += 1)
    runs.push(await said<Look>(fork(look, { env: { ...process.env, ...env } })));
  return runs;
}

async function said<T>(child: ChildProcess): Promise<T> {
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`a process of the bench ended with ${code} before it said anything`);
  });
  const [message] = await Promise.race([once(child, 'message'), failed]);
  failed.catch(() => {});
  return message as T;
}

function figuresOf(what: string, runs: readonly Look[]): Figure[] {
  const prefix = `watch of 5,000 nodes, ${what}`;
  const of = (pick: (one: Look) => number): number[] => runs.map(pick);
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
