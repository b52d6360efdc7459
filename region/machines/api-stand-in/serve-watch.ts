import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ApiServer } from './api-server.ts';
import type { Asked } from './request.ts';
import { type Rendering, render } from './table.ts';
import { watchObjects } from './watch-objects.ts';

export interface Watching {
  readonly asked: Asked;
  readonly rendering: Rendering;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** kube-apiserver ends a watch after half an hour to an hour. */
const watchSecondsMax = 1_800;

/** A JSON text a line for each event, until the client goes, its time is over or the machine ends. */
export async function serveWatch(
  { now, signal, store, watcher }: Pick<ApiServer, 'now' | 'signal' | 'store' | 'watcher'>,
  { asked, rendering, request, response }: Watching,
): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  request.on('error', () => gone.abort());
  const seconds = Number(asked.query.get('timeoutSeconds') ?? '0') || watchSecondsMax;
  const over = AbortSignal.any([signal, gone.signal, AbortSignal.timeout(seconds * 1000)]);
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  let first = true;
  for await (const { object, type } of watchObjects(asked, store, watcher, over)) {
    const plain = type === 'ERROR' || type === 'BOOKMARK';
    const rendered = plain ? object : render(object, rendering, now(), first);
    if (!plain) first = false;
    const room = response.write(`${JSON.stringify({ type, object: rendered })}\n`);
    if (!room && !over.aborted) await drained(response, over);
  }
  response.end();
}

function drained(response: ServerResponse, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      over.removeEventListener('abort', done);
      resolve();
    };
    response.once('drain', done);
    over.addEventListener('abort', done, { once: true });
  });
}
