import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import type { Problem } from './contracts.ts';
import { describeIssues } from './spec-problems.ts';
import { checkRules } from './spec-rules.ts';
import { type ClusterSpec, clusterSpec } from './spec-schema.ts';

export type { ClusterSpec } from './spec-schema.ts';

export type ParsedSpec =
  | { readonly spec: ClusterSpec; readonly problems?: undefined }
  | { readonly spec?: undefined; readonly problems: readonly Problem[] };

/**
 * Parses a cluster spec and fills in its defaults, or gives ALL its problems at once, each with its path and fix (issue 2). Pure: the
 * CLI, the workflow and the tests share it.
 */
export function parseSpec(raw: unknown): ParsedSpec {
  const parsed = clusterSpec.safeParse(raw);
  const ofSchema = parsed.success ? [] : describeIssues(parsed.error.issues, raw);
  // The rules look at the parts that are well formed even where others are not, so that no problem hides behind another. Where both
  // find something, the rule's reason says more.
  const ofRules = checkRules(raw);
  const problems = [
    ...ofSchema.filter(({ path }) => !ofRules.some((problem) => problem.path === path)),
    ...ofRules,
  ];
  return parsed.success && problems.length === 0 ? { spec: parsed.data } : { problems };
}

/** One line per problem, for people. */
export function renderProblems(problems: readonly Problem[]): string {
  return problems.map(({ path, problem, fix }) => `${path || '(the spec)'}: ${problem}; ${fix}`).join('\n');
}

/** Hash of a spec's meaning: the order of keys, and defaults written out or not, make no difference. Hex, 64 characters. */
export function hashSpec(spec: ClusterSpec): string {
  return createHash('sha256').update(canonical(spec)).digest('hex');
}

/** The JSON Schema (draft 2020-12) of what a person writes. */
export function specJsonSchema(): object {
  return { title: 'Trivet cluster spec', ...z.toJSONSchema(clusterSpec, { io: 'input' }) };
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join(',')}}`;
}
