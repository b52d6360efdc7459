export interface Page<T> {
  readonly items: readonly T[];
  /** Set when more items follow: give it to the next call. */
  readonly nextToken?: string;
}

/**
 * One page of a list in the order of its keys. The token carries the last key that was given, so that a page stays right
 * when items come and go between two calls. `refuse` makes the error for a token that this function did not make.
 */
export function pageAfter<T>(
  items: Iterable<T>,
  keyOf: (item: T) => string,
  limit: number,
  token: string | undefined,
  refuse: () => Error,
): Page<T> {
  const after = token === undefined ? undefined : decodeToken(token, refuse);
  const rest = [...items]
    .sort((left, right) => compareText(keyOf(left), keyOf(right)))
    .filter((item) => after === undefined || compareText(keyOf(item), after) > 0);
  const taken = rest.slice(0, limit);
  const last = taken.at(-1);
  if (rest.length <= limit || last === undefined) return { items: taken };
  return { items: taken, nextToken: encodeToken(keyOf(last)) };
}

/** Order by UTF-8 bytes, as AWS lists names and keys. */
export function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

function encodeToken(key: string): string {
  return Buffer.from(JSON.stringify([key])).toString('base64url');
}

function decodeToken(token: string, refuse: () => Error): string {
  try {
    const decoded: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    if (Array.isArray(decoded) && typeof decoded[0] === 'string') return decoded[0];
  } catch {
    // Not ours: refused below, like a token that decodes to something else.
  }
  throw refuse();
}
