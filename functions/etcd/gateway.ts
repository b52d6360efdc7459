import { Agent, request } from 'node:https';
import { classifyAnswer, classifyConnection, EtcdError } from './client-errors.ts';

/** How to reach etcd: one or more of `https://host:2379`, and the client's certificate (PEM). */
export interface EtcdConnection {
  /** Tried in order; the next one only when a connection could not be made at all. */
  readonly endpoints: readonly string[];
  readonly ca: string | Uint8Array;
  readonly cert: string | Uint8Array;
  readonly key: string | Uint8Array;
  /** For one request to one endpoint. */
  readonly timeoutMilliseconds?: number;
}

/** One request to etcd's JSON gateway. */
export interface Gateway {
  /** Posts to `/v3/…`. Throws EtcdError. */
  call(path: string, body: object, signal?: AbortSignal): Promise<Record<string, unknown>>;
  /** Gets `/health` or `/version`; an error status with a JSON body is an answer here. Throws EtcdError. */
  read(path: string, signal?: AbortSignal): Promise<Record<string, unknown>>;
  close(): void;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Far beyond any answer that these calls have; a stream of blobs is not read through here. */
const answerBytesMax = 16 * 1024 * 1024;

/** The JSON gateway over mutual TLS: `node:https` alone, so that a bundle stays small. */
export function createGateway(connection: EtcdConnection): Gateway {
  const { ca, cert, key, timeoutMilliseconds = 5_000 } = connection;
  // Buffers, since a Uint8Array that is not one is refused by older TLS code paths.
  const [trusted, certificate, privateKey] = [ca, cert, key].map((pem) => Buffer.from(pem));
  const agent = new Agent({
    keepAlive: true,
    maxSockets: 8,
    ...(trusted && { ca: trusted }),
    ...(certificate && { cert: certificate }),
    ...(privateKey && { key: privateKey }),
    minVersion: 'TLSv1.2',
  });

  const once = async (
    endpoint: string,
    method: string,
    path: string,
    body?: object,
    signal?: AbortSignal,
  ) => {
    const timeout = AbortSignal.timeout(timeoutMilliseconds);
    const either = signal ? AbortSignal.any([signal, timeout]) : timeout;
    try {
      return await exchange({ url: new URL(path, endpoint), method, agent, signal: either }, body);
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (timeout.aborted)
        throw new EtcdError('timeout', `no answer within ${timeoutMilliseconds} ms`, {
          endpoint,
          cause: error,
        });
      throw new EtcdError(classifyConnection(error), messageOf(error), { endpoint, cause: error });
    }
  };

  const anywhere = async (method: string, path: string, body?: object, signal?: AbortSignal) => {
    let last: unknown = new EtcdError('unreachable', 'no endpoint was given', { endpoint: '(none)' });
    for (const endpoint of connection.endpoints) {
      try {
        return { endpoint, answer: await once(endpoint, method, path, body, signal) };
      } catch (error) {
        if (!neverArrived(error)) throw error;
        last = error;
      }
    }
    throw last;
  };

  return {
    async call(path, body, signal) {
      const { endpoint, answer } = await anywhere('POST', path, body, signal);
      const parsed = parse(answer.text);
      if (answer.status === 200 && parsed) return parsed;
      throw refusal(endpoint, answer, parsed);
    },
    async read(path, signal) {
      const { endpoint, answer } = await anywhere('GET', path, undefined, signal);
      const parsed = parse(answer.text);
      if (parsed) return parsed;
      throw refusal(endpoint, answer, parsed);
    },
    close: () => agent.destroy(),
  };
}

/** Whether a request surely had no effect, so that another endpoint may be asked: a write is never sent twice. */
function neverArrived(error: unknown): boolean {
  const cause = error instanceof EtcdError ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND'].includes(code);
}

function refusal(endpoint: string, answer: Answer, parsed: Record<string, unknown> | undefined): EtcdError {
  const message = String(parsed?.message ?? parsed?.error ?? answer.text.slice(0, 200)).trim();
  const code = typeof parsed?.code === 'number' ? parsed.code : undefined;
  return new EtcdError(
    classifyAnswer(answer.status, message, code),
    message || `HTTP ${answer.status}`,
    code === undefined ? { endpoint } : { endpoint, code },
  );
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function exchange(
  target: { url: URL; method: string; agent: Agent; signal: AbortSignal },
  body?: object,
): Promise<Answer> {
  const { url, method, agent, signal } = target;
  const payload = body === undefined ? '' : JSON.stringify(body);
  const headers =
    body === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) };
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, agent, signal, headers }, (incoming) => {
      const chunks: Buffer[] = [];
      let size = 0;
      incoming.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > answerBytesMax)
          outgoing.destroy(new Error(`an answer of more than ${answerBytesMax} bytes`));
        chunks.push(chunk);
      });
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      );
      incoming.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(payload);
  });
}
