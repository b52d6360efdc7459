import { type MetricName, type Point, pointOf } from './metrics.ts';

interface Directive {
  readonly Namespace?: unknown;
  readonly Dimensions?: unknown;
  readonly Metrics?: unknown;
}

/**
 * The metrics in a log line of the embedded metric format (CloudWatch user guide, "Specification: Embedded metric format"); none for a
 * line that is no such document. Like CloudWatch it leaves out what it cannot read instead of refusing: a log line is never an error.
 */
export function parseEmf(line: string, now: number): { metric: MetricName; point: Point }[] {
  if (!line.includes('"_aws"')) return [];
  const document = parseRecord(line);
  const header = document?._aws;
  if (!document || !isRecord(header) || !Array.isArray(header.CloudWatchMetrics)) return [];
  const time = typeof header.Timestamp === 'number' ? header.Timestamp : now;
  return header.CloudWatchMetrics.filter(isRecord).flatMap((directive) =>
    readDirective(directive, document, time),
  );
}

function readDirective(directive: Directive, document: Record<string, unknown>, time: number) {
  const { Namespace: namespace, Metrics: metrics } = directive;
  if (typeof namespace !== 'string' || !Array.isArray(metrics)) return [];
  // No set of dimensions at all means one set without dimensions.
  const sets =
    Array.isArray(directive.Dimensions) && directive.Dimensions.length > 0 ? directive.Dimensions : [[]];
  return metrics.filter(isRecord).flatMap((definition) => {
    const { Name: name, Unit: unit } = definition;
    if (typeof name !== 'string') return [];
    const values = numbersOf(document[name]);
    if (values.length === 0) return [];
    const point = pointOf(time, values, undefined, typeof unit === 'string' ? unit : 'None');
    return sets.flatMap((names) => {
      const dimensions = dimensionsOf(names, document);
      return dimensions ? [{ metric: { namespace, name, dimensions }, point }] : [];
    });
  });
}

function numbersOf(value: unknown): number[] {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list
    .filter((each): each is number => typeof each === 'number' && Number.isFinite(each))
    .slice(0, 100);
}

/** A set counts only when each of its names is a member of the document. */
function dimensionsOf(names: unknown, document: Record<string, unknown>) {
  if (!Array.isArray(names)) return undefined;
  const dimensions = names.map((name) => ({ Name: String(name), Value: document[String(name)] }));
  if (dimensions.some(({ Value }) => typeof Value !== 'string')) return undefined;
  return dimensions.map(({ Name, Value }) => ({ Name, Value: String(Value) }));
}

function parseRecord(line: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(line);
    return isRecord(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
