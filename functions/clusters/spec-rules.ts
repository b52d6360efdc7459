import { alignCidr, overlaps, parseCidr, type Range } from './addresses.ts';
import { isArm } from './architecture.ts';
import type { Problem } from './contracts.ts';
import { clusterNameLengthMax, tagKeys } from './names.ts';
import { renderPath } from './spec-problems.ts';
import {
  amiParameterDefault,
  apiSpec,
  etcdVersionDefault,
  gp3,
  networkSpec,
  poolSpec,
  volumeSpec,
} from './spec-schema.ts';
import { versionProblems } from './version-rules.ts';

type Raw = Readonly<Record<string, unknown>>;
type Rule = (spec: Raw) => Problem[];

/** What a schema cannot say: rules between values and limits that need a reason. Each rule looks only at what is well formed. */
export function checkRules(raw: unknown): Problem[] {
  const spec = mapping(raw);
  return spec ? rules.flatMap((rule) => rule(spec)) : [];
}

const rules: readonly Rule[] = [
  checkName,
  checkVersions,
  checkZones,
  checkInstanceTypes,
  checkVolume,
  checkNetwork,
  checkNodeRanges,
  checkApi,
  checkPools,
  checkTags,
];

function checkName({ name }: Raw): Problem[] {
  if (typeof name !== 'string' || name.length <= clusterNameLengthMax) return [];
  return [
    {
      path: 'name',
      problem: `"${name}" has ${name.length} characters, and at most ${clusterNameLengthMax} fit into the names of what is made from it`,
      fix: `use at most ${clusterNameLengthMax} lower-case letters, digits and hyphens`,
    },
  ];
}

function checkVersions(spec: Raw): Problem[] {
  const etcd = mapping(mapping(spec.controlPlane)?.etcd)?.version ?? etcdVersionDefault;
  const pools = Array.isArray(spec.pools) ? spec.pools : [];
  const kubelets = pools.map((pool, index) => ({
    path: `pools[${index}].kubernetesVersion`,
    version: mapping(pool)?.kubernetesVersion,
  }));
  return versionProblems({ kubernetes: spec.kubernetesVersion, etcd, kubelets });
}

function checkZones({ zones }: Raw): Problem[] {
  const letters = texts(zones);
  if (!letters || letters.length === 0) return [];
  const twice = repeated(letters);
  if (twice.length > 0)
    return [
      {
        path: 'zones',
        problem: `${twice.join(', ')} is named twice, and two slots in one zone would fall together`,
        fix: 'name each zone once',
      },
    ];
  const count = letters.length;
  if (count === 1 || count === 3) return [];
  if (count === 5)
    return [
      {
        path: 'zones',
        problem: 'five slots are designed for and cannot be made yet',
        fix: 'use three zones for now',
      },
    ];
  if (count % 2 === 0)
    return [
      {
        path: 'zones',
        problem: `${count} is even: ${count} members need ${count / 2 + 1} to agree and bear the loss of ${count / 2 - 1}, no more than ${count - 1} do`,
        fix: 'use one zone or three',
      },
    ];
  return [{ path: 'zones', problem: `${count} zones are too many`, fix: 'use one zone or three' }];
}

/** Workers have the control plane's image. */
function checkInstanceTypes(spec: Raw): Problem[] {
  const controlPlane = mapping(spec.controlPlane);
  const parameter = controlPlane?.amiParameter ?? amiParameterDefault;
  if (typeof parameter !== 'string') return [];
  const pools = Array.isArray(spec.pools) ? spec.pools : [];
  return [
    ...typesOfImage('controlPlane', controlPlane?.instanceTypes, parameter),
    ...pools.flatMap((pool, index) =>
      typesOfImage(`pools[${index}]`, mapping(pool)?.instanceTypes, parameter),
    ),
  ];
}

function typesOfImage(owner: string, types: unknown, parameter: string): Problem[] {
  const image = parameter.includes('arm64') ? 'arm64' : parameter.includes('x86_64') ? 'x86_64' : undefined;
  return (texts(types) ?? []).flatMap((type, index) => {
    const arm = isArm(type);
    if (!/^[a-z0-9-]+\.[a-z0-9-]+$/.test(type) || image === undefined || arm === (image === 'arm64'))
      return [];
    return [
      {
        path: `${owner}.instanceTypes[${index}]`,
        problem: `${type} is ${arm ? 'arm64' : 'x86_64'}, and the image ${parameter} is ${image}`,
        fix: `choose ${image === 'arm64' ? 'a Graviton type such as t4g.medium' : 'an x86_64 type such as t3.medium'}, or another amiParameter`,
      },
    ];
  });
}

function checkVolume(spec: Raw): Problem[] {
  const given = mapping(mapping(spec.controlPlane)?.etcd)?.volume ?? {};
  const parsed = volumeSpec.safeParse(given);
  if (!parsed.success) return [];
  const { sizeGibibytes, iops, throughputMebibytesPerSecond } = parsed.data;
  const problems: Problem[] = [];
  const path = 'controlPlane.etcd.volume';
  // The 3000 IOPS that every gp3 volume has do not count against its size.
  const iopsMax = Math.max(gp3.iopsMin, sizeGibibytes * gp3.iopsPerGibibyteMax);
  if (iops > iopsMax)
    problems.push({
      path: `${path}.iops`,
      problem: `${iops} IOPS are more than gp3 gives ${sizeGibibytes} GiB, which is ${iopsMax}`,
      fix: `use at most ${iopsMax}, or at least ${Math.ceil(iops / gp3.iopsPerGibibyteMax)} GiB`,
    });
  const throughputMax = Math.floor(iops * gp3.throughputPerIopsMax);
  if (throughputMebibytesPerSecond > throughputMax)
    problems.push({
      path: `${path}.throughputMebibytesPerSecond`,
      problem: `${throughputMebibytesPerSecond} MiB/s are more than gp3 gives ${iops} IOPS, which is ${throughputMax}`,
      fix: `use at most ${throughputMax}, or at least ${Math.ceil(throughputMebibytesPerSecond / gp3.throughputPerIopsMax)} IOPS`,
    });
  return problems;
}

/** Widest and narrowest prefix: services as the API server allows, pods with room for /24 per node. */
const prefixes = { podCidr: { min: 8, max: 22 }, serviceCidr: { min: 12, max: 24 } } as const;

function checkNetwork(spec: Raw): Problem[] {
  const parsed = networkSpec.safeParse(spec.network ?? {});
  if (!parsed.success) return [];
  const problems: Problem[] = [];
  const ranges: Record<string, Range | undefined> = {};
  for (const field of ['podCidr', 'serviceCidr'] as const) {
    const text = parsed.data[field];
    const path = `network.${field}`;
    const range = parseCidr(text);
    ranges[field] = range;
    const { min, max } = prefixes[field];
    if (!range) problems.push(badCidr(path, text));
    else if (range.prefix < min || range.prefix > max)
      problems.push({
        path,
        problem: `${text} is ${range.prefix < min ? 'too large' : 'too small'}`,
        fix: `use a prefix from /${min} to /${max}`,
      });
  }
  const { podCidr, serviceCidr } = ranges;
  if (podCidr && serviceCidr && overlaps(podCidr, serviceCidr))
    problems.push({
      path: 'network.serviceCidr',
      problem: `${parsed.data.serviceCidr} overlaps the pods’ ${parsed.data.podCidr}`,
      fix: 'choose ranges that share no address',
    });
  return problems;
}

/** Each node gets a /24 of the pods' range by kube-controller-manager, which flannel routes; the VPC's own network needs none of it. */
function checkNodeRanges({ network, pools, zones }: Raw): Problem[] {
  const parsed = networkSpec.safeParse(network ?? {});
  const range = parsed.success && parsed.data.cni === 'flannel' ? parseCidr(parsed.data.podCidr) : undefined;
  if (!parsed.success || !range || range.prefix > prefixes.podCidr.max) return [];
  const most = (Array.isArray(pools) ? pools : []).reduce<number>((sum, pool) => {
    const max = mapping(pool)?.max;
    return typeof max === 'number' && Number.isInteger(max) && max > 0 ? sum + max : sum;
  }, texts(zones)?.length ?? 0);
  const room = 2 ** (24 - range.prefix);
  if (most <= room) return [];
  return [
    {
      path: 'network.podCidr',
      problem: `${parsed.data.podCidr} has room for ${room} nodes with 256 addresses each, and the pools and the control plane may have ${most}`,
      fix: `use a prefix of /${24 - Math.ceil(Math.log2(most))} or shorter, or lower the pools’ max`,
    },
  ];
}

function badCidr(path: string, text: string): Problem {
  const meant = alignCidr(text);
  return meant
    ? { path, problem: `${text} does not begin at its range’s first address`, fix: `use ${meant}` }
    : { path, problem: `${text} is no IPv4 range`, fix: 'use a range such as 10.244.0.0/16' };
}

function checkApi(spec: Raw): Problem[] {
  const parsed = apiSpec.safeParse(spec.api ?? {});
  if (!parsed.success) return [];
  const { access, allowedCidrs } = parsed.data;
  const problems = allowedCidrs.flatMap((text, index) =>
    parseCidr(text) ? [] : [badCidr(`api.allowedCidrs[${index}]`, text)],
  );
  if (access === 'public' && allowedCidrs.length === 0)
    problems.push({
      path: 'api.allowedCidrs',
      problem: 'the API is public and nobody may reach it',
      fix: 'name the ranges that may; [0.0.0.0/0] is everybody',
    });
  return problems;
}

function checkPools({ pools }: Raw): Problem[] {
  if (!Array.isArray(pools)) return [];
  const problems: Problem[] = [];
  const seen = new Map<string, number>();
  for (const [index, given] of pools.entries()) {
    const name = mapping(given)?.name;
    const first = typeof name === 'string' ? seen.get(name) : undefined;
    if (first !== undefined)
      problems.push({
        path: `pools[${index}].name`,
        problem: `"${name}" is the name of pools[${first}] too`,
        fix: 'give each pool a name of its own',
      });
    else if (typeof name === 'string') seen.set(name, index);
    const parsed = poolSpec.safeParse(given);
    if (!parsed.success) continue;
    if (parsed.data.min > parsed.data.max)
      problems.push({
        path: `pools[${index}].min`,
        problem: `${parsed.data.min} is more than max, ${parsed.data.max}`,
        fix: 'raise max or lower min',
      });
    const twice = repeated(parsed.data.zones);
    if (twice.length > 0)
      problems.push({
        path: `pools[${index}].zones`,
        problem: `${twice.join(', ')} is named twice`,
        fix: 'name each zone once',
      });
  }
  return problems;
}

/** AWS allows 50 tags on a resource; Trivet, the node's name and Kubernetes need some of them. */
const tagsMax = 40;

function checkTags({ tags }: Raw): Problem[] {
  const keys = Object.keys(mapping(tags) ?? {});
  const problems: Problem[] = keys.flatMap((key) => {
    const reserved = ['aws:', 'trivet:', 'kubernetes.io/'].find((prefix) =>
      key.toLowerCase().startsWith(prefix),
    );
    if (!reserved && key !== 'Name') return [];
    const problem = reserved
      ? `keys that begin with ${reserved} are ${reserved === 'trivet:' ? `Trivet’s own (${Object.values(tagKeys).join(', ')})` : 'reserved'}`
      : 'Name is set by Trivet on each resource';
    return [{ path: renderPath(['tags', key]), problem, fix: 'use another key' }];
  });
  if (keys.length > tagsMax)
    problems.push({
      path: 'tags',
      problem: `${keys.length} tags are too many: AWS allows 50 on a resource, and some are Trivet’s`,
      fix: `use at most ${tagsMax}`,
    });
  return problems;
}

function mapping(value: unknown): Raw | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Raw) : undefined;
}

function texts(value: unknown): string[] | undefined {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string') ? value : undefined;
}

function repeated(values: readonly string[]): string[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}
