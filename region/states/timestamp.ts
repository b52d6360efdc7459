const form = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** Epoch milliseconds of a timestamp as Wait takes it: RFC 3339 with an upper-case T and a time zone. Undefined when it is none. */
export function parseTimestamp(value: unknown): number | undefined {
  if (typeof value !== 'string' || !form.test(value)) return undefined;
  const time = Date.parse(value);
  return Number.isNaN(time) ? undefined : time;
}
