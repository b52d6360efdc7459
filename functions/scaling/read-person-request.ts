import { clusterNamePattern } from '../clusters/names.ts';
import { ScalingRefused } from '../runtime/errors.ts';

/** As many workers of a pool as a person asks for. */
export interface PersonRequest {
  readonly cluster: string;
  readonly pool: string;
  readonly size: number;
}

const forms = 'scale-workers takes {cluster, pool, size} or {cluster, changes}, and nothing else';
const fields = ['cluster', 'pool', 'size'];

/** Reads what a person gave to scale-workers. Throws ScalingRefused that names all that is wrong. Pure. */
export function readPersonRequest(request: unknown): PersonRequest {
  if (typeof request !== 'object' || request === null || Array.isArray(request))
    throw new ScalingRefused(`${forms}: the input is no object`);
  const given: Readonly<Record<string, unknown>> = { ...request };
  const { cluster, pool, size } = given;
  const missing = fields.filter((field) => given[field] === undefined);
  const unknown = Object.keys(given).filter((field) => !fields.includes(field));
  const problems = [
    ...missing.map((field) => `${field} is missing`),
    ...unknown.map((field) => `${field} does not belong there`),
  ];
  if (cluster !== undefined && !(typeof cluster === 'string' && clusterNamePattern.test(cluster)))
    problems.push('cluster is no name of a cluster');
  if (pool !== undefined && !(typeof pool === 'string' && pool !== ''))
    problems.push('pool is no name of a pool');
  if (size !== undefined && !Number.isInteger(size)) problems.push('size is no whole number');
  if (problems.length > 0) throw new ScalingRefused(`${forms}: ${problems.join('; ')}`);
  return { cluster: String(cluster), pool: String(pool), size: Number(size) };
}
