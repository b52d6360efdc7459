import { AwsError } from '../../kernel/errors.ts';

const resultsDefault = 100;
const resultsMax = 1_000;

export interface PageRequest {
  readonly maxResults?: number | undefined;
  readonly nextToken?: string | undefined;
}

/**
 * One page of a list whose items have numbers that rise or fall strictly along it. The token carries the last number given, so
 * that a page stays right when items are added. `list` names the list: a token of another one is an InvalidToken.
 */
export function page<T>(
  items: readonly T[],
  numberOf: (item: T) => number,
  request: PageRequest,
  list: string,
): { readonly items: T[]; readonly nextToken?: string } {
  const limit = checkMaxResults(request.maxResults);
  const after = request.nextToken === undefined ? undefined : decode(request.nextToken, list);
  const start = after === undefined ? 0 : items.findIndex((item) => numberOf(item) === after) + 1;
  if (after !== undefined && start === 0) throw invalidToken(request.nextToken);
  const taken = items.slice(start, start + limit);
  const last = taken.at(-1);
  if (start + limit >= items.length || last === undefined) return { items: taken };
  return { items: taken, nextToken: encode(numberOf(last), list) };
}

function checkMaxResults(maxResults: number | undefined): number {
  const asked = maxResults ?? 0;
  if (asked < 0 || asked > resultsMax) {
    const limit = asked < 0 ? 'greater than or equal to 0' : `less than or equal to ${resultsMax}`;
    const message = `1 validation error detected: Value '${asked}' at 'maxResults' failed to satisfy constraint: Member must have value ${limit}`;
    throw new AwsError('ValidationException', message);
  }
  return asked === 0 ? resultsDefault : asked;
}

function encode(after: number, list: string): string {
  return Buffer.from(JSON.stringify([list, after])).toString('base64url');
}

function decode(token: string, list: string): number {
  try {
    const decoded: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    if (Array.isArray(decoded) && decoded[0] === list && typeof decoded[1] === 'number') return decoded[1];
  } catch {
    // Not ours: refused below.
  }
  throw invalidToken(token);
}

function invalidToken(token: string | undefined): AwsError {
  return new AwsError('InvalidToken', `Invalid Token: '${token ?? ''}'`);
}
