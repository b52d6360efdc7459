/**
 * The inside of one execution environment: a worker thread with its own heap, globals and process.env, that loads the deployed bundle
 * and answers invocations one at a time. It knows nothing of the region; the bundle reaches the region over HTTP alone (design §9).
 * Unlike AWS, a warm thread is not frozen between invocations: work that a handler leaves behind goes on.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { enableCompileCache, flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { FunctionError, InvokeMessage, RuntimeData, RuntimeMessage } from './messages.ts';

type Handler = (event: unknown, context: object) => unknown;

const flushAfterMilliseconds = 250;
const data = workerData as RuntimeData;
const port = parentPort as MessagePort;
const say = (message: RuntimeMessage): void => port.postMessage(message);

/** As the Node runtime of AWS reports a thrown value. */
function describe(thrown: unknown): FunctionError {
  if (thrown instanceof Error || (typeof thrown === 'object' && thrown !== null && 'message' in thrown)) {
    const error = thrown as Error;
    return {
      errorType: error.name ?? 'Error',
      errorMessage: String(error.message),
      trace: String(error.stack ?? '').split('\n'),
    };
  }
  return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
}

/** Output goes by the same port as results, so that every line arrives before the answer that follows it. */
function captureOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.write = ((chunk: string | Uint8Array, encoding?: unknown, done?: unknown): boolean => {
      say({ kind: 'log', text: typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8') });
      const callback = typeof encoding === 'function' ? encoding : done;
      if (typeof callback === 'function') queueMicrotask(() => callback(null));
      return true;
    }) as typeof stream.write;
  }
}

function dieOf(error: FunctionError): void {
  say({ kind: 'crashed', error });
  process.exit(129);
}

function guardProcess(): void {
  process.on('uncaughtException', (error) => dieOf(describe(error)));
  process.on('unhandledRejection', (reason) => {
    const { errorMessage, trace = [] } = describe(reason);
    dieOf({ errorType: 'Runtime.UnhandledPromiseRejection', errorMessage, trace });
  });
}

class RuntimeFailure extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/** Loads `index.handler` as AWS does: the file by extension .js, .mjs, .cjs; the export by its name. */
async function load(): Promise<Handler> {
  const dot = data.handler.lastIndexOf('.');
  const stem = data.handler.slice(0, dot);
  const exported = data.handler.slice(dot + 1);
  const file = ['.js', '.mjs', '.cjs']
    .map((ending) => `${stem}${ending}`)
    .find((name) => existsSync(join(data.codeDirectory, name)));
  if (dot < 1 || !file)
    throw new RuntimeFailure('Runtime.ImportModuleError', `Error: Cannot find module '${stem}'`);
  const path = join(data.codeDirectory, file);
  const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
  const module = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  const handler = module[exported] ?? (module.default as Record<string, unknown> | undefined)?.[exported];
  if (handler === undefined)
    throw new RuntimeFailure('Runtime.HandlerNotFound', `${data.handler} is undefined or not exported`);
  if (typeof handler !== 'function')
    throw new RuntimeFailure('Runtime.HandlerNotFound', `${data.handler} is not a function`);
  if (handler.length > 2) {
    throw new RuntimeFailure(
      'Runtime.CallbackHandlerDeprecated',
      'AWS Lambda has removed support for callback-based function handlers starting with Node.js 24.',
    );
  }
  say({ kind: 'ready', file, sha256 });
  return handler as Handler;
}

function contextOf(message: InvokeMessage): object {
  return {
    callbackWaitsForEmptyEventLoop: true,
    awsRequestId: message.requestId,
    functionName: data.functionName,
    functionVersion: data.functionVersion,
    invokedFunctionArn: message.invokedFunctionArn,
    memoryLimitInMB: String(data.memoryMegabytes),
    logGroupName: data.logGroupName,
    logStreamName: data.logStreamName,
    ...(message.clientContext === undefined ? {} : { clientContext: JSON.parse(message.clientContext) }),
    getRemainingTimeInMillis: () => Math.max(0, message.deadline - Date.now()),
  };
}

async function answer(handler: Handler, message: InvokeMessage): Promise<void> {
  try {
    const result = await handler(JSON.parse(message.payload), contextOf(message));
    say({ kind: 'answered', payload: JSON.stringify(result) ?? 'null' });
  } catch (thrown) {
    const error = describe(thrown);
    console.error(`ERROR\tInvoke Error\t${JSON.stringify(error)}`);
    say({ kind: 'failed', error });
  }
}

captureOutput();
guardProcess();
// A second environment of the same bundle starts from V8's cached code, which stands for what AWS's own caches save.
enableCompileCache(data.compileCacheDirectory);
try {
  const handler = await load();
  port.on('message', (message: InvokeMessage) => void answer(handler, message));
  // Written while the thread still runs, and after its first invocation: the next environment need not compile what this one did.
  setTimeout(flushCompileCache, flushAfterMilliseconds).unref();
} catch (thrown) {
  const error = describe(thrown);
  console.error(`ERROR\tUncaught Exception\t${JSON.stringify(error)}`);
  say({ kind: 'initFailed', error });
}
