import { type Fields, parseMessage, renderMessage } from '../protocol.ts';

/**
 * What Trivet gives one worker, once it has seen it wait: written under that instance's own prefix, which no other can read. The token is
 * good for one request for a certificate and ends soon (functions/workers).
 */
export interface Join {
  /** The one instance that may act on it. */
  readonly instanceId: string;
  /** `https://host:port` of the load balancer before the API servers. */
  readonly endpoint: string;
  /** A bootstrap token, `<id>.<secret>`. */
  readonly token: string;
  /** The Kubernetes authority's certificate, PEM in base64 without line breaks. */
  readonly ca: string;
  /** When the token ends, ISO 8601. */
  readonly expiresAt: string;
}

/** What a worker says of itself. `joined`: its kubelet has its certificate. */
export interface WorkerReport {
  readonly instanceId: string;
  readonly state: 'waiting' | 'joining' | 'joined' | 'refused';
  /** A code, such as `no-kubelet` or `version-differs`. */
  readonly reason?: string;
  readonly kubernetesVersion?: string;
}

const instanceId = /^i-[0-9a-f]{8,17}$/;

const joinFields: Fields = {
  instanceId,
  endpoint: /^https:\/\/[A-Za-z0-9.-]+:[0-9]{1,5}$/,
  token: /^[a-z0-9]{6}\.[a-z0-9]{16}$/,
  ca: /^[A-Za-z0-9+/]+={0,2}$/,
  expiresAt: /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z$/,
};

const reportFields: Fields = {
  instanceId,
  state: /^(waiting|joining|joined|refused)$/,
  reason: /^[a-z0-9-]+$/,
  kubernetesVersion: /^[0-9]+\.[0-9]+\.[0-9A-Za-z.+-]+$/,
};

/** The lines of a join object. Throws MalformedMessage for one that a worker would not understand. */
export function renderJoin(join: Join): string {
  return renderMessage('join', join, joinFields);
}

/** Reads a join object; all its fields are required. Throws MalformedMessage. */
export function parseJoin(text: string): Join {
  return parseMessage('join', text, joinFields, Object.keys(joinFields)) as unknown as Join;
}

/** The lines of a worker's report. Throws MalformedMessage. */
export function renderWorkerReport(report: WorkerReport): string {
  return renderMessage('report', report, reportFields);
}

/** Reads a worker's report. Throws MalformedMessage. */
export function parseWorkerReport(text: string): WorkerReport {
  return parseMessage('report', text, reportFields, ['instanceId', 'state']) as unknown as WorkerReport;
}

/** Label by which a node says its pool. */
export const poolLabel = 'trivet.dev/pool';
