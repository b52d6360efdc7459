import { describe, expect, test } from 'vitest';
import { cniPorts } from '../../../../functions/kubernetes/add-ons/cni-ports.ts';
import {
  type AddOn,
  type Cni,
  hashOf,
  renderAddOns,
} from '../../../../functions/kubernetes/add-ons/render.ts';
import { addOnInput, objectsOf, type Pod, podOf } from './input.ts';

const cnis: readonly Cni[] = ['flannel', 'aws-vpc-cni', 'none'];
const all = cnis.map((cni): [Cni, AddOn[]] => [cni, renderAddOns({ ...addOnInput, cni })]);
const addOns = renderAddOns(addOnInput);

describe('every cluster', () => {
  test('has these add-ons, by stage', () => {
    expect(addOns.map(({ name, version, stage }) => [name, version, stage])).toEqual([
      ['kube-proxy', '1.35.4', 0],
      ['flannel', '0.28.9', 0],
      ['aws-cloud-controller-manager', '1.35.2', 0],
      ['coredns', '1.13.1', 1],
      ['aws-ebs-csi-driver', '1.64.0', 2],
      ['metrics-server', '0.9.0', 2],
    ]);
  });

  test.each([
    ['1.34.6', '1.12.1', '1.34.3'],
    ['1.35.4', '1.13.1', '1.35.2'],
    ['1.36.1', '1.14.2', '1.36.1'],
  ])('of Kubernetes %s has what goes with its minor', (kubernetesVersion, dns, cloud) => {
    const versions = Object.fromEntries(
      renderAddOns({ ...addOnInput, kubernetesVersion }).map(({ name, version }) => [name, version]),
    );
    expect(versions).toMatchObject({
      'kube-proxy': kubernetesVersion,
      coredns: dns,
      'aws-cloud-controller-manager': cloud,
    });
  });

  test('of another minor is refused', () => {
    expect(() => renderAddOns({ ...addOnInput, kubernetesVersion: '1.33.1' })).toThrow(
      'no versions are pinned for Kubernetes 1.33.1',
    );
  });
});

describe.each(all)('with the network %s', (cni, rendered) => {
  const objects = objectsOf(rendered);
  const workloads = objects.filter(({ spec }) => spec?.template);
  const pods = workloads.map(({ metadata, spec }): [string, Pod] => [
    metadata.name,
    spec?.template?.spec as Pod,
  ]);

  test('every object has an identity of its own that the API takes', () => {
    const identities = objects.map(({ apiVersion, kind, metadata }) =>
      [apiVersion.split('/')[0], kind, metadata.namespace ?? '', metadata.name].join(' '),
    );
    expect(new Set(identities).size).toBe(identities.length);
    const clusterWide = [
      'APIService',
      'CSIDriver',
      'ClusterRole',
      'ClusterRoleBinding',
      'CustomResourceDefinition',
      'StorageClass',
    ];
    for (const { apiVersion, kind, metadata } of objects) {
      expect(apiVersion).toMatch(/^([a-z0-9.]+\/)?v\d(beta\d)?$/);
      expect(metadata.name).toMatch(/^[a-z0-9]([a-z0-9.:-]*[a-z0-9])?$/);
      expect([kind, metadata.namespace]).toEqual([
        kind,
        clusterWide.includes(kind) ? undefined : 'kube-system',
      ]);
    }
  });

  test('every account that a pod or a binding names is rendered, and so is every role but Kubernetes’ own', () => {
    const names = (kind: string) =>
      objects.filter((one) => one.kind === kind).map(({ metadata }) => metadata.name);
    const accounts = names('ServiceAccount');
    for (const [, { serviceAccountName }] of pods) expect(accounts).toContain(serviceAccountName);
    const builtIn = [
      'system:node-proxier',
      'system:auth-delegator',
      'extension-apiserver-authentication-reader',
    ];
    for (const { roleRef, subjects = [] } of objects.filter(({ roleRef }) => roleRef)) {
      for (const { name } of subjects) expect(accounts).toContain(name);
      expect([...names(roleRef?.kind ?? ''), ...builtIn]).toContain(roleRef?.name);
    }
  });

  test('every workload is awaited, and what is awaited is rendered', () => {
    const awaited = rendered.flatMap(({ awaits }) => awaits.map((one) => `${one.kind} ${one.name}`));
    expect(awaited.sort()).toEqual(workloads.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort());
  });

  test('a selector chooses its own pods and nobody else’s', () => {
    for (const { spec, metadata } of workloads) {
      const wanted = Object.entries(spec?.selector?.matchLabels ?? {});
      const chosen = workloads.filter(({ spec: other }) => {
        const labels = Object.entries(other?.template?.metadata.labels ?? {});
        return wanted.every(([key, value]) => labels.some(([k, v]) => k === key && v === value));
      });
      expect(chosen.map((one) => one.metadata.name)).toEqual([metadata.name]);
    }
  });

  test('every container says what it needs, is critical, mounts what there is and pulls nothing that is there', () => {
    for (const [, pod] of pods) {
      expect(['system-node-critical', 'system-cluster-critical']).toContain(pod.priorityClassName);
      const volumes = pod.volumes?.map(({ name }) => name) ?? [];
      for (const container of [...(pod.initContainers ?? []), ...pod.containers]) {
        expect(container.imagePullPolicy).toBe('IfNotPresent');
        expect(container.image).toMatch(/^[a-z0-9.]+\/[a-z0-9./-]+:v?\d[\w.-]+$/);
        expect(Object.keys(container.resources.requests).sort()).toEqual(['cpu', 'memory']);
        for (const { name } of container.volumeMounts ?? []) expect(volumes).toContain(name);
      }
    }
  });

  test('only what mounts, or sets the node’s kernel, is privileged', () => {
    const privileged = pods.flatMap(([name, pod]) =>
      [...(pod.initContainers ?? []), ...pod.containers]
        .filter(({ securityContext }) => securityContext.privileged === true)
        .map((container) => `${name}/${container.name}`),
    );
    expect(privileged.sort()).toEqual(
      [
        ...(cni === 'aws-vpc-cni' ? ['aws-node/aws-vpc-cni-init'] : []),
        'ebs-csi-node/ebs-plugin',
        'kube-proxy/kube-proxy',
      ].sort(),
    );
  });
});

describe('a role in AWS', () => {
  test.each([
    ['aws-cloud-controller-manager', 'ccm'],
    ['ebs-csi-controller', 'ebs'],
    ['aws-node', 'cni'],
  ])('of %s is taken by a token for AWS, without the metadata service', (name, role) => {
    const pod = podOf(renderAddOns({ ...addOnInput, cni: 'aws-vpc-cni' }), name);
    const [container] = pod.containers;
    expect(container?.env).toEqual(
      expect.arrayContaining([
        { name: 'AWS_REGION', value: 'eu-central-1' },
        { name: 'AWS_ROLE_ARN', value: `arn:aws:iam::123456789012:role/trivet/demo/${role}` },
        { name: 'AWS_WEB_IDENTITY_TOKEN_FILE', value: '/var/run/secrets/trivet.dev/aws/token' },
      ]),
    );
    expect(pod.volumes).toContainEqual({
      name: 'aws-token',
      projected: {
        sources: [
          { serviceAccountToken: { audience: 'sts.amazonaws.com', expirationSeconds: 3600, path: 'token' } },
        ],
      },
    });
    expect(container?.volumeMounts).toContainEqual({
      name: 'aws-token',
      mountPath: '/var/run/secrets/trivet.dev/aws',
      readOnly: true,
    });
  });

  test('that is not there is not asked for', () => {
    const without = renderAddOns({ ...addOnInput, roles: {} });
    expect(JSON.stringify(without)).not.toContain('AWS_ROLE_ARN');
    expect(JSON.stringify(without)).not.toContain('aws-token');
  });
});

describe('hashOf', () => {
  test('is the same for the same input and for fields in another order, another for another input', () => {
    expect(hashOf(renderAddOns(addOnInput))).toBe(hashOf(addOns));
    const turned = JSON.parse(JSON.stringify(addOns), (_key, value) =>
      value && typeof value === 'object' && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).reverse())
        : value,
    );
    expect(hashOf(turned)).toBe(hashOf(addOns));
    for (const other of [{ podCidr: '10.200.0.0/16' }, { cni: 'none' as const }, { roles: {} }])
      expect(hashOf(renderAddOns({ ...addOnInput, ...other }))).not.toBe(hashOf(addOns));
  });
});

test('each network says what it needs between nodes', () => {
  expect(cnis.map((cni) => cniPorts(cni).map(({ reason: _reason, ...rule }) => rule))).toEqual([
    [{ protocol: 'udp', fromPort: 8472, toPort: 8472 }],
    [{ protocol: '-1', fromPort: -1, toPort: -1 }],
    [],
  ]);
});
