import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createKubernetesClient, type KubernetesClient } from '../../../../functions/kubernetes/client.ts';
import { issueLeaf, makeKey } from '../../../../functions/pki/issue.ts';
import { exchange } from '../../../../functions/runtime/https-exchange.ts';
import { commandOf, renderComponentFlags } from '../../../../node/kubernetes/flags.ts';
import { deliveredFiles } from '../../../../node/kubernetes/paths.ts';
import { renderNodeFiles } from '../../../../node/render.ts';
import type { KubernetesBinaries } from '../../../../region/binaries.ts';
import { createClock } from '../../../../region/kernel/clock.ts';
import { startStandIn } from '../../../../region/machines/api-stand-in/start.ts';
import { findEtcd } from '../../../../region/machines/find-etcd.ts';
import { kubernetesNodeInput } from '../../../node/scripts.ts';
import { eventually } from '../../../support/eventually.ts';
import { issueCertificates } from '../../../support/issued-certificates.ts';

/** Who asks: a certificate, a token, or nobody. */
export interface Identity {
  readonly cert?: string;
  readonly key?: string;
  readonly token?: string;
}

export interface Told {
  readonly status: number;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever a test reads of an answer.
  readonly body: any;
}

export interface Ask {
  readonly method?: string;
  readonly path: string;
  readonly as?: Identity;
  readonly body?: object | string;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Slots with real etcds and issued certificates, on which an API server of either sort can be started. */
export interface TestCluster {
  readonly folder: string;
  readonly administrator: Identity;
  readonly ca: string;
  /** What the region's log was told. */
  readonly log: string[];
  address(slot: string): string;
  rootOf(slot: string): string;
  startEtcd(slot: string): void;
  stopEtcd(slot: string): Promise<void>;
  startStandIn(slot: string): Promise<void>;
  stopStandIn(slot: string): Promise<void>;
  startReal(slot: string, binaries: KubernetesBinaries): Promise<void>;
  /** The real scheduler, on a slot whose API server runs. It waits no longer than a second before it tries a pod again. */
  startScheduler(slot: string, binaries: KubernetesBinaries): void;
  /** The administrator's; returns its path. */
  writeKubeconfig(slot: string): string;
  node(name: string): Promise<Identity>;
  ask(slot: string, what: Ask): Promise<Told>;
  client(...slots: readonly string[]): KubernetesClient;
  stop(): Promise<void>;
}

export const standInVersion = '1.35.4+trivet.standin';

export async function createTestCluster(network: number, slots: readonly string[]): Promise<TestCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'trivet-stand-in-'));
  const address = (slot: string): string => `127.${network}.${slot.charCodeAt(0) - 96}.10`;
  const objects = await issueCertificates(Object.fromEntries(slots.map((slot) => [slot, address(slot)])));
  const of = (path: string): string => objects.text(`clusters/demo/${path}`) ?? '';
  const rootOf = (slot: string): string => join(folder, slot);
  const write = (path: string, content: string): void => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  };
  for (const slot of slots) {
    for (const file of deliveredFiles)
      write(join(rootOf(slot), 'etc/kubernetes', file), of(`slots/${slot}/pki/kubernetes/${file}`));
    for (const file of ['ca.crt', 'server.crt', 'server.key', 'peer.crt', 'peer.key'])
      write(join(rootOf(slot), 'etcd', file), of(`slots/${slot}/pki/${file}`));
  }
  const ca = of('pki/kubernetes-admin/ca.crt');
  const processes = new Map<string, ChildProcess>();
  const standIns = new Map<string, { ending: AbortController; ended: Promise<void> }>();
  const clients: KubernetesClient[] = [];
  const clock = createClock();
  const log: string[] = [];

  const run = (name: string, slot: string, command: readonly string[]): void => {
    const [program = '', ...args] = command;
    const child = spawn(program, args, { cwd: rootOf(slot), stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (text) => appendFileSync(join(folder, `${slot}-${name}.log`), text));
    processes.set(`${name} ${slot}`, child);
  };
  const kill = async (key: string): Promise<void> => {
    const child = processes.get(key);
    processes.delete(key);
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
  };
  const stopStandIn = async (slot: string): Promise<void> => {
    const running = standIns.get(slot);
    standIns.delete(slot);
    running?.ending.abort(new Error('the machine has ended'));
    await running?.ended;
  };
  const administrator = {
    cert: of('pki/kubernetes-super-admin/client.crt'),
    key: of('pki/kubernetes-super-admin/client.key'),
  };
  const writeKubeconfig = (slot: string): string => {
    const path = join(folder, `${slot}.kubeconfig`);
    write(path, renderKubeconfig(`https://${address(slot)}:6443`, ca, administrator));
    return path;
  };
  const ask = async (slot: string, { as, body, headers, method = 'GET', path, type }: Ask): Promise<Told> => {
    const agent = new Agent({ ca, keepAlive: false, ...(as?.cert && { cert: as.cert, key: as.key ?? '' }) });
    const content =
      body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
    const { status, text } = await exchange({
      url: new URL(path, `https://${address(slot)}:6443`),
      method,
      agent,
      signal: AbortSignal.timeout(20_000),
      headers: {
        accept: 'application/json',
        ...(as?.token && { authorization: `Bearer ${as.token}` }),
        ...(body !== undefined && { 'content-type': type ?? 'application/json' }),
        ...headers,
      },
      ...content,
    });
    agent.destroy();
    return { status, text, body: text.startsWith('{') ? JSON.parse(text) : text };
  };
  return {
    folder,
    administrator,
    ca,
    log,
    address,
    rootOf,
    startEtcd: (slot) => run('etcd', slot, etcdCommand(slot, slots, address)),
    stopEtcd: (slot) => kill(`etcd ${slot}`),
    async startStandIn(slot) {
      const ending = new AbortController();
      const { ended } = await startStandIn({
        root: rootOf(slot),
        privateIp: address(slot),
        version: '1.35.4',
        instanceId: `i-000000000000${slot}0001`,
        clock,
        waitScale: 1,
        log: (line) => void log.push(line),
        signal: ending.signal,
      });
      standIns.set(slot, { ending, ended });
    },
    stopStandIn,
    async startReal(slot, binaries) {
      const input = { ...kubernetesNodeInput, address: address(slot) };
      const map = (text: string): string =>
        text.replace(/(?<![\w.])\/(etc\/kubernetes|var\/log)(?=\/)/g, (path) => `${rootOf(slot)}${path}`);
      for (const { path, content } of renderNodeFiles(input)) write(join(rootOf(slot), path), map(content));
      mkdirSync(join(rootOf(slot), 'var/log/kubernetes/audit'), { recursive: true });
      const { apiServer } = renderComponentFlags({
        cluster: 'demo',
        ...input.kubernetes,
        address: address(slot),
      });
      const flags = { ...apiServer, 'etcd-servers': `https://${address(slot)}:2379` };
      const command = commandOf(binaries.apiServer, flags).map(map);
      run('api', slot, [...command, '--endpoint-reconciler-type=none']);
      await eventually(async () => (await ask(slot, { path: '/readyz' })).status === 200, {
        timeoutMs: 90_000,
      });
    },
    writeKubeconfig,
    startScheduler(slot, binaries) {
      const path = join(rootOf(slot), 'scheduler.json');
      const config = {
        apiVersion: 'kubescheduler.config.k8s.io/v1',
        kind: 'KubeSchedulerConfiguration',
        clientConnection: { kubeconfig: writeKubeconfig(slot), qps: 1_000, burst: 1_000 },
        leaderElection: { leaderElect: false },
        podInitialBackoffSeconds: 1,
        podMaxBackoffSeconds: 1,
      };
      write(path, JSON.stringify(config));
      run('scheduler', slot, [binaries.scheduler, `--config=${path}`, '--secure-port=0']);
    },
    async node(name) {
      const authority = {
        certificate: of(`slots/${slots[0]}/pki/kubernetes/pki/kubelet-client-ca.crt`),
        key: of(`slots/${slots[0]}/pki/kubernetes/pki/kubelet-client-ca.key`),
      };
      const key = await makeKey();
      const subject = {
        commonName: `system:node:${name}`,
        organizations: ['system:nodes'],
        usages: ['clientAuth' as const],
        dnsNames: [],
        addresses: [],
      };
      return { key, cert: await issueLeaf(authority, subject, key, new Date()) };
    },
    ask,
    client(...asked) {
      const endpoints = asked.map((slot) => `https://${address(slot)}:6443`);
      const made = createKubernetesClient({ endpoints, ca, ...administrator });
      clients.push(made);
      return made;
    },
    async stop() {
      for (const client of clients) client.close();
      await Promise.all([...standIns.keys()].map(stopStandIn));
      for (const key of [...processes.keys()].reverse()) await kill(key);
      clock.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function etcdCommand(slot: string, slots: readonly string[], address: (slot: string) => string): string[] {
  const peers = slots.map((one) => `demo-${one}=https://${address(one)}:2380`).join(',');
  return commandOf(findEtcd().path, {
    name: `demo-${slot}`,
    'data-dir': 'data',
    'listen-client-urls': `https://${address(slot)}:2379`,
    'advertise-client-urls': `https://${address(slot)}:2379`,
    'listen-peer-urls': `https://${address(slot)}:2380`,
    'initial-advertise-peer-urls': `https://${address(slot)}:2380`,
    'initial-cluster': peers,
    'client-cert-auth': 'true',
    'trusted-ca-file': 'etcd/ca.crt',
    'cert-file': 'etcd/server.crt',
    'key-file': 'etcd/server.key',
    'peer-client-cert-auth': 'true',
    'peer-trusted-ca-file': 'etcd/ca.crt',
    'peer-cert-file': 'etcd/peer.crt',
    'peer-key-file': 'etcd/peer.key',
  });
}

function renderKubeconfig(server: string, ca: string, { cert, key }: Identity): string {
  const encode = (text = ''): string => Buffer.from(text).toString('base64');
  const user = { 'client-certificate-data': encode(cert), 'client-key-data': encode(key) };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'demo',
    contexts: [{ name: 'demo', context: { cluster: 'demo', user: 'admin' } }],
    clusters: [{ name: 'demo', cluster: { server, 'certificate-authority-data': encode(ca) } }],
    users: [{ name: 'admin', user }],
  });
}
