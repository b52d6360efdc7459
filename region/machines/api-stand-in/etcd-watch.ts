import { type Agent, request } from 'node:https';
import { StringDecoder } from 'node:string_decoder';
import type { EtcdConnection } from '../../../functions/etcd/gateway.ts';
import { at, type Json, objectOf, objectsOf, textOf } from './json.ts';
import { expired, StatusError } from './status-error.ts';

/** A key that was written or deleted. */
export interface EtcdEvent {
  readonly key: string;
  /** Absent where the key was deleted. */
  readonly value?: string;
  /** Of this event. */
  readonly modRevision: string;
  /** What the key had before; absent where it is new. */
  readonly previous?: string;
}

export interface Watched {
  readonly key: string;
  readonly end: string;
  /** The first revision of interest. */
  readonly from: string;
  readonly signal: AbortSignal;
}

/**
 * What happens to a range of keys, by etcd's own watch over its JSON gateway: one request whose answer is a JSON text a line for as long
 * as anybody listens. Ends when the signal is aborted or etcd hangs up; throws StatusError 410 where etcd has compacted what is asked for.
 */
export async function* watchEtcd(
  { endpoints, ca, cert, key }: EtcdConnection,
  agent: Agent,
  watched: Watched,
): AsyncGenerator<readonly EtcdEvent[], void, undefined> {
  const create_request = {
    key: Buffer.from(watched.key).toString('base64'),
    range_end: Buffer.from(watched.end).toString('base64'),
    start_revision: watched.from,
    prev_kv: true,
  };
  const answer = await open(new URL('/v3/watch', endpoints[0]), {
    body: JSON.stringify({ create_request }),
    agent,
    pems: { ca: Buffer.from(ca), cert: Buffer.from(cert), key: Buffer.from(key) },
    signal: watched.signal,
  });
  try {
    for await (const line of linesOf(answer)) {
      const events = eventsOf(JSON.parse(line));
      if (events.length > 0) yield events;
    }
  } catch (error) {
    if (!watched.signal.aborted) throw error;
  } finally {
    answer.destroy();
  }
}

interface Opening {
  readonly body: string;
  readonly agent: Agent;
  readonly pems: { readonly ca: Buffer; readonly cert: Buffer; readonly key: Buffer };
  readonly signal: AbortSignal;
}

type Incoming = NodeJS.ReadableStream & AsyncIterable<Buffer> & { destroy(): void };

function open(url: URL, { agent, body, pems, signal }: Opening): Promise<Incoming> {
  // Without a leader a watch hears nothing and does not know it; etcd ends those that ask for one.
  const headers = { 'content-type': 'application/json', 'grpc-metadata-hasleader': 'true' };
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: 'POST', agent, ...pems, signal, headers }, resolve);
    outgoing.on('error', (error) =>
      reject(new StatusError(500, 'InternalError', `etcdserver: watch: ${error.message}`)),
    );
    outgoing.end(body);
  });
}

async function* linesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<string, void, undefined> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines.filter((line) => line.trim() !== '');
  }
}

function eventsOf(line: unknown): EtcdEvent[] {
  const failure = at(line, 'error');
  const result = objectOf(at(line, 'result'));
  if (result.compact_revision !== undefined && result.compact_revision !== '0') throw expired();
  if (failure !== undefined || result.canceled === true)
    throw new StatusError(500, 'InternalError', `etcdserver: watch: ${JSON.stringify(failure ?? result)}`);
  return objectsOf(result.events).map(eventOf);
}

const plain = (value: unknown): string => Buffer.from(textOf(value), 'base64').toString('utf8');

function eventOf(event: Json): EtcdEvent {
  const pair = objectOf(event.kv);
  const previous = at(event, 'prev_kv', 'value');
  return {
    key: plain(pair.key),
    // The gateway leaves out what is zero, and PUT is.
    ...(event.type !== 'DELETE' && { value: plain(pair.value) }),
    modRevision: String(pair.mod_revision),
    ...(previous !== undefined && { previous: plain(previous) }),
  };
}
