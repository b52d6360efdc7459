import type * as z from 'zod/mini';
import type { Problem } from './contracts.ts';
import { clusterSpec, gp3 } from './spec-schema.ts';

/** What to do about a wrong value, by path; `[]` stands for any index, `*` for any key of a map. */
const fixes: Readonly<Record<string, string>> = {
  '': 'give a mapping that begins with apiVersion: trivet/v1',
  apiVersion: 'set apiVersion: trivet/v1',
  name: 'use 2 to 20 lower-case letters, digits and hyphens, a letter first and no hyphen last, such as demo',
  kubernetesVersion: 'give a full version in quotes, such as "1.35.2"',
  zones: 'give one or three zone letters, such as [a, b, c]',
  'zones[]': 'use zone letters a to f, such as a for us-east-1a',
  controlPlane: 'add controlPlane: {instanceTypes: [t4g.medium]}',
  'controlPlane.instanceTypes': 'give at least one instance type, first choice first, such as [t4g.medium]',
  'controlPlane.instanceTypes[]': 'use an EC2 instance type, such as t4g.medium',
  'controlPlane.amiParameter': 'give the path of an SSM parameter, or leave it out for Amazon Linux 2023',
  'controlPlane.etcd.version': 'use a 3.6 version in quotes, or leave it out',
  'controlPlane.etcd.volume.sizeGibibytes': `use ${gp3.sizeGibibytesMin} to ${gp3.sizeGibibytesMax}`,
  'controlPlane.etcd.volume.iops': `use ${gp3.iopsMin} to ${gp3.iopsMax}`,
  'controlPlane.etcd.volume.throughputMebibytesPerSecond': `use ${gp3.throughputMebibytesPerSecondMin} to ${gp3.throughputMebibytesPerSecondMax}`,
  'network.podCidr': 'use a range such as 10.244.0.0/16',
  'network.serviceCidr': 'use a range such as 10.96.0.0/16',
  'network.cni': 'use flannel, aws-vpc-cni or none',
  'api.access': 'use internal or public',
  'api.allowedCidrs': 'give a list of ranges, such as [203.0.113.0/24]',
  'api.allowedCidrs[]': 'use a range such as 203.0.113.0/24',
  'backups.everyMinutes': 'use 1 to 1440',
  'backups.keepDays': 'use 1 to 3650',
  pools: 'give a list of pools, or leave it out',
  'pools[].name': 'use 2 to 20 lower-case letters, digits and hyphens, a letter first and no hyphen last',
  'pools[].instanceTypes': 'give one to 40 instance types, such as [m7g.large]',
  'pools[].instanceTypes[]': 'use an EC2 instance type, such as m7g.large',
  'pools[].zones': 'give at least one zone letter, such as [a]',
  'pools[].zones[]': 'use zone letters a to f',
  'pools[].kubernetesVersion': 'give a full version in quotes, such as "1.35.2", or leave it out',
  'pools[].min': 'use 0 to 5000',
  'pools[].max': 'use 0 to 5000',
  'pools[].capacity': 'use on-demand or spot',
  'pools[].labels.*': 'use a Kubernetes label: a key and a value of at most 63 letters, digits, -, _ and .',
  'pools[].taints[].key': 'use a Kubernetes label key',
  'pools[].taints[].value': 'use a Kubernetes label value',
  'pools[].taints[].effect': 'use NoSchedule, PreferNoSchedule or NoExecute',
  'pools[].drain.deadlineSeconds': 'use 60 to 172000, which is within the 48 hours that AWS waits',
  'pools[].drain.atDeadline': 'use terminate or keep',
  'pools[].drain.onRebalanceRecommendation': 'use ignore or replace',
  'pools[].repair.enabled': 'use true or false',
  'pools[].repair.notReadySeconds': 'use 30 to 86400',
  'pools[].repair.pressureSeconds': 'use 60 to 86400',
  'pools[].repair.impairedSeconds': 'use 60 to 86400',
  'pools[].repair.replacement': 'use after or before',
  'pools[].scaleDown.enabled': 'use true or false',
  'pools[].scaleDown.quietSeconds': 'use 60 to 86400',
  'pools[].scaleDown.ageSecondsMin': 'use 0 to 86400',
  'pools[].scaleDown.utilizationPercentMax': 'use 0 to 100',
  'pools[].scaleDown.removalsMax': 'use 1 to 5000',
  'stormGuard.unhealthyPercentMax': 'use 0 to 100',
  'stormGuard.unhealthyFloor': 'use 0 to 5000',
  'stormGuard.coolDownSeconds': 'use 0 to 86400',
  'tags.*':
    'use letters, digits, spaces and _ . : / = + - @; at most 128 characters in a key and 256 in a value',
};

type Issue = z.core.$ZodIssue;

/** Turns what the schema found into problems for people. */
export function describeIssues(issues: readonly Issue[], raw: unknown): Problem[] {
  return issues.flatMap((issue) => describeIssue(issue, raw));
}

function describeIssue(issue: Issue, raw: unknown): Problem[] {
  const path = renderPath(issue.path);
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownField(issue.path, key));
  const value = valueAt(raw, issue.path);
  return [{ path, problem: sayWhat(issue, value), fix: fixFor(issue.path) }];
}

function sayWhat(issue: Issue, value: unknown): string {
  if (value === undefined) return 'is missing';
  const shown = typeof value === 'string' ? `"${value}"` : JSON.stringify(value);
  switch (issue.code) {
    case 'invalid_type': {
      if (issue.expected === 'int') return `${shown} is not a whole number`;
      const kind = kindOf(value);
      return `is ${article(kind)}, and must be ${article(kindNames[issue.expected] ?? issue.expected)}`;
    }
    case 'too_small':
      return issue.origin === 'number' || issue.origin === 'int'
        ? `${shown} is below the least, ${issue.minimum}`
        : `has too few entries, at least ${issue.minimum} needed`;
    case 'too_big':
      return issue.origin === 'number' || issue.origin === 'int'
        ? `${shown} is above the greatest, ${issue.maximum}`
        : `is too long, at most ${issue.maximum}`;
    case 'invalid_value':
      return `${shown} is not one of ${issue.values.join(', ')}`;
    case 'invalid_key':
      return 'is no valid key';
    default:
      return `${shown} is not well formed`;
  }
}

const kindNames: Readonly<Record<string, string>> = {
  object: 'mapping',
  record: 'mapping',
  array: 'list',
  string: 'text',
  int: 'number',
};

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  const kind = typeof value;
  return kindNames[kind] ?? kind;
}

function article(kind: string): string {
  return kind === 'text' || kind === 'null' ? kind : `a ${kind}`;
}

function unknownField(path: readonly PropertyKey[], key: string): Problem {
  const known = knownFields(path);
  const nearest = nearestOf(key, known);
  const fix = nearest ? `did you mean ${nearest}?` : `leave it out; known here: ${known.join(', ')}`;
  return { path: renderPath([...path, key]), problem: 'is not a field that Trivet knows', fix };
}

/** Names of the fields that the schema has at a path. */
function knownFields(path: readonly PropertyKey[]): string[] {
  let schema: unknown = clusterSpec;
  for (const step of path) {
    schema = unwrap(schema);
    if (typeof step === 'number') schema = (schema as { def?: { element?: unknown } }).def?.element;
    else schema = (schema as { shape?: Record<PropertyKey, unknown> }).shape?.[step];
  }
  return Object.keys((unwrap(schema) as { shape?: object }).shape ?? {});
}

/** The schema inside defaults. */
function unwrap(schema: unknown): unknown {
  let inner = schema;
  for (;;) {
    const wrapped = (inner as { def?: { innerType?: unknown } } | undefined)?.def?.innerType;
    if (wrapped === undefined) return inner;
    inner = wrapped;
  }
}

/** The one candidate that begins with `word`, or the one at least edits from it when a slip explains them: at most a third of its letters. */
export function nearestOf(word: string, candidates: readonly string[]): string | undefined {
  const begun = candidates.filter((candidate) => candidate.toLowerCase().startsWith(word.toLowerCase()));
  if (begun.length === 1) return begun[0];
  const editsMax = Math.max(2, Math.floor(word.length / 3));
  const ranked = candidates
    .map((candidate) => ({ candidate, edits: editsBetween(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((left, right) => left.edits - right.edits);
  const best = ranked[0];
  return best && best.edits <= editsMax ? best.candidate : undefined;
}

function editsBetween(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...left].entries()) {
    const next = [index + 1];
    for (const [column, other] of [...right].entries()) {
      const replace = (row[column] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replace, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

/** `pools[0].zones[1]`. */
export function renderPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? String(step) : `${text}.${String(step)}`;
  }, '');
}

function fixFor(path: readonly PropertyKey[]): string {
  const general = renderPath(path).replace(/\[\d+\]/g, '[]');
  const inMap = general.replace(/^(tags|pools\[\]\.labels)\..+$/, '$1.*');
  return fixes[general] ?? fixes[inMap] ?? 'see trivet schema';
}

function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[step] : undefined,
    raw,
  );
}
