import { type Agent, request } from 'node:https';

export interface Exchange {
  readonly url: URL;
  readonly method: string;
  readonly agent: Agent;
  readonly signal: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Until TCP and TLS are there; the signal alone bounds what comes after. */
  readonly connectTimeoutMilliseconds?: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** The connection was not there in time: nothing of the request was sent. */
export class ConnectTimedOut extends Error {
  override readonly name = 'ConnectTimedOut' as const;
}

/** Far beyond any answer that tasks ask for; a stream is not read through here. */
const answerBytesMax = 64 * 1024 * 1024;

/** One HTTPS request and its whole answer, by `node:https` alone so that bundles stay small. Rejects with the connection's error. */
export function exchange(asked: Exchange): Promise<Answer> {
  const { url, method, agent, signal, body, connectTimeoutMilliseconds } = asked;
  const headers = {
    ...asked.headers,
    ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
  };
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
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          text: Buffer.concat(chunks).toString('utf8'),
        }),
      );
      incoming.on('error', reject);
    });
    outgoing.on('error', reject);
    if (connectTimeoutMilliseconds !== undefined) {
      outgoing.on('socket', (socket) => {
        if (!socket.connecting) return;
        const late = new ConnectTimedOut(`no connection within ${connectTimeoutMilliseconds} ms`);
        const timer = setTimeout(() => outgoing.destroy(late), connectTimeoutMilliseconds);
        socket.once('secureConnect', () => clearTimeout(timer));
        socket.once('close', () => clearTimeout(timer));
      });
    }
    outgoing.end(body);
  });
}

/** Whether a request surely had no effect, so that another endpoint may be asked: a write is never sent twice. */
export function neverArrived(error: unknown): boolean {
  if (error instanceof ConnectTimedOut) return true;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND'].includes(code);
}

/** Whether TLS refused one of the two: by Node's error code. */
export function notTrusted(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return untrusted.test(code);
}

const untrusted =
  /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_OSSL_)|^(EPROTO|HOSTNAME_MISMATCH)$/;
