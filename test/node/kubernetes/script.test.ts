import { spawn, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { issueAuthority, makeKey } from '../../../functions/pki/issue.ts';
import { deliveredFiles } from '../../../node/kubernetes/paths.ts';
import { parseReport, type Report } from '../../../node/protocol.ts';
import { binarySets, findBinary } from '../../../region/binaries.ts';
import { killGroup } from '../../../region/machines/leftovers.ts';
import { eventually } from '../../support/eventually.ts';
import { hasProgram, kubernetesNodeInput, writeNodeRoot } from '../scripts.ts';

const missing = ['openssl', 'flock'].find((name) => !hasProgram(name));
if (missing) console.warn(`the test of kubernetes.sh is skipped: ${missing} is not there`);
const set = binarySets.find(({ name }) => name === 'kubernetes');
const kubeadm = set && findBinary(set, 'kubeadm');
const namespaces = process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0;
if (!kubeadm || !namespaces)
  console.warn('kubernetes.sh with real kubeadm is skipped: not built, or not root');

const instanceId = 'i-0123456789abcdef0';
const prefix = 'clusters/demo/slots/a';

/** kubernetes.sh itself, in a folder that stands for the node's root; systemd, kernel, AWS and the components are played. */
describe.skipIf(missing)('kubernetes.sh', () => {
  let node: ReturnType<typeof writeNodeRoot>;
  let folder: string;
  let authority: { key: string; certificate: string };

  beforeAll(async () => {
    const key = await makeKey();
    authority = { key, certificate: await issueAuthority('demo kubelet clients', key, new Date()) };
  });
  beforeEach(() => {
    node = writeNodeRoot(kubernetesNodeInput);
    folder = mkdtempSync(join(tmpdir(), 'trivet-kubernetes-'));
    mkdirSync(join(folder, 'bin'));
    for (const file of deliveredFiles) deliver(file, `content of ${file}`);
    deliver('pki/kubelet-client-ca.crt', authority.certificate);
    deliver('pki/kubelet-client-ca.key', authority.key);
    mkdirSync(join(folder, 'bucket', prefix, 'reports'), { recursive: true });
    mkdirSync(join(node.root, 'run/trivet'), { recursive: true });
    writeFileSync(join(node.root, 'run/trivet/report'), `instanceId=${instanceId}\nstate=started\n`);
    playNode();
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
    node.remove();
  });

  const deliver = (file: string, text: string): void => {
    const path = join(folder, 'bucket', prefix, 'pki/kubernetes', file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  };
  const play = (name: string, code: string): void => {
    writeFileSync(
      join(folder, 'bin', name),
      `#!/bin/bash\nset -euo pipefail\necho "${name} $*" >>"${folder}/calls"\n${code}\n`,
    );
    chmodSync(join(folder, 'bin', name), 0o755);
  };
  const playNode = (): void => {
    play(
      'aws',
      `call=$2; shift 2
while (($#)); do case $1 in --key) key=$2; shift 2 ;; --body) body=$2; shift 2 ;; --bucket | --region) shift 2 ;; *) file=$1; shift ;; esac; done
case $call in get-object) cp "${folder}/bucket/$key" "$file" ;; put-object) cp "$body" "${folder}/bucket/$key" ;; esac`,
    );
    play(
      'curl',
      `case "$*" in *instance-id*) echo ${instanceId} ;; *api/token*) echo token ;; *readyz*) [[ -e ${folder}/ready ]] ;; esac`,
    );
    play('kubelet', 'echo "Kubernetes v1.35.4"');
    play(
      'kubeadm',
      `case $1 in version) echo v1.35.4 ;; *) if [[ $3 == kubelet-start ]]; then mkdir -p "${node.root}/var/lib/kubelet"; touch "${node.root}/var/lib/kubelet/"{config.yaml,kubeadm-flags.env}; fi ;; esac`,
    );
    for (const name of ['containerd', 'modprobe', 'sysctl', 'systemctl']) play(name, '');
    // Only what is played, and the tools that it needs: a kubelet of this machine must not be found.
    for (const tool of [
      'bash',
      'cat',
      'chmod',
      'cp',
      'date',
      'dirname',
      'env',
      'flock',
      'grep',
      'install',
      'ln',
      'mkdir',
      'mktemp',
      'mv',
      'openssl',
      'rm',
      'sed',
      'sleep',
      'touch',
      'wc',
    ])
      symlinkSync(
        spawnSync('bash', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).stdout.trim(),
        join(folder, 'bin', tool),
      );
  };
  const start = () => {
    const child = spawn('bash', [join(node.root, 'usr/local/lib/trivet/kubernetes.sh')], {
      env: { PATH: join(folder, 'bin'), TRIVET_ROOT: node.root },
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    });
    let errors = '';
    child.stderr.on('data', (text) => {
      errors += text;
    });
    const ended = new Promise<{ code: number | null; errors: string }>((resolve) =>
      child.once('close', (code) => resolve({ code, errors })),
    );
    return { ended, kill: () => child.pid !== undefined && killGroup(child.pid) };
  };
  const report = (): Report | undefined => {
    const path = join(folder, 'bucket', prefix, 'reports', instanceId);
    return existsSync(path) ? parseReport(readFileSync(path, 'utf8')) : undefined;
  };
  const calls = (): string[] =>
    readFileSync(join(folder, 'calls'), 'utf8')
      .split('\n')
      .filter((call) => /^(kubeadm init|systemctl|modprobe|sysctl)/.test(call));
  const current = () => join(node.root, 'var/lib/kubelet/pki/kubelet-client-current.pem');

  test.each(['kubelet', 'kubeadm', 'containerd'])(
    'without %s it says so, does nothing and is content',
    async (program) => {
      rmSync(join(folder, 'bin', program));
      expect(await start().ended).toEqual({ code: 0, errors: '' });
      expect(report()).toEqual({
        instanceId,
        state: 'started',
        kubernetes: 'absent',
        kubernetesReason: `no-${program}`,
      });
      expect(calls()).toEqual([]);
      expect(existsSync(join(node.root, 'etc/kubernetes/pki'))).toBe(false);
    },
  );

  test('what is pinned is installed before anything is looked for, images before the kubelet starts', async () => {
    writeFileSync(join(folder, 'ready'), '');
    const script = join(node.root, 'usr/local/lib/trivet/artifacts.sh');
    writeFileSync(script, `#!/bin/bash\necho "systemctl played $1" >>"${folder}/calls"\n`, { mode: 0o755 });
    expect(await start().ended).toEqual({ code: 0, errors: '' });
    const order = calls().map((call) => call.replace(/ --config .*/, ''));
    expect(order.indexOf('systemctl played programs')).toBe(0);
    expect(order.indexOf('systemctl played images')).toBe(
      order.indexOf('kubeadm init phase control-plane all') - 1,
    );
  });

  test('programs of another version are left alone', async () => {
    play('kubelet', 'echo "Kubernetes v1.34.0"');
    expect(await start().ended).toEqual({ code: 0, errors: '' });
    expect(report()).toMatchObject({ kubernetes: 'refused', kubernetesReason: 'version-differs' });
    expect(calls()).toEqual([]);
  });

  test('brings up the node in kubeadm’s phases, and once more over itself', async () => {
    writeFileSync(join(folder, 'ready'), '');
    expect(await start().ended).toEqual({ code: 0, errors: '' });
    expect(report()).toEqual({
      instanceId,
      state: 'started',
      kubernetes: 'ready',
      kubernetesVersion: '1.35.4',
    });
    const configuration = join(node.root, 'run/trivet/kubeadm.yaml');
    const phases = [
      'modprobe overlay',
      'modprobe br_netfilter',
      `sysctl -q -p ${node.root}/etc/trivet/kubelet-sysctl.conf`,
      'systemctl start containerd.service',
      `kubeadm init phase control-plane all --config ${configuration}`,
      `kubeadm init phase kubelet-start --config ${configuration}`,
    ];
    expect(calls()).toEqual(phases);
    expect(readFileSync(configuration, 'utf8')).toContain(`name: "${instanceId}"`);
    const signed = readFileSync(current(), 'utf8');
    expect((await start().ended).code).toBe(0);
    expect(calls()).toEqual([...phases, ...phases]);
    expect(readFileSync(current(), 'utf8')).toBe(signed);
  });

  test('files are fetched for root alone', async () => {
    writeFileSync(join(folder, 'ready'), '');
    await start().ended;
    for (const file of deliveredFiles) {
      expect(statSync(join(node.root, 'etc/kubernetes', file)).mode & 0o777).toBe(0o600);
    }
    expect(statSync(join(node.root, 'etc/kubernetes/pki')).mode & 0o777).toBe(0o700);
    expect(statSync(join(node.root, 'var/lib/kubelet/config.yaml')).mode & 0o777).toBe(0o600);
  });

  test('the kubelet gets a certificate of its own, which another instance does not take over', async () => {
    writeFileSync(join(folder, 'ready'), '');
    await start().ended;
    const certificate = new X509Certificate(readFileSync(current()));
    expect(certificate.subject).toBe(`O=system:nodes\nCN=system:node:${instanceId}`);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(certificate.ca).toBe(false);
    expect(certificate.verify(new X509Certificate(authority.certificate).publicKey)).toBe(true);
    const days = (Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / 86_400_000;
    expect(days).toBe(30);
    expect(lstatSync(current()).isSymbolicLink()).toBe(true);
    expect(statSync(current()).mode & 0o777).toBe(0o600);
    play('curl', `case "$*" in *instance-id*) echo i-00000000000000009 ;; *api/token*) echo token ;; esac`);
    await start().ended;
    expect(new X509Certificate(readFileSync(current())).subject).toContain(
      'CN=system:node:i-00000000000000009',
    );
  });

  test('waits for a file that is not there yet', async () => {
    writeFileSync(join(folder, 'ready'), '');
    const late = join(folder, 'bucket', prefix, 'pki/kubernetes/pki/sa.key');
    rmSync(late);
    const run = start();
    await eventually(() => report()?.kubernetes === 'starting');
    await eventually(() => existsSync(join(node.root, 'etc/kubernetes/scheduler/client.key')));
    expect(calls()).toEqual([]);
    writeFileSync(late, 'late');
    expect((await run.ended).code).toBe(0);
    expect(readFileSync(join(node.root, 'etc/kubernetes/pki/sa.key'), 'utf8')).toBe('late');
  });

  test('a phase that fails ends it with an error, so that systemd starts it again', async () => {
    play('kubeadm', 'case $1 in version) echo v1.35.4 ;; *) exit 3 ;; esac');
    expect((await start().ended).code).not.toBe(0);
    expect(report()).toMatchObject({ kubernetes: 'starting' });
  });

  test.skipIf(!kubeadm || !namespaces)(
    'real kubeadm writes manifests and kubelet files in a mount namespace of its own',
    () => {
      const configuration = join(folder, 'kubeadm.yaml');
      const text = readFileSync(join(node.root, 'etc/trivet/kubeadm.yaml'), 'utf8');
      writeFileSync(configuration, text.replace('@INSTANCE_ID@', instanceId));
      mkdirSync(join(folder, 'kubelet'));
      const script = `set -e
mkdir -p '${folder}/upper' '${folder}/work' '${folder}/lib-upper' '${folder}/lib-work'
mount -t tmpfs none /var/lib
mount -t overlay overlay -o lowerdir=/etc,upperdir='${folder}/upper',workdir='${folder}/work' /etc
export PATH='${folder}/bin' # kubeadm would stop and start this machine's kubelet
${kubeadm} init phase control-plane all --config '${configuration}'
${kubeadm} init phase kubelet-start --config '${configuration}'
cp -a /var/lib/kubelet/. '${folder}/kubelet/'`;
      const { status, stderr } = spawnSync('unshare', ['-m', 'bash', '-c', script], { encoding: 'utf8' });
      expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
      const manifest = readFileSync(join(folder, 'upper/kubernetes/manifests/kube-apiserver.yaml'), 'utf8');
      expect(manifest).toContain('registry.k8s.io/kube-apiserver:v1.35.4');
      const flags = readFileSync(join(folder, 'kubelet/kubeadm-flags.env'), 'utf8');
      expect(flags).toContain(`--hostname-override=${instanceId}`);
      expect(readFileSync(join(folder, 'calls'), 'utf8')).toContain('systemctl restart kubelet');
      expect(flags).toContain('--cloud-provider=external');
      expect(flags).toContain('--node-ip=10.0.1.10');
      const written = readFileSync(join(folder, 'kubelet/config.yaml'), 'utf8');
      expect(written).toContain('protectKernelDefaults: true');
      expect(written).toContain('key: node-role.kubernetes.io/control-plane');
    },
  );
});
