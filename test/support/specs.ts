import { type ClusterSpec, parseSpec } from '../../functions/clusters/spec.ts';

/** The least that a person must write. */
export const leastSpec = {
  apiVersion: 'trivet/v1',
  name: 'demo',
  kubernetesVersion: '1.35.2',
  zones: ['a', 'b', 'c'],
  controlPlane: { instanceTypes: ['t4g.medium', 'm7g.medium'] },
} as const;

/** A parsed spec: the least one with some fields changed. Throws when it is not well formed. */
export function buildSpec(changes: Readonly<Record<string, unknown>> = {}): ClusterSpec {
  const { spec, problems } = parseSpec({ ...leastSpec, ...changes });
  if (!spec) throw new Error(JSON.stringify(problems));
  return spec;
}
