import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { hashSpec, parseSpec, renderProblems, specJsonSchema } from '../../../functions/clusters/spec.ts';
import { buildSpec, leastSpec } from '../../support/specs.ts';

const volume = (fields: object) => ({
  controlPlane: { ...leastSpec.controlPlane, etcd: { volume: fields } },
});
const pool = { name: 'general', instanceTypes: ['m7g.large'], zones: ['a'], max: 3 };

describe('parseSpec', () => {
  test('fills in the defaults', () => {
    expect(buildSpec()).toEqual({
      apiVersion: 'trivet/v1',
      name: 'demo',
      kubernetesVersion: '1.35.2',
      zones: ['a', 'b', 'c'],
      controlPlane: {
        instanceTypes: ['t4g.medium', 'm7g.medium'],
        amiParameter: '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64',
        etcd: {
          version: '3.6.14',
          volume: { sizeGibibytes: 20, iops: 3000, throughputMebibytesPerSecond: 125 },
        },
      },
      network: { podCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/16', cni: 'flannel' },
      api: { access: 'internal', allowedCidrs: [] },
      backups: { everyMinutes: 15, keepDays: 14 },
      pools: [],
      stormGuard: { unhealthyPercentMax: 40, unhealthyFloor: 2, coolDownSeconds: 600 },
      tags: {},
    });
  });

  test('fills in how a pool is bought, drained, repaired and made smaller', () => {
    expect(buildSpec({ pools: [{ ...pool, repair: { notReadySeconds: 60 } }] }).pools).toEqual([
      {
        name: 'general',
        instanceTypes: ['m7g.large'],
        zones: ['a'],
        min: 0,
        max: 3,
        capacity: 'on-demand',
        labels: {},
        taints: [],
        drain: { deadlineSeconds: 3600, atDeadline: 'terminate', onRebalanceRecommendation: 'ignore' },
        repair: {
          enabled: true,
          notReadySeconds: 60,
          pressureSeconds: 1800,
          impairedSeconds: 120,
          replacement: 'after',
        },
        scaleDown: {
          enabled: true,
          quietSeconds: 600,
          ageSecondsMin: 600,
          utilizationPercentMax: 50,
          removalsMax: 10,
        },
      },
    ]);
  });

  test.each(['ha.yaml', 'single.yaml', 'two-pools.yaml', 'ha.json'])('accepts examples/%s', (file) => {
    const text = readFileSync(new URL(`../../../examples/${file}`, import.meta.url), 'utf8');
    expect(parseSpec(parse(text)).problems).toBeUndefined();
  });

  test.each<[string, object, string]>([
    [
      'a wrong apiVersion',
      { apiVersion: 'trivet/v2' },
      'apiVersion: "trivet/v2" is not one of trivet/v1; set apiVersion: trivet/v1',
    ],
    [
      'too long a name',
      { name: 'a-name-that-is-far-too-long' },
      'name: "a-name-that-is-far-too-long" has 27 characters, and at most 20 fit into the names of what is made from it; use at most 20 lower-case letters, digits and hyphens',
    ],
    [
      'a malformed name',
      { name: 'Demo' },
      'name: "Demo" is not well formed; use 2 to 20 lower-case letters, digits and hyphens, a letter first and no hyphen last, such as demo',
    ],
    [
      'an unsupported Kubernetes version',
      { kubernetesVersion: '1.33.4' },
      'kubernetesVersion: 1.33.4 is not supported: Trivet runs Kubernetes 1.34 to 1.36, on etcd 3.6; choose a 1.34, 1.35 or 1.36 version',
    ],
    [
      'an etcd that is too old for its Kubernetes',
      { controlPlane: { ...leastSpec.controlPlane, etcd: { version: '3.6.4' } } },
      'controlPlane.etcd.version: etcd 3.6.4 does not go with Kubernetes 1.35, which runs on etcd 3.6.6 to 3.6.x; use 3.6.6 or a later 3.6, or leave it out',
    ],
    [
      'an etcd of another minor',
      { controlPlane: { ...leastSpec.controlPlane, etcd: { version: '3.5.33' } } },
      'controlPlane.etcd.version: etcd 3.5.33 does not go with Kubernetes 1.35, which runs on etcd 3.6.6 to 3.6.x; use 3.6.6 or a later 3.6, or leave it out',
    ],
    [
      'kubelets newer than their API servers',
      { pools: [{ ...pool, kubernetesVersion: '1.36.0' }] },
      'pools[0].kubernetesVersion: a kubelet 1.36.0 is newer than API servers 1.35, with which 1.32.x to 1.35.x may speak; use 1.32.x to 1.35.x, or leave it out',
    ],
    [
      'kubelets that are too old for their API servers',
      { pools: [pool, { ...pool, name: 'old', kubernetesVersion: '1.31.9' }] },
      'pools[1].kubernetesVersion: a kubelet 1.31.9 is more than 3 minors older than API servers 1.35, with which 1.32.x to 1.35.x may speak; use 1.32.x to 1.35.x, or leave it out',
    ],
    [
      'a version that YAML read as a number',
      { kubernetesVersion: 1.35 },
      'kubernetesVersion: is a number, and must be text; give a full version in quotes, such as "1.35.2"',
    ],
    [
      'an even number of zones',
      { zones: ['a', 'b'] },
      'zones: 2 is even: 2 members need 2 to agree and bear the loss of 0, no more than 1 do; use one zone or three',
    ],
    [
      'four zones',
      { zones: ['a', 'b', 'c', 'd'] },
      'zones: 4 is even: 4 members need 3 to agree and bear the loss of 1, no more than 3 do; use one zone or three',
    ],
    [
      'five zones',
      { zones: ['a', 'b', 'c', 'd', 'e'] },
      'zones: five slots are designed for and cannot be made yet; use three zones for now',
    ],
    [
      'a zone named twice',
      { zones: ['a', 'b', 'b'] },
      'zones: b is named twice, and two slots in one zone would fall together; name each zone once',
    ],
    [
      'a full zone name',
      { zones: ['us-east-1a'] },
      'zones[0]: "us-east-1a" is not well formed; use zone letters a to f, such as a for us-east-1a',
    ],
    [
      'an unknown field near a known one',
      { zone: ['a'] },
      'zone: is not a field that Trivet knows; did you mean zones?',
    ],
    [
      'an unknown field in a nested part',
      volume({ size: 20 }),
      'controlPlane.etcd.volume.size: is not a field that Trivet knows; did you mean sizeGibibytes?',
    ],
    [
      'an instance type that cannot run the image',
      { controlPlane: { instanceTypes: ['t4g.medium', 't3.medium'] } },
      'controlPlane.instanceTypes[1]: t3.medium is x86_64, and the image /aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64 is arm64; choose a Graviton type such as t4g.medium, or another amiParameter',
    ],
    [
      'no instance type',
      { controlPlane: { instanceTypes: [] } },
      'controlPlane.instanceTypes: has too few entries, at least 1 needed; give at least one instance type, first choice first, such as [t4g.medium]',
    ],
    [
      'more IOPS than the size allows',
      volume({ sizeGibibytes: 10, iops: 6000 }),
      'controlPlane.etcd.volume.iops: 6000 IOPS are more than gp3 gives 10 GiB, which is 5000; use at most 5000, or at least 12 GiB',
    ],
    [
      'more throughput than the IOPS allow',
      volume({ throughputMebibytesPerSecond: 1000 }),
      'controlPlane.etcd.volume.throughputMebibytesPerSecond: 1000 MiB/s are more than gp3 gives 3000 IOPS, which is 750; use at most 750, or at least 4000 IOPS',
    ],
    [
      'fewer IOPS than gp3 has',
      volume({ iops: 100 }),
      'controlPlane.etcd.volume.iops: 100 is below the least, 3000; use 3000 to 80000',
    ],
    [
      'overlapping pods and services',
      { network: { podCidr: '10.0.0.0/8', serviceCidr: '10.96.0.0/16' } },
      'network.serviceCidr: 10.96.0.0/16 overlaps the pods’ 10.0.0.0/8; choose ranges that share no address',
    ],
    [
      'a range that begins in its middle',
      { network: { podCidr: '10.244.3.0/16' } },
      'network.podCidr: 10.244.3.0/16 does not begin at its range’s first address; use 10.244.0.0/16',
    ],
    [
      'an address beyond IPv4',
      { network: { podCidr: '10.300.0.0/16' } },
      'network.podCidr: 10.300.0.0/16 is no IPv4 range; use a range such as 10.244.0.0/16',
    ],
    [
      'too large a service range',
      { network: { serviceCidr: '172.0.0.0/8' } },
      'network.serviceCidr: 172.0.0.0/8 is too large; use a prefix from /12 to /24',
    ],
    [
      'a network of pods that Trivet does not know',
      { network: { cni: 'calico' } },
      'network.cni: "calico" is not one of flannel, aws-vpc-cni, none; use flannel, aws-vpc-cni or none',
    ],
    [
      'fewer pod addresses than nodes',
      { network: { podCidr: '10.244.0.0/20' }, pools: [{ ...pool, max: 14 }] },
      'network.podCidr: 10.244.0.0/20 has room for 16 nodes with 256 addresses each, and the pools and the control plane may have 17; use a prefix of /19 or shorter, or lower the pools’ max',
    ],
    [
      'a public API that nobody may reach',
      { api: { access: 'public' } },
      'api.allowedCidrs: the API is public and nobody may reach it; name the ranges that may; [0.0.0.0/0] is everybody',
    ],
    [
      'two pools of one name',
      { pools: [pool, pool] },
      'pools[1].name: "general" is the name of pools[0] too; give each pool a name of its own',
    ],
    [
      'a pool that must be larger than it may be',
      { pools: [{ ...pool, min: 4 }] },
      'pools[0].min: 4 is more than max, 3; raise max or lower min',
    ],
    [
      'a worker of another architecture than the image',
      { pools: [{ ...pool, instanceTypes: ['m7g.large', 'm7i.large'] }] },
      'pools[0].instanceTypes[1]: m7i.large is x86_64, and the image /aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64 is arm64; choose a Graviton type such as t4g.medium, or another amiParameter',
    ],
    [
      'a drain that would outlast the hook',
      { pools: [{ ...pool, drain: { deadlineSeconds: 172_800 } }] },
      'pools[0].drain.deadlineSeconds: 172800 is above the greatest, 172000; use 60 to 172000, which is within the 48 hours that AWS waits',
    ],
    [
      'a guard of more than everything',
      { stormGuard: { unhealthyPercentMax: 101 } },
      'stormGuard.unhealthyPercentMax: 101 is above the greatest, 100; use 0 to 100',
    ],
    [
      'a tag of Trivet’s own',
      { tags: { 'trivet:cluster': 'other' } },
      'tags.trivet:cluster: keys that begin with trivet: are Trivet’s own (trivet:deployment, trivet:cluster, trivet:slot, trivet:pool); use another key',
    ],
    [
      'a tag with a value that is no text',
      { tags: { cost: 5 } },
      'tags.cost: is a number, and must be text; use letters, digits, spaces and _ . : / = + - @; at most 128 characters in a key and 256 in a value',
    ],
    [
      'a missing part',
      { controlPlane: undefined },
      'controlPlane: is missing; add controlPlane: {instanceTypes: [t4g.medium]}',
    ],
  ])('says what is wrong with %s, and what to do', (_what, changes, message) => {
    const { problems } = parseSpec({ ...leastSpec, ...changes });
    expect(renderProblems(problems ?? [])).toBe(message);
  });

  test.each([
    ['1.34.6', '3.6.5', '1.31.0'],
    ['1.35.2', '3.6.6', '1.32.11'],
    ['1.36.1', '3.6.14', '1.36.1'],
  ])('accepts Kubernetes %s on etcd %s with kubelets %s', (kubernetesVersion, version, kubelet) => {
    const changes = {
      kubernetesVersion,
      controlPlane: { ...leastSpec.controlPlane, etcd: { version } },
      pools: [{ ...pool, kubernetesVersion: kubelet }],
    };
    expect(parseSpec({ ...leastSpec, ...changes }).problems).toBeUndefined();
  });

  test('gives all problems at once', () => {
    const { problems } = parseSpec({
      ...leastSpec,
      name: 'Demo',
      zones: ['a', 'b'],
      colour: 'red',
      network: { podCidr: '10.96.0.0/15' },
      pools: [{ ...pool, min: 5 }],
    });
    expect(problems?.map(({ path }) => path)).toEqual([
      'name',
      'colour',
      'zones',
      'network.serviceCidr',
      'pools[0].min',
    ]);
  });

  test.each([null, [], 'text', 7])('refuses %j for a spec', (raw) => {
    expect(parseSpec(raw).problems?.[0]?.fix).toBe('give a mapping that begins with apiVersion: trivet/v1');
  });
});

describe('hashSpec', () => {
  test('does not depend on the order of keys or on defaults written out', () => {
    const reordered = {
      controlPlane: leastSpec.controlPlane,
      zones: leastSpec.zones,
      name: 'demo',
      backups: { keepDays: 14, everyMinutes: 15 },
      kubernetesVersion: '1.35.2',
      apiVersion: 'trivet/v1',
    };
    const { spec } = parseSpec(reordered);
    expect(spec && hashSpec(spec)).toBe(hashSpec(buildSpec()));
  });

  test('depends on every value', () => {
    expect(hashSpec(buildSpec({ tags: { team: 'platform' } }))).not.toBe(hashSpec(buildSpec()));
  });
});

describe('specJsonSchema', () => {
  test('describes every field that a person can write', () => {
    const undescribed: string[] = [];
    const visit = (schema: Record<string, unknown>, path: string) => {
      for (const [name, field] of Object.entries((schema.properties as object | undefined) ?? {})) {
        if (typeof field.description !== 'string') undescribed.push(`${path}${name}`);
        visit(field, `${path}${name}.`);
        if (field.items) visit(field.items, `${path}${name}[].`);
      }
    };
    visit(specJsonSchema() as Record<string, unknown>, '');
    expect(undescribed).toEqual([]);
  });

  test('asks only for what has no default', () => {
    expect((specJsonSchema() as { required: string[] }).required).toEqual([
      'apiVersion',
      'name',
      'kubernetesVersion',
      'zones',
      'controlPlane',
    ]);
  });
});
