/**
 * What Trivet and a control-plane node say to each other through S3: strict `key=value` lines, so that bash needs no JSON
 * tool (node/README.md). Pure text in, pure text out; used by tasks, by the embedded region and mirrored by volume.sh.
 */

/**
 * A text that is no message of the node protocol. `message` names the line or the field. Tasks say it as ProtocolInvalid of their
 * catalogue (functions/etcd/node-messages.ts): what is here imports nothing.
 */
export class MalformedMessage extends Error {
  override readonly name = 'MalformedMessage' as const;
}

export type DirectiveKind = 'form' | 'resume' | 'join' | 'restore';

/** What one instance is told to do with its slot's volume (design §6). */
export interface Directive {
  readonly kind: DirectiveKind;
  /** The one instance that may act on it. */
  readonly instanceId: string;
  /** Counts the lives of the slot's data; a marker of another generation never starts (S7). */
  readonly generation: number;
  readonly volumeId: string;
  /** UUID that mkfs gives the filesystem, so that a node knows its own unfinished work. */
  readonly filesystemUuid: string;
  /** etcd's 64-bit ids in decimal, as its JSON gateway writes them. */
  readonly clusterId?: string;
  readonly memberId?: string;
  /** Highest raft index known of this member: an older disk never starts (S8). */
  readonly raftIndexFloor?: string;
  readonly initialCluster?: string;
  readonly initialClusterState?: 'new' | 'existing';
  readonly initialClusterToken?: string;
}

/** The file on the volume that says whose data it is (design §6). Ids are `0` until etcd has told them. */
export interface Marker {
  readonly volumeId: string;
  readonly clusterId: string;
  readonly memberId: string;
  readonly generation: number;
  readonly raftIndex: string;
}

/** What a node says of itself and of its volume. The fields from `markerVolumeId` to `raftIndex` are the marker's. */
export interface Report {
  readonly instanceId: string;
  readonly state: 'waiting' | 'started' | 'refused';
  /** A code of node/decide-boot.ts (`explainReason` gives the sentence). */
  readonly reason?: string;
  readonly etcdVersion?: string;
  readonly volumeId?: string;
  readonly filesystemUuid?: string;
  readonly markerVolumeId?: string;
  readonly clusterId?: string;
  readonly memberId?: string;
  readonly generation?: number;
  readonly raftIndex?: string;
  /** How far kubernetes.sh is: `absent` without its programs, `refused` with programs of another version. */
  readonly kubernetes?: 'absent' | 'refused' | 'starting' | 'ready';
  readonly kubernetesVersion?: string;
  readonly kubernetesReason?: string;
}

/** Numbers have no leading zeros and at most 18 digits: bash counts in signed 64 bits and reads 010 as eight. */
const index = /^(0|[1-9][0-9]{0,17})$/;
const etcdId = /^(0|[1-9][0-9]{0,19})$/;
const generation = /^(0|[1-9][0-9]{0,8})$/;
const instanceId = /^i-[0-9a-f]{8,17}$/;
const volumeId = /^vol-[0-9a-f]{8,17}$/;
const filesystemUuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const word = /^[A-Za-z0-9._:/,=@+-]+$/;

/** Every field that a message may have, with the form of its value. */
export type Fields = Readonly<Record<string, RegExp>>;

const directiveFields: Fields = {
  kind: /^(form|resume|join|restore)$/,
  instanceId,
  generation,
  volumeId,
  filesystemUuid,
  clusterId: etcdId,
  memberId: etcdId,
  raftIndexFloor: index,
  initialCluster: word,
  initialClusterState: /^(new|existing)$/,
  initialClusterToken: word,
};

const markerFields: Fields = { volumeId, clusterId: etcdId, memberId: etcdId, generation, raftIndex: index };

const reportFields: Fields = {
  instanceId,
  state: /^(waiting|started|refused)$/,
  reason: /^[a-z0-9-]+$/,
  etcdVersion: /^[0-9]+\.[0-9]+\.[0-9A-Za-z.+-]+$/,
  volumeId,
  filesystemUuid,
  markerVolumeId: volumeId,
  clusterId: etcdId,
  memberId: etcdId,
  generation,
  raftIndex: index,
  kubernetes: /^(absent|refused|starting|ready)$/,
  kubernetesVersion: /^[0-9]+\.[0-9]+\.[0-9A-Za-z.+-]+$/,
  kubernetesReason: /^[a-z0-9-]+$/,
};

/** Fields that a directive of each kind cannot do without. */
const requiredOfDirective: Readonly<Record<DirectiveKind, readonly string[]>> = {
  form: ['initialCluster', 'initialClusterState'],
  resume: ['clusterId', 'memberId'],
  join: ['clusterId', 'memberId', 'initialCluster', 'initialClusterState'],
  restore: ['clusterId', 'memberId', 'initialCluster', 'initialClusterState'],
};

const alwaysRequired = ['kind', 'instanceId', 'generation', 'volumeId', 'filesystemUuid'];

export type Values = Readonly<Record<string, string | undefined>>;

function parseLines(what: string, text: string, fields: Fields): Values {
  const values: Record<string, string> = {};
  for (const [number, line] of text.split('\n').entries()) {
    if (line === '') continue;
    const equals = line.indexOf('=');
    const key = line.slice(0, Math.max(equals, 0));
    const value = line.slice(equals + 1);
    const form = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (!form)
      throw new MalformedMessage(`${what}, line ${number + 1}: the field ${key || '(none)'} is not known`);
    if (Object.hasOwn(values, key)) throw new MalformedMessage(`${what}: the field ${key} stands twice`);
    if (!form.test(value))
      throw new MalformedMessage(`${what}: the field ${key} has the form ${form.source}`);
    values[key] = value;
  }
  return values;
}

function demand(what: string, values: Values, keys: readonly string[]): void {
  for (const key of keys) {
    if (values[key] === undefined) throw new MalformedMessage(`${what}: the field ${key} is missing`);
  }
}

/** The lines of any message. Throws MalformedMessage for a value that has not its field's form. */
export function renderMessage(what: string, message: object, fields: Fields): string {
  const values = message as Readonly<Record<string, string | number | undefined>>;
  const lines = Object.keys(fields)
    .filter((key) => values[key] !== undefined)
    .map((key) => `${key}=${values[key]}\n`);
  const text = lines.join('');
  parseLines(what, text, fields);
  return text;
}

/** Reads any message: strict lines of known fields, those that are required among them. Throws MalformedMessage. */
export function parseMessage(
  what: string,
  text: string,
  fields: Fields,
  required: readonly string[],
): Values {
  const values = parseLines(what, text, fields);
  demand(what, values, required);
  return values;
}

function checkDirective(values: Values): void {
  demand('directive', values, alwaysRequired);
  const kind = values.kind as DirectiveKind;
  demand(`directive ${kind}`, values, requiredOfDirective[kind]);
  const state = values.initialClusterState;
  if ((kind === 'form' && state !== 'new') || (kind === 'join' && state !== 'existing'))
    throw new MalformedMessage(`directive ${kind}: initialClusterState cannot be ${state}`);
}

const numbered = (values: Values): Values & { generation?: number } =>
  (values.generation === undefined
    ? values
    : { ...values, generation: Number(values.generation) }) as Values & { generation?: number };

/** The lines of a directive. Throws MalformedMessage for one that a node would not understand. */
export function renderDirective(directive: Directive): string {
  const text = renderMessage('directive', directive, directiveFields);
  parseDirective(text);
  return text;
}

/** Reads a directive. Throws MalformedMessage: unknown, doubled, malformed or missing fields. */
export function parseDirective(text: string): Directive {
  const values = parseLines('directive', text, directiveFields);
  checkDirective(values);
  return numbered(values) as unknown as Directive;
}

/** The lines of a marker. Throws MalformedMessage. */
export function renderMarker(marker: Marker): string {
  return renderMessage('marker', marker, markerFields);
}

/** Reads a marker; all its fields are required. Throws MalformedMessage. */
export function parseMarker(text: string): Marker {
  const values = parseMessage('marker', text, markerFields, Object.keys(markerFields));
  return numbered(values) as unknown as Marker;
}

/** The lines of a report. Throws MalformedMessage. */
export function renderReport(report: Report): string {
  return renderMessage('report', report, reportFields);
}

/** Reads a report. Throws MalformedMessage. */
export function parseReport(text: string): Report {
  const values = parseMessage('report', text, reportFields, ['instanceId', 'state']);
  return numbered(values) as unknown as Report;
}
