import { createHash } from 'node:crypto';
import { AwsError, NotPlayedError } from '../../kernel/errors.ts';

/** Refuses a request as AWS does. `code` and `message` are AWS's own. */
export function refuse(code: string, message: string, status = 400): never {
  throw new AwsError(code, message, { status });
}

/** The value of a required parameter. @throws AwsError MissingParameter, naming the parameter as EC2 does. */
export function required<T>(value: T | undefined, parameter: string): T {
  if (value === undefined || value === '')
    refuse('MissingParameter', `The request must contain the parameter ${parameter}`);
  return value;
}

/**
 * Refuses members that the region does not honour: an ignored setting would make a test pass that AWS fails (design §9).
 * Undefined members and empty lists say nothing and pass.
 */
export function onlyPlayed<I extends object>(
  operation: string,
  input: I,
  played: readonly (keyof I & string)[],
): void {
  const known = new Set<string>(played);
  for (const [member, value] of Object.entries(input)) {
    const silent = value === undefined || (Array.isArray(value) && value.length === 0);
    if (!silent && !known.has(member)) throw new NotPlayedError(`the parameter ${member} of ${operation}`);
  }
}

/** A stable digest of a request, by which a repeated ClientToken is compared with its first use. */
export function fingerprint(input: object): string {
  return createHash('sha256').update(canonical(input)).digest('hex');
}

function canonical(value: unknown): string {
  if (value instanceof Date) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  entries.sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${entries.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join(',')}}`;
}
