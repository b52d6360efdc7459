/** A request as it came over the wire, whichever door it came through. Header names are lower-case. */
export interface WireRequest {
  readonly method: string;
  readonly host: string;
  /** Still percent-encoded, without the query. */
  readonly path: string;
  /** Decoded pairs in order of arrival; a key without `=` has the value ''. */
  readonly query: readonly (readonly [string, string])[];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface WireResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const noBody = new Uint8Array(0);
export const toBytes = (text: string): Uint8Array => encoder.encode(text);
export const toText = (bytes: Uint8Array): string => decoder.decode(bytes);

/** The first value of a query parameter, undefined when it is not there. */
export function queryValue(request: WireRequest, name: string): string | undefined {
  return request.query.find(([key]) => key === name)?.[1];
}

/** Splits a raw query string, or a form body, into decoded pairs. `+` is a space, as forms write it. */
export function parseQuery(text: string): [string, string][] {
  if (text === '') return [];
  const decode = (part: string): string => decodeText(part.replaceAll('+', ' '));
  return text
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const equals = pair.indexOf('=');
      return equals < 0
        ? [decode(pair), '']
        : [decode(pair.slice(0, equals)), decode(pair.slice(equals + 1))];
    });
}

/** Percent-decodes; a malformed escape stands for itself, so that no request can make the region throw. */
export function decodeText(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
