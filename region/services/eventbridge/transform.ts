import { AwsError } from '../../kernel/errors.ts';

export interface InputTransformer {
  readonly InputPathsMap?: Readonly<Record<string, string>> | undefined;
  readonly InputTemplate: string | undefined;
}

/** What the reserved placeholders stand for. */
export interface TransformContext {
  readonly ruleArn: string;
  readonly ruleName: string;
  readonly event: Readonly<Record<string, unknown>>;
  readonly ingestionTime: string;
}

/** The event does not fit the transformer: EventBridge drops it or sends it to the dead-letter queue. */
export class TransformFailed extends Error {}

function invalid(message: string): AwsError {
  return new AwsError('ValidationException', message);
}

/** Steps of a JSON path: `$.detail.instance-id`, `$.resources[0]`, `$.detail['a.b']`. Throws ValidationException on any other. */
export function parsePath(path: string): (string | number)[] {
  const steps: (string | number)[] = [];
  let rest = path;
  if (!rest.startsWith('$')) throw invalid(`Invalid JSON path ${path}: it must start with $.`);
  rest = rest.slice(1);
  while (rest !== '') {
    const match = /^(?:\.([^.[\]*?@]+)|\[(\d+)\]|\['([^']+)'\]|\["([^"]+)"\])/.exec(rest);
    if (!match) throw invalid(`Invalid JSON path ${path} at ${rest}.`);
    const [whole, name, index, single, double] = match;
    steps.push(index === undefined ? (name ?? single ?? double ?? '') : Number(index));
    rest = rest.slice(whole.length);
  }
  return steps;
}

/** The value at a path, or undefined. */
export function valueAt(value: unknown, path: string): unknown {
  return parsePath(path).reduce<unknown>((inner, step) => {
    if (typeof inner !== 'object' || inner === null) return undefined;
    return Object.hasOwn(inner, step) ? (inner as Record<string | number, unknown>)[step] : undefined;
  }, value);
}

const placeholder = /<([A-Za-z0-9_.-]+)>/g;

const reserved: Readonly<Record<string, (context: TransformContext) => unknown>> = {
  'aws.events.rule-arn': ({ ruleArn }) => ruleArn,
  'aws.events.rule-name': ({ ruleName }) => ruleName,
  'aws.events.event.ingestion-time': ({ ingestionTime }) => ingestionTime,
  'aws.events.event': ({ event }) =>
    Object.fromEntries(Object.entries(event).filter(([name]) => name !== 'detail')),
  'aws.events.event.json': ({ event }) => event,
};

/** Refuses what PutTargets refuses: paths that cannot be read, placeholders without a path, reserved names. */
export function checkTransformer(
  targetId: string,
  { InputPathsMap: paths = {}, InputTemplate: template }: InputTransformer,
): void {
  if (!template) throw invalid(`InputTemplate of target ${targetId} is missing.`);
  for (const [name, path] of Object.entries(paths)) {
    if (name.startsWith('aws.') || name.startsWith('AWS.'))
      throw invalid(`InputPathsMap key ${name} of target ${targetId} is reserved.`);
    parsePath(path);
  }
  const unknown = [...template.matchAll(placeholder)]
    .map((match) => match[1] ?? '')
    .filter((name) => !Object.hasOwn(paths, name) && !reserved[name]);
  if (unknown.length > 0) {
    throw invalid(
      `InputTemplate for target ${targetId} contains placeholder(s) without a path: ${unknown.join(', ')}`,
    );
  }
}

/**
 * The JSON text that a target gets (EventBridge user guide, "Input transformation"). A placeholder within quotes is put in as text; a bare
 * one as JSON, so that a string brings its own quotes. A path that leads nowhere leaves nothing behind; where that breaks the JSON the
 * event is not delivered. Throws TransformFailed.
 */
export function transform(
  { InputPathsMap: paths = {}, InputTemplate: template = '' }: InputTransformer,
  context: TransformContext,
): string {
  let quoted = false;
  let scanned = 0;
  const filled = template.replaceAll(placeholder, (whole, name: string, offset: number) => {
    quoted = quotedAfter(template.slice(scanned, offset), quoted);
    scanned = offset + whole.length;
    const path = paths[name];
    const value = path === undefined ? reserved[name]?.(context) : valueAt(context.event, path);
    if (value === undefined) return '';
    if (!quoted) return JSON.stringify(value);
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return JSON.stringify(text).slice(1, -1);
  });
  return asJson(filled);
}

/** Whether a scan that starts in or out of a JSON string ends in one. */
function quotedAfter(text: string, quoted: boolean): boolean {
  let inside = quoted;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') inside = !inside;
  }
  return inside;
}

/** JSON as it is; several quoted lines are one text, as the console writes them. */
function asJson(filled: string): string {
  try {
    JSON.parse(filled);
    return filled;
  } catch (error) {
    const lines = filled
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
    if (lines.length > 1 && lines.every((line) => /^"(?:[^"\\]|\\.)*"$/.test(line))) {
      return JSON.stringify(lines.map((line) => JSON.parse(line) as string).join('\n'));
    }
    throw new TransformFailed(
      `the input template gives invalid JSON: ${filled} (${error instanceof Error ? error.message : String(error)})`,
    );
  }
}
