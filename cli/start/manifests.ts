import { parseAllDocuments } from 'yaml';
import type { Query } from '../../functions/kubernetes/client.ts';
import { pathOf } from '../../functions/kubernetes/paths.ts';
import type { LabelSelector } from '../../functions/scheduling/model.ts';
import { CommandError } from '../output.ts';
import { readTextFile } from '../read-text-file.ts';

/** An object of a file of manifests, in its namespace. */
export interface LoadObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: { readonly replicas?: number; readonly selector?: LabelSelector };
}

/** Pods that a file's objects are to bring. */
export interface WantedPods {
  /** `Deployment burst/batch`. */
  readonly owner: string;
  readonly namespace: string;
  readonly count: number;
  /** How they are found: by their labels, or by name. */
  readonly query: Query;
}

const makers = ['Deployment', 'ReplicaSet'];

/**
 * Reads a file of manifests, one object in each YAML document, without asking anybody. Throws CommandError that names the file and, of every
 * document that is none, its number and what is wrong.
 */
export function readManifests(path: string): LoadObject[] {
  const documents = parseAllDocuments(readTextFile(path), { uniqueKeys: true });
  const problems: string[] = [];
  const objects: LoadObject[] = [];
  // A comment before the first --- is a document of its own, with nothing in it.
  for (const [index, document] of (Array.isArray(documents) ? documents : []).entries()) {
    const [error] = document.errors;
    const value: unknown = error ? undefined : document.toJS();
    if (!error && value === null) continue;
    const problem = error ? (error.message.split('\n')[0] ?? '') : problemOf(value);
    if (problem === undefined) objects.push(inNamespace(value as LoadObject));
    else problems.push(`  document ${index + 1}${nameOf(value)}: ${problem}`);
  }
  if (problems.length > 0) throw new CommandError(`${path} cannot be applied:\n${problems.join('\n')}`);
  if (wantedPods(objects).length === 0)
    throw new CommandError(`${path} brings no pods: it has no Deployment, ReplicaSet or Pod.`);
  return objects;
}

function nameOf(value: unknown): string {
  const { kind, metadata } = (value ?? {}) as Partial<LoadObject>;
  const said = [kind, metadata?.name].filter((part) => typeof part === 'string');
  return said.length > 0 ? ` (${said.join(' ')})` : '';
}

/** What is wrong with one object; undefined where nothing is. The rest is for the API to say. */
function problemOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'it is no object';
  const { apiVersion, kind, metadata, spec } = value as Partial<LoadObject>;
  if (typeof apiVersion !== 'string') return 'apiVersion is missing';
  if (typeof kind !== 'string') return 'kind is missing';
  if (typeof metadata?.name !== 'string') return 'metadata.name is missing';
  try {
    pathOf({ apiVersion, kind });
  } catch {
    return `${kind} is no kind that --load can apply`;
  }
  if (!makers.includes(kind)) return undefined;
  if (spec?.replicas !== undefined && !Number.isInteger(spec.replicas)) return 'spec.replicas is no number';
  const labels = Object.entries(spec?.selector?.matchLabels ?? {});
  return labels.length === 0
    ? 'spec.selector.matchLabels is missing: its pods could not be found'
    : undefined;
}

/** In `default` where its kind lies in a namespace and none is named. */
function inNamespace(object: LoadObject): LoadObject {
  const { apiVersion, kind, metadata } = object;
  const namespace = metadata.namespace ?? 'default';
  const namespaced = pathOf({ apiVersion, kind, namespace }).includes('/namespaces/');
  return namespaced ? { ...object, metadata: { ...metadata, namespace } } : object;
}

/** Which pods objects are to bring. Pure. */
export function wantedPods(objects: readonly LoadObject[]): WantedPods[] {
  return objects.flatMap(({ kind, metadata: { name, namespace = 'default' }, spec }): WantedPods[] => {
    const owner = `${kind} ${namespace}/${name}`;
    if (kind === 'Pod')
      return [{ owner, namespace, count: 1, query: { fieldSelector: `metadata.name=${name}` } }];
    if (!makers.includes(kind)) return [];
    const labels = Object.entries(spec?.selector?.matchLabels ?? {}).map((pair) => pair.join('='));
    return [{ owner, namespace, count: spec?.replicas ?? 1, query: { labelSelector: labels.join(',') } }];
  });
}
