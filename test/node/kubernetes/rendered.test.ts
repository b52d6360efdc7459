import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { pauseImage } from '../../../node/kubernetes/containerd.ts';
import {
  kmsProvider,
  renderEncryptionConfiguration,
  secretboxProvider,
} from '../../../node/kubernetes/encryption.ts';
import { commandOf, renderComponentFlags } from '../../../node/kubernetes/flags.ts';
import { nthAddress, serviceAccountIssuer } from '../../../node/kubernetes/input.ts';
import { renderKubeconfig } from '../../../node/kubernetes/kubeconfig.ts';
import { kubeletConfiguration } from '../../../node/kubernetes/kubelet-configuration.ts';
import { deliveredFiles } from '../../../node/kubernetes/paths.ts';
import { modeOf, parseManifest, renderManifest, renderNodeFiles } from '../../../node/render.ts';
import { hasProgram, kubernetesNodeInput, nodeInput, writeNodeRoot } from '../scripts.ts';

const files = renderNodeFiles(kubernetesNodeInput);
const contentOf = (path: string): string => files.find((file) => file.path === path)?.content ?? '';
const { cluster, address, kubernetes } = kubernetesNodeInput;
const input = { cluster, address, ...kubernetes };

describe('a node’s Kubernetes files', () => {
  let node: ReturnType<typeof writeNodeRoot>;
  beforeAll(() => {
    node = writeNodeRoot(kubernetesNodeInput);
  });
  afterAll(() => node.remove());

  test('come on top of those of etcd', () => {
    const etcdAlone = renderNodeFiles(nodeInput).map(({ path }) => path);
    expect(files.map(({ path }) => path).filter((path) => !etcdAlone.includes(path))).toEqual([
      '/etc/trivet/kubeadm.yaml',
      '/etc/trivet/kubelet-sysctl.conf',
      '/etc/trivet/containerd.toml',
      '/etc/kubernetes/controller-manager.conf',
      '/etc/kubernetes/scheduler.conf',
      '/etc/kubernetes/kubelet.conf',
      '/etc/kubernetes/apiserver/authentication.yaml',
      '/etc/kubernetes/apiserver/admission.yaml',
      '/etc/kubernetes/apiserver/event-rate-limit.yaml',
      '/etc/kubernetes/apiserver/audit-policy.yaml',
      '/etc/systemd/system/kubelet.service',
      '/etc/systemd/system/trivet-kubernetes.service',
      '/usr/local/lib/trivet/kubernetes.sh',
    ]);
    expect(contentOf('/etc/trivet/node.env')).toContain('TRIVET_KUBERNETES_VERSION=1.35.4\n');
  });

  test('are root’s alone where they configure Kubernetes, and fit a manifest', () => {
    expect(modeOf('/etc/kubernetes/apiserver/audit-policy.yaml')).toBe(0o600);
    expect(modeOf('/etc/systemd/system/kubelet.service')).toBe(0o600);
    expect(modeOf('/etc/trivet/kubeadm.yaml')).toBe(0o644);
    expect(parseManifest(renderManifest(files).text)).toHaveLength(files.length);
  });

  test.skipIf(!hasProgram('shellcheck')).each(['kubernetes.sh', 'bootstrap.sh'])(
    '%s is clean by shellcheck',
    (name) => {
      const path = join(node.root, 'usr/local/lib/trivet', name);
      expect(spawnSync('shellcheck', ['-x', path], { encoding: 'utf8' }).stdout).toBe('');
    },
  );

  test.skipIf(!hasProgram('systemd-analyze'))('the units are clean by systemd-analyze', () => {
    const units = ['kubelet.service', 'trivet-kubernetes.service', 'etcd.slice'].map((name) =>
      join(node.root, 'etc/systemd/system', name),
    );
    // The programs, and containerd's unit, lie where a node has them, not on this machine.
    writeFileSync(
      join(node.root, 'etc/systemd/system/containerd.service'),
      '[Service]\nExecStart=/bin/true\n',
    );
    const { stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...units], { encoding: 'utf8' });
    const rest = stderr.split('\n').filter((line) => line.includes('trivet') || line.includes(node.root));
    expect(rest.filter((line) => !/is not executable|world-inaccessible|containerd/.test(line))).toEqual([]);
  });

  test('the kubelet is never started by a boot, and a hung one is ended', () => {
    expect(contentOf('/etc/systemd/system/kubelet.service')).not.toContain('[Install]');
    expect(contentOf('/etc/systemd/system/kubelet.service')).toContain('Restart=always\nRestartSec=5\n');
    expect(contentOf('/etc/systemd/system/kubelet.service')).toContain('WatchdogSec=60\n');
    expect(contentOf('/etc/systemd/system/trivet-kubernetes.service')).not.toContain('[Install]');
  });

  test('are the same on every slot but for its address and name', () => {
    const strip = (text: string): string =>
      text.replaceAll('10.0.2.10', '10.0.1.10').replaceAll('demo-b', 'demo-a');
    const other = renderNodeFiles({ ...kubernetesNodeInput, address: '10.0.2.10', memberName: 'demo-b' });
    expect(other.map(({ content }) => strip(content))).toEqual(files.map(({ content }) => content));
  });

  test('hold no key: kubeconfigs name files that the node fetches or makes', () => {
    const all = files.map(({ content }) => content).join('');
    expect(all).not.toMatch(/BEGIN|-data:|secretbox/);
    const named = ['controller-manager', 'scheduler'].flatMap((name) => {
      const { users, clusters } = parse(contentOf(`/etc/kubernetes/${name}.conf`));
      return [
        clusters[0].cluster['certificate-authority'],
        users[0].user['client-certificate'],
        users[0].user['client-key'],
      ];
    });
    expect(
      named
        .map((path: string) => path.replace('/etc/kubernetes/', ''))
        .filter((file) => !deliveredFiles.includes(file)),
    ).toEqual([]);
    expect(parse(contentOf('/etc/kubernetes/kubelet.conf'))).toMatchObject({
      clusters: [{ cluster: { server: 'https://10.0.1.10:6443' } }],
      users: [{ user: { 'client-key': '/var/lib/kubelet/pki/kubelet-client-current.pem' } }],
    });
  });
});

describe('component flags', () => {
  const flags = renderComponentFlags(input);

  test('name only files that are rendered or delivered', () => {
    const there = [
      ...files.map(({ path }) => path),
      ...deliveredFiles.map((file) => `/etc/kubernetes/${file}`),
    ];
    const named = Object.values({
      ...flags.apiServer,
      ...flags.controllerManager,
      ...flags.scheduler,
    }).filter((value) => value.startsWith('/etc/'));
    expect(named.length).toBeGreaterThan(15);
    expect(named.filter((path) => !there.includes(path))).toEqual([]);
  });

  test('of the API server: its own etcd member, both authorities of clients, nothing that profiles', () => {
    expect(flags.apiServer).toMatchObject({
      'etcd-servers': 'https://127.0.0.1:2379',
      'client-ca-file': '/etc/kubernetes/pki/client-ca.crt',
      'advertise-address': '10.0.1.10',
      'service-account-issuer':
        'https://trivet-bucket-issuers.s3.us-east-1.amazonaws.com/demo-0123456789abcdef',
      'authorization-mode': 'Node,RBAC',
      profiling: 'false',
      'goaway-chance': '0.001',
    });
    expect(flags.apiServer['anonymous-auth']).toBeUndefined();
    expect(renderComponentFlags({ ...input, apiServers: 1 }).apiServer['goaway-chance']).toBeUndefined();
  });

  test('of the controller manager: it signs kubelets with their authority and nothing with another', () => {
    expect(flags.controllerManager).toMatchObject({
      'cluster-signing-cert-file': '',
      'cluster-signing-key-file': '',
      'cluster-signing-kubelet-client-key-file': '/etc/kubernetes/pki/kubelet-client-ca.key',
      'cloud-provider': 'external',
      'leader-elect': 'true',
    });
    expect(
      Object.keys(flags.controllerManager).filter((name) =>
        /signing-.*(serving|apiserver|unknown)/.test(name),
      ),
    ).toEqual([]);
  });

  test('become a command line', () => {
    expect(commandOf('kube-scheduler', flags.scheduler).slice(0, 3)).toEqual([
      'kube-scheduler',
      '--authentication-kubeconfig=/etc/kubernetes/scheduler.conf',
      '--authorization-kubeconfig=/etc/kubernetes/scheduler.conf',
    ]);
  });
});

describe('policies', () => {
  test('anonymous requests are let in to health alone', () => {
    expect(parse(contentOf('/etc/kubernetes/apiserver/authentication.yaml'))).toEqual({
      apiVersion: 'apiserver.config.k8s.io/v1',
      kind: 'AuthenticationConfiguration',
      anonymous: {
        enabled: true,
        conditions: [{ path: '/livez' }, { path: '/readyz' }, { path: '/healthz' }],
      },
    });
  });

  test('the audit policy never writes the content of a secret, and writes down who got which rights', () => {
    const { rules } = parse(contentOf('/etc/kubernetes/apiserver/audit-policy.yaml'));
    const levelOf = (group: string, resource: string): string =>
      rules.find(
        (rule: {
          verbs?: string[];
          users?: string[];
          userGroups?: string[];
          nonResourceURLs?: string[];
          resources?: { group: string; resources?: string[] }[];
        }) =>
          !rule.users &&
          !rule.userGroups &&
          !rule.nonResourceURLs &&
          (rule.verbs?.includes('create') ?? true) &&
          (rule.resources?.some(
            (one) => one.group === group && (one.resources?.includes(resource) ?? true),
          ) ??
            true),
      )?.level;
    expect(levelOf('', 'secrets')).toBe('Metadata');
    expect(levelOf('', 'configmaps')).toBe('Metadata');
    expect(levelOf('authentication.k8s.io', 'tokenreviews')).toBe('Metadata');
    expect(levelOf('', 'pods/exec')).toBe('Metadata');
    expect(levelOf('rbac.authorization.k8s.io', 'clusterrolebindings')).toBe('RequestResponse');
    expect(levelOf('apps', 'deployments')).toBe('Request');
    expect(levelOf('', 'events')).toBe('None');
    expect(rules.at(-1)).toEqual({ level: 'Metadata' });
  });

  test('encryption has room for KMS before the key of the file', () => {
    const key = { name: 'key-1', secret: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' };
    const text = renderEncryptionConfiguration([
      kmsProvider('aws', '/run/kms/socket'),
      secretboxProvider([key]),
    ]);
    expect(parse(text).resources[0].providers).toEqual([
      { kms: { apiVersion: 'v2', name: 'aws', endpoint: 'unix:///run/kms/socket', timeout: '3s' } },
      { secretbox: { keys: [key] } },
      { identity: {} },
    ]);
    expect(() => renderEncryptionConfiguration([])).toThrow('in the clear');
  });
});

describe('the kubelet’s configuration', () => {
  test('is closed to strangers and keeps room for etcd', () => {
    expect(kubeletConfiguration(input, 'control-plane')).toMatchObject({
      authentication: { anonymous: { enabled: false }, webhook: { enabled: true } },
      authorization: { mode: 'Webhook' },
      readOnlyPort: 0,
      protectKernelDefaults: true,
      rotateCertificates: true,
      seccompDefault: true,
      clusterDNS: ['10.96.0.10'],
      systemReserved: { cpu: '500m', memory: '768Mi' },
      registerWithTaints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }],
    });
    expect(kubeletConfiguration(input, 'worker').registerWithTaints).toBeUndefined();
  });

  test('goes to kubeadm with the name that is known on the node alone', () => {
    const documents = parseAllDocuments(contentOf('/etc/trivet/kubeadm.yaml')).map((each) => each.toJSON());
    expect(documents.map(({ kind }) => kind)).toEqual([
      'ClusterConfiguration',
      'InitConfiguration',
      'KubeletConfiguration',
    ]);
    expect(documents[1].nodeRegistration).toMatchObject({
      name: '@INSTANCE_ID@',
      kubeletExtraArgs: [
        { name: 'cloud-provider', value: 'external' },
        { name: 'node-ip', value: '10.0.1.10' },
      ],
    });
  });
});

describe('small parts', () => {
  test.each([
    ['10.96.0.0/16', 1, '10.96.0.1'],
    ['10.96.0.0/16', 10, '10.96.0.10'],
    ['172.20.255.240/28', 10, '172.20.255.250'],
    ['10.0.255.0/24', 256, '10.1.0.0'],
  ])('address of %s number %i is %s', (cidr, n, expected) => {
    expect(nthAddress(cidr, n)).toBe(expected);
  });

  test('an issuer is of one cluster for good', () => {
    const of = { bucket: 'trivet-1-us-east-1', region: 'us-east-1', cluster: 'demo', clusterUid: 'abc' };
    expect(serviceAccountIssuer(of)).toBe(
      'https://trivet-1-us-east-1-issuers.s3.us-east-1.amazonaws.com/demo-abc',
    );
  });

  test('a kubeconfig carries what it is given', () => {
    const text = renderKubeconfig({
      cluster: 'demo',
      server: 'https://api.example:6443',
      user: 'jo',
      authority: { data: 'CA' },
      certificate: { data: 'CERT' },
      key: { file: '/keys/jo' },
    });
    expect(parse(text)).toMatchObject({
      clusters: [
        {
          name: 'demo',
          cluster: { server: 'https://api.example:6443', 'certificate-authority-data': 'Q0E=' },
        },
      ],
      users: [{ name: 'jo', user: { 'client-certificate-data': 'Q0VSVA==', 'client-key': '/keys/jo' } }],
      'current-context': 'jo@demo',
    });
  });

  test('a Kubernetes version without a known sandbox image is refused', () => {
    expect(pauseImage('1.36.1')).toBe('registry.k8s.io/pause:3.10.2');
    expect(() => pauseImage('1.33.0')).toThrow('no sandbox image');
  });
});
