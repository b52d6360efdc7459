import { Agent } from 'node:https';
import { type Answer, exchange, neverArrived } from '../runtime/https-exchange.ts';
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
      const content =
        body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
      return await exchange({ url: new URL(path, endpoint), method, agent, signal: either, ...content });
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
        if (!(error instanceof EtcdError) || !neverArrived(error.cause)) throw error;
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
