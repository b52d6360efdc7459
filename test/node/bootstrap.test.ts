import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEtcdClient } from '../../functions/etcd/client.ts';
import { issueAuthority, issueLeaf, makeKey } from '../../functions/pki/issue.ts';
import { wantedLeaves } from '../../functions/pki/slot-certificates.ts';
import { type Directive, parseReport, type Report, renderDirective } from '../../node/protocol.ts';
import { parseEnvironmentFile } from '../../node/render.ts';
import { findEtcd } from '../../region/machines/find-etcd.ts';
import { killGroup } from '../../region/machines/leftovers.ts';
import { mapIntoMachine } from '../../region/machines/loopback.ts';
import { eventually } from '../support/eventually.ts';
import { hasProgram, loopDevicesMissing, makeLoopDevice, nodeInput, writeNodeRoot } from './scripts.ts';

const missing = loopDevicesMissing() ?? ['curl', 'python3'].filter((name) => !hasProgram(name))[0];
if (missing) console.warn(`the test of bootstrap.sh is skipped: ${missing}`);

const address = '127.91.1.10';
const volumeId = 'vol-0123456789abcdef0';
const prefix = 'clusters/demo/slots/a';

/** bootstrap.sh itself, on a loop device and with real etcd; only the AWS CLI, systemctl and the metadata service are played. */
describe.skipIf(missing)('bootstrap.sh', () => {
  let node: ReturnType<typeof writeNodeRoot>;
  let folder: string;
  let loop: ReturnType<typeof makeLoopDevice>;
  const kills: (() => void)[] = [];
  let identity: { clusterId: string; memberId: string };

  beforeAll(async () => {
    node = writeNodeRoot({ ...nodeInput, address });
    folder = mkdtempSync(join(tmpdir(), 'trivet-bootstrap-'));
    loop = makeLoopDevice(folder, 'volume', '400M');
    playCommands(folder, node.root);
    mapFiles(node.root);
    await putCertificates(join(folder, 'bucket'));
  });
  afterAll(() => {
    for (const kill of kills) kill();
    stopEtcd(folder);
    spawnSync('umount', [join(node.root, 'var/lib/etcd')]);
    loop.remove();
    rmSync(folder, { recursive: true, force: true });
    node.remove();
  });

  const attach = (): void => {
    const link = `nvme-Amazon_Elastic_Block_Store_${volumeId.replace('-', '')}`;
    mkdirSync(join(node.root, 'dev/disk/by-id'), { recursive: true });
    symlinkSync(loop.device, join(node.root, 'dev/disk/by-id', link));
  };
  const object = (key: string): string => join(folder, 'bucket', prefix, key);
  const report = (instanceId: string): Report | undefined => {
    const path = object(`reports/${instanceId}`);
    return existsSync(path) ? parseReport(readFileSync(path, 'utf8')) : undefined;
  };
  const direct = (directive: Directive): void =>
    writeFileSync(object(`directives/${directive.instanceId}`), renderDirective(directive));
  const common = (instanceId: string) => ({
    instanceId,
    generation: 1,
    volumeId,
    filesystemUuid: '11111111-2222-4333-8444-555555555555',
  });
  const form = (instanceId: string): Directive => ({
    kind: 'form',
    ...common(instanceId),
    initialCluster: `demo-a=https://${address}:2380`,
    initialClusterState: 'new',
    initialClusterToken: 'demo-1',
  });
  /** Another instance, or the same one rebooted: no process, no mount, an empty /run; a new one has an empty disk too. */
  const boot = (
    instanceId: string,
    life: 'new' | 'rebooted',
  ): { ended: Promise<number | null>; kill(): void } => {
    stopEtcd(folder);
    spawnSync('umount', [join(node.root, 'var/lib/etcd')], { stdio: 'ignore' });
    rmSync(join(node.root, 'run'), { recursive: true, force: true });
    if (life === 'new') rmSync(join(node.root, 'var/lib/trivet'), { recursive: true, force: true });
    writeFileSync(join(folder, 'instance-id'), instanceId);
    const child = spawn('bash', [join(node.root, 'usr/local/lib/trivet/bootstrap.sh')], {
      env: { PATH: `${join(folder, 'bin')}:${process.env.PATH}`, TRIVET_ROOT: node.root },
      stdio: ['ignore', openSync(join(folder, 'console'), 'a'), 'inherit'],
      detached: true,
    });
    const kill = (): void => {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
        killGroup(child.pid);
    };
    kills.push(kill);
    return { ended: new Promise((resolve) => child.once('exit', resolve)), kill };
  };

  test('says once what S3 refuses, is silent about what is not there yet, and goes on by itself', async () => {
    const node = boot('i-00000000000000009', 'new');
    await eventually(() => report('i-00000000000000009')?.state === 'waiting');
    writeFileSync(join(folder, 'denied'), '');
    const text = () => readFileSync(join(folder, 'console'), 'utf8');
    await eventually(() => text().includes('could not be read'));
    rmSync(join(folder, 'denied'));
    direct(form('i-00000000000000009'));
    await eventually(() => report('i-00000000000000009')?.reason === 'volume-not-attached');
    node.kill();
    await node.ended;
    expect(text().split('\n').slice(0, 3)).toEqual([
      'No artifacts are pinned for this node; it goes on with the etcd of its image.',
      'waiting ',
      `${prefix}/directives/i-00000000000000009 could not be read: An error occurred (AccessDenied) when calling the GetObject operation`,
    ]);
    expect(text()).not.toContain('NoSuchKey');
  });

  test('waits for its volume, formats it as directed, starts etcd and says which member it is', async () => {
    const first = boot('i-00000000000000001', 'new');
    await eventually(() => report('i-00000000000000001')?.state === 'waiting');
    direct(form('i-00000000000000001'));
    await eventually(() => report('i-00000000000000001')?.reason === 'volume-not-attached');
    attach();
    expect(await first.ended).toBe(0);
    const said = report('i-00000000000000001');
    expect(said).toMatchObject({
      state: 'started',
      etcdVersion: expect.stringMatching(/^3\./),
      generation: 1,
    });
    const status = await clientOf(folder).status();
    identity = { clusterId: status.header.clusterId, memberId: status.header.memberId };
    expect([said?.clusterId, said?.memberId]).toEqual([identity.clusterId, identity.memberId]);
    expect(readFileSync(join(node.root, 'run/trivet/etcd-initial.env'), 'utf8')).toBe(
      `ETCD_INITIAL_CLUSTER_STATE=new\nETCD_INITIAL_CLUSTER=demo-a=https://${address}:2380\nETCD_INITIAL_CLUSTER_TOKEN=demo-1\n`,
    );
    await clientOf(folder).put('colour', 'green');
  });

  test('a reboot of the same instance goes on under the directive that it has carried out', async () => {
    expect(await boot('i-00000000000000001', 'rebooted').ended).toBe(0);
    expect(report('i-00000000000000001')).toMatchObject({ state: 'started', memberId: identity.memberId });
    const found = await eventually(() => clientOf(folder).get('colour'));
    expect(found.value).toBe('green');
  });

  test('another instance with the same form refuses, unmounts, and resumes when it is told to', async () => {
    const second = boot('i-00000000000000002', 'new');
    direct(form('i-00000000000000002'));
    const refused = await eventually(() => {
      const said = report('i-00000000000000002');
      return said?.state === 'refused' ? said : undefined;
    });
    expect(refused).toMatchObject({
      reason: 'data-present',
      memberId: identity.memberId,
      markerVolumeId: volumeId,
    });
    expect(spawnSync('mountpoint', ['-q', join(node.root, 'var/lib/etcd')]).status).not.toBe(0);
    direct({ kind: 'resume', ...common('i-00000000000000002'), ...identity, raftIndexFloor: '4' });
    expect(await second.ended).toBe(0);
    expect(report('i-00000000000000002')).toMatchObject({ state: 'started', reason: 'disk-agrees' });
    const status = await eventually(() => clientOf(folder).status());
    expect(status.header.memberId).toBe(identity.memberId);
  });

  test('a floor that the log does not reach keeps etcd off (S8)', async () => {
    const third = boot('i-00000000000000003', 'new');
    direct({ kind: 'resume', ...common('i-00000000000000003'), ...identity, raftIndexFloor: '1000' });
    await eventually(() => report('i-00000000000000003')?.reason === 'disk-behind-registry');
    await expect(clientOf(folder).status()).rejects.toMatchObject({ kind: 'unreachable' });
    third.kill();
    await third.ended;
  });
});

/** Programs of a node that AWS and systemd would bring. systemctl starts etcd as its unit does: from the files under /run. */
function playCommands(folder: string, root: string): void {
  const bin = join(folder, 'bin');
  for (const part of ['directives', 'reports', 'pki'])
    mkdirSync(join(folder, 'bucket', prefix, part), { recursive: true });
  mkdirSync(bin);
  const programs = {
    aws: `refuse() { printf '\\nAn error occurred (%s) when calling the GetObject operation\\n' "$1" >&2; exit 254; }
call=$2; shift 2
while (($#)); do case $1 in --key) key=$2; shift 2 ;; --body) body=$2; shift 2 ;; --bucket | --region) shift 2 ;; *) file=$1; shift ;; esac; done
case $call in get-object) [[ -e "${folder}/denied" ]] && refuse AccessDenied; cp "${folder}/bucket/$key" "$file" 2>/dev/null || refuse NoSuchKey ;; put-object) cp "$body" "${folder}/bucket/$key" ;; esac`,
    curl: `case "$*" in
  *meta-data/instance-id*) cat "${folder}/instance-id" ;;
  *api/token*) echo token ;;
  *) PATH=\${PATH#*:} exec curl "$@" ;;
esac`,
    systemctl: `if [[ $1 == is-active ]]; then exit 3; fi
[[ "$*" == "start --no-block etcd.service trivet-marker.timer" ]] || exit 1
set -a
source "${root}/run/trivet/etcd.env"
source "${root}/run/trivet/etcd-initial.env"
setsid "${findEtcd().path}" >>"${folder}/etcd.log" 2>&1 &
echo $! >"${folder}/etcd.pid"`,
  };
  for (const [name, code] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/bin/bash\nset -euo pipefail\n${code}\n`);
    chmodSync(join(bin, name), 0o755);
  }
}

/** etcd runs on this machine and not on a node: its paths lie below the root, localhost is the slot's address. */
function mapFiles(root: string): void {
  const rewrite = (name: string, changes: Readonly<Record<string, string>>): void => {
    const path = join(root, 'etc/trivet', name);
    const values = { ...parseEnvironmentFile(readFileSync(path, 'utf8')), ...changes };
    const mapped = Object.entries(values).map(
      ([key, value]) => `${key}=${mapIntoMachine(value, root, address)}\n`,
    );
    writeFileSync(path, mapped.join(''));
  };
  for (const minor of ['3.4', '3.5', '3.6']) {
    rewrite(`etcd-${minor}.env`, { ETCD_LISTEN_CLIENT_URLS: `https://${address}:2379` });
  }
  rewrite('node.env', {
    TRIVET_ETCD: findEtcd().path,
    TRIVET_ETCD_USER: 'daemon',
    TRIVET_LOCAL_ENDPOINT: `https://${address}:2379`,
  });
}

async function putCertificates(bucket: string): Promise<void> {
  const now = new Date();
  const key = await makeKey();
  const authority = { key, certificate: await issueAuthority('demo etcd', key, now) };
  const slot = {
    slot: 'a',
    zone: 'us-east-1a',
    subnetId: 'subnet-a',
    address,
    resourceName: 'trivet-demo-slot-a',
    memberName: 'demo-a',
    filesystemUuid: '11111111-2222-4333-8444-555555555555',
    generation: 1,
  };
  mkdirSync(join(bucket, 'clusters/demo/pki/etcd-client'), { recursive: true });
  for (const leaf of wantedLeaves('demo', [slot])) {
    const leafKey = await makeKey();
    writeFileSync(join(bucket, leaf.keyPath), leafKey);
    writeFileSync(join(bucket, leaf.certificatePath), await issueLeaf(authority, leaf.subject, leafKey, now));
  }
  writeFileSync(join(bucket, prefix, 'pki/ca.crt'), authority.certificate);
}

function clientOf(folder: string) {
  const pem = (name: string) => readFileSync(join(folder, 'bucket', name));
  return createEtcdClient({
    address,
    ca: pem(`${prefix}/pki/ca.crt`),
    cert: pem('clusters/demo/pki/etcd-client/client.crt'),
    key: pem('clusters/demo/pki/etcd-client/client.key'),
  });
}

function stopEtcd(folder: string): void {
  const path = join(folder, 'etcd.pid');
  if (!existsSync(path)) return;
  const pid = Number(readFileSync(path, 'utf8'));
  rmSync(path);
  spawnSync('bash', ['-c', `kill -KILL ${pid}; while kill -0 ${pid}; do sleep 0.01; done`], {
    stdio: 'ignore',
  });
}
