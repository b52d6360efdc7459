import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type {
  DescribeTargetGroupsOutput,
  DescribeTargetHealthOutput,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { provision } from '../../cli/commands/provision.ts';
import { readStatus } from '../../cli/commands/status.ts';
import { readSpecFile } from '../../cli/spec-file.ts';
import { loseSlot } from '../../cli/start/heal.ts';
import { makeObjects } from '../../functions/aws/objects.ts';
import { renderKubeconfig } from '../../node/kubernetes/kubeconfig.ts';
import { findBinaries } from '../../region/binaries.ts';
import { type DeployedRegion, deployRegion } from '../support/deployed-region.ts';
import { eventually } from '../support/eventually.ts';

const { etcd, kubernetes } = findBinaries();
if (!kubernetes)
  console.warn('Real Kubernetes is not tested: its programs are not here (npm run binaries builds them)');

const spec = readSpecFile('examples/ha.yaml');
const output = { json: true, say: () => {}, result: () => {} };
const signal = new AbortController().signal;
const run = promisify(execFile);

const losingOptions = {
  cluster: spec.name,
  say: () => {},
  signal,
  attachMilliseconds: 50,
  timeoutSeconds: 120,
};

let deployed: DeployedRegion;
let folder: string;

/** kubectl as a person has it: its configuration is a file, and the server is the load balancer. */
const kubectl = async (...args: string[]): Promise<string> => {
  const { stdout } = await run(
    kubernetes?.kubectl ?? '',
    ['--kubeconfig', join(folder, 'config'), '--request-timeout=10s', ...args],
    { env: { PATH: process.env.PATH, HOME: folder }, timeout: 20_000 },
  );
  return stdout.trim();
};
/** Until it gets through: a load balancer sends to a dead target until its checks have noticed. */
const through = (...args: string[]): Promise<string> =>
  eventually(async () => ({ said: await kubectl(...args) }), {
    timeoutMs: 60_000,
    intervalMs: 100,
    what: args.join(' '),
  }).then(({ said }) => said);
/** As the load balancer sees them; asked in process, since a loss is over in seconds. */
const apiServersReady = async (): Promise<number> => {
  const ask = <T>(operation: string, input: object): Promise<T> =>
    deployed.region.kernel.invoke<T>('elbv2', operation, input);
  const { TargetGroups } = await ask<DescribeTargetGroupsOutput>('describeTargetGroups', {});
  const { TargetGroupArn } = TargetGroups?.[0] ?? {};
  const answer = await ask<DescribeTargetHealthOutput>('describeTargetHealth', { TargetGroupArn });
  return (answer.TargetHealthDescriptions ?? []).filter(
    ({ TargetHealth }) => TargetHealth?.State === 'healthy',
  ).length;
};
const awaitApiServers = (count: number) =>
  eventually(async () => (await apiServersReady()) === count, {
    timeoutMs: 180_000,
    intervalMs: 100,
    what: `${count} API servers ready`,
  });

async function writeKubeconfig(): Promise<void> {
  const objects = makeObjects(deployed.target.config);
  const pem = async (name: string): Promise<{ data: string }> => {
    const object = await objects.get(`clusters/${spec.name}/pki/kubernetes-super-admin/${name}`);
    return { data: Buffer.from(object?.body ?? '').toString('utf8') };
  };
  const { localEndpoint } = await readStatus(deployed.target, spec.name);
  const text = renderKubeconfig({
    cluster: spec.name,
    server: localEndpoint ?? '',
    user: 'kubernetes-super-admin',
    authority: await pem('ca.crt'),
    certificate: await pem('client.crt'),
    key: await pem('client.key'),
  });
  writeFileSync(join(folder, 'config'), text, { mode: 0o600 });
}

/** Every process of the region's machines, by the number and the program's name. */
const processes = (): { pid: number; program: string }[] =>
  readdirSync(join(deployed.stateDir, 'pids')).map((pid) => ({
    pid: Number(pid),
    program: readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0]?.split('/').at(-1) ?? '',
  }));

/** Resident memory, MiB by program. */
function residentMebibytes(): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { pid, program } of processes()) {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const kibibytes = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0);
    sums[program] = (sums[program] ?? 0) + Math.round(kibibytes / 1024);
  }
  return sums;
}

describe.skipIf(!kubernetes)('a cluster with real Kubernetes', () => {
  beforeAll(async () => {
    if (!kubernetes) return;
    folder = mkdtempSync(join(tmpdir(), 'trivet-kubectl-'));
    const etcdPath = etcd[0]?.etcd;
    deployed = await deployRegion({ kubernetes, ...(etcdPath !== undefined && { etcdPath }) });
    const began = performance.now();
    expect(await provision(deployed.target, spec, output)).toMatchObject({ status: 'SUCCEEDED' });
    await awaitApiServers(3);
    console.info(
      `StartExecution to three API servers ready: ${((performance.now() - began) / 1000).toFixed(1)} s; resident MiB: ${JSON.stringify(residentMebibytes())}`,
    );
    await writeKubeconfig();
  }, 600_000);
  afterAll(async () => {
    await deployed?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  test('answers kubectl through its load balancer', { timeout: 60_000 }, async () => {
    const versions = JSON.parse(await kubectl('version', '-o', 'json'));
    expect(versions.serverVersion.gitVersion).toBe(`v${kubernetes?.version}`);
    expect(await kubectl('get', '--raw', '/readyz')).toBe('ok');
    const { kubernetes: told } = await readStatus(deployed.target, spec.name);
    expect(told).toMatchObject({ real: true, version: kubernetes?.version, apiServersReady: 3 });
  });

  test('has its control plane and its workers as ready nodes, the workers with their pool', {
    timeout: 120_000,
  }, async () => {
    const template =
      '--output=jsonpath={range .items[*]}{.metadata.labels.trivet\\.dev/pool}:{.status.conditions[?(@.type=="Ready")].status} {end}';
    await eventually(
      async () =>
        (await kubectl('get', 'nodes', template)).trim().split(' ').toSorted().join(' ') ===
        ':True :True :True general:True general:True general:True',
      { timeoutMs: 100_000, intervalMs: 500, what: 'six ready nodes' },
    );
  });

  test('lets somebody without a certificate see its health and nothing else', {
    timeout: 60_000,
  }, async () => {
    const { localEndpoint } = await readStatus(deployed.target, spec.name);
    const anonymous = (path: string): Promise<{ stdout: string }> =>
      run('curl', ['-sk', '-o', '/dev/null', '-w', '%{http_code}', `${localEndpoint}${path}`]);
    expect((await anonymous('/readyz')).stdout).toBe('200');
    expect((await anonymous('/version')).stdout).toBe('401');
    expect((await anonymous('/api/v1/namespaces')).stdout).toBe('401');
  });

  test('signs service accounts’ tokens that STS takes for an add-on’s role', {
    timeout: 60_000,
  }, async () => {
    // Made by the add-on's manifests.
    const account = 'ebs-csi-controller-sa';
    const tokenFor = (audience: string) =>
      kubectl('create', 'token', account, '--namespace=kube-system', `--audience=${audience}`);
    const sts = new STSClient({ region: 'us-east-1', endpoint: deployed.region.endpoint });
    const assume = (WebIdentityToken: string) =>
      sts.send(
        new AssumeRoleWithWebIdentityCommand({
          RoleArn: `arn:aws:iam::123456789012:role/trivet/${spec.name}/trivet-${spec.name}-ebs-csi-driver`,
          RoleSessionName: 'ebs-csi-driver',
          WebIdentityToken,
        }),
      );
    expect(await assume(await tokenFor('sts.amazonaws.com'))).toMatchObject({
      SubjectFromWebIdentityToken: `system:serviceaccount:kube-system:${account}`,
    });
    await expect(assume(await tokenFor('elsewhere'))).rejects.toMatchObject({
      name: 'InvalidIdentityTokenException',
    });
  });

  test('has an API server that dies by itself back on the same instance', { timeout: 120_000 }, async () => {
    const instances = async () =>
      (await readStatus(deployed.target, spec.name)).members.map(({ instanceId }) => instanceId);
    const before = await instances();
    const victim = processes().find(({ program }) => program === 'kube-apiserver');
    expect(victim).toBeDefined();
    if (victim) process.kill(victim.pid, 'SIGKILL');
    await awaitApiServers(2);
    await awaitApiServers(3);
    expect(processes().filter(({ program }) => program === 'kube-apiserver')).toHaveLength(3);
    expect(await instances()).toEqual(before);
  });

  test('keeps what is written, and its controllers work, before, during and after the loss of each node in turn', {
    timeout: 400_000,
  }, async () => {
    const scaled = async (replicas: number): Promise<void> => {
      await through('scale', 'deployment/web', '--namespace=shop', `--replicas=${replicas}`);
      const read = ['get', 'deployment/web', '--namespace=shop', '--output=jsonpath={.spec.replicas}'];
      expect(await through(...read)).toBe(String(replicas));
    };
    // Only the controller manager makes pods out of a Deployment, and only the scheduler finds nodes for them.
    const pods = async (count: number): Promise<void> => {
      const phases = ['get', 'pods', '--namespace=shop', '--output=jsonpath={.items[*].status.phase}'];
      const wanted = Array.from({ length: count }, () => 'Running').join(' ');
      await eventually(async () => (await kubectl(...phases)) === wanted, {
        timeoutMs: 90_000,
        intervalMs: 250,
        what: `${count} running pods`,
      });
    };
    await through('create', 'namespace', 'shop');
    await through('create', 'configmap', 'prices', '--namespace=shop', '--from-literal=apple=3');
    await through('create', 'deployment', 'web', '--namespace=shop', '--image=registry.k8s.io/pause:3.10.1');
    await scaled(2);
    await pods(2);

    for (const [slot, wanted] of [
      ['a', 3],
      ['b', 5],
      ['c', 7],
    ] as const) {
      const [{ heal }] = await Promise.all([
        loseSlot(deployed.target, { ...losingOptions, slot }),
        awaitApiServers(2).then(() => scaled(wanted)),
      ]);
      expect(heal).toMatchObject({ slot, sameMemberId: true, membershipCalls: 0, lostWrites: 0 });
      await awaitApiServers(3);
      await scaled(wanted + 1);
      await pods(wanted + 1);
    }
    const read = ['get', 'configmap/prices', '--namespace=shop', '--output=jsonpath={.data}'];
    expect(await kubectl(...read)).toBe('{"apple":"3"}');
  });
});
