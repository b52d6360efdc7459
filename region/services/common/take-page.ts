import { refuse } from './request.ts';

export interface Page<T> {
  readonly items: readonly T[];
  /** Undefined on the last page. */
  readonly nextToken: string | undefined;
}

/**
 * One page of a list. The token says where the next page begins, as an opaque text.
 * @throws AwsError InvalidParameterValue for a size out of bounds, InvalidNextToken for a token of another making.
 */
export function takePage<T>(
  items: readonly T[],
  token: string | undefined,
  size: number | undefined,
  bounds: { smallest: number; largest: number } = { smallest: 5, largest: 1000 },
): Page<T> {
  if (size !== undefined && size < bounds.smallest)
    refuse(
      'InvalidParameterValue',
      `Value ( ${size} ) for parameter maxResults is invalid. Expecting a value greater than ${bounds.smallest}.`,
    );
  const start = token === undefined ? 0 : readToken(token);
  const end = start + Math.min(size ?? bounds.largest, bounds.largest);
  return {
    items: items.slice(start, end),
    nextToken: end < items.length ? Buffer.from(`page:${end}`).toString('base64url') : undefined,
  };
}

function readToken(token: string): number {
  const match = /^page:(\d+)$/.exec(Buffer.from(token, 'base64url').toString());
  if (match?.[1] === undefined) refuse('InvalidNextToken', `The token '${token}' is invalid`);
  return Number(match[1]);
}
