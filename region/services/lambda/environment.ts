import { Worker } from 'node:worker_threads';
import type { Clock } from '../../kernel/clock.ts';
import type { FunctionError, InvokeMessage, RuntimeData, RuntimeMessage } from './messages.ts';

export type Outcome =
  | { readonly kind: 'answered'; readonly payload: string }
  | { readonly kind: 'failed'; readonly error: FunctionError };

/** One execution environment: a worker thread that answers one invocation after another. */
export interface Environment {
  /** The environment must be idle. An outcome of a time-out or a crash leaves it `dead`. Never rejects. */
  invoke(message: InvokeMessage, timeoutSeconds: number): Promise<Outcome>;
  dead(): boolean;
  end(): Promise<void>;
}

export interface EnvironmentOptions {
  readonly data: RuntimeData;
  readonly environment: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly onLog: (text: string) => void;
  readonly onReady: (file: string, sha256: string) => void;
}

/** AWS's Node heap takes most of the function's memory; a thread gets all of it, since code and buffers are shared with the region. */
const smallestHeapMegabytes = 64;
/** Dozens of environments are warm at once: what lives longer than a call goes to the old generation soon. */
const youngMegabytes = 4;

function spawn(options: EnvironmentOptions): Worker {
  return new Worker(new URL('./runtime.ts', import.meta.url), {
    env: { ...options.environment },
    workerData: options.data,
    execArgv: [],
    argv: [],
    stdout: true,
    stderr: true,
    resourceLimits: {
      maxOldGenerationSizeMb: Math.max(smallestHeapMegabytes, options.data.memoryMegabytes),
      maxYoungGenerationSizeMb: youngMegabytes,
    },
  });
}

/** `2026-01-02T03:04:05.678Z <id> Task timed out after 3.00 seconds`, as Lambda words it. */
function timedOut(now: Date, requestId: string, seconds: number): Outcome {
  const errorMessage = `${now.toISOString()} ${requestId} Task timed out after ${seconds.toFixed(2)} seconds`;
  return { kind: 'failed', error: { errorType: 'Sandbox.Timedout', errorMessage } };
}

function exited(requestId: string, status: string): Outcome {
  const errorMessage = `RequestId: ${requestId} Error: Runtime exited with error: ${status}`;
  return { kind: 'failed', error: { errorType: 'Runtime.ExitError', errorMessage } };
}

/** Starts an environment; the bundle loads at once, the first invocation waits for it. */
export function startEnvironment(options: EnvironmentOptions): Environment {
  const worker = spawn(options);
  let current: { requestId: string; settle: (outcome: Outcome) => void } | undefined;
  let failure: FunctionError | undefined;
  let status: string | undefined;
  let dead = false;

  const settle = (outcome: Outcome): void => {
    const waiting = current;
    current = undefined;
    worker.unref();
    waiting?.settle(outcome);
  };
  const die = (): void => {
    dead = true;
    void worker.terminate();
  };
  worker.on('message', (message: RuntimeMessage) => {
    if (message.kind === 'log') options.onLog(message.text);
    else if (message.kind === 'ready') options.onReady(message.file, message.sha256);
    else if (message.kind === 'answered' || message.kind === 'failed') settle(message);
    else {
      failure = message.error;
      dead = true;
      settle({ kind: 'failed', error: message.error });
    }
  });
  worker.on('error', (error: NodeJS.ErrnoException) => {
    status = error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'signal: killed' : `exit status 1: ${error.message}`;
  });
  worker.on('exit', (code) => {
    dead = true;
    if (current) settle(exited(current.requestId, status ?? `exit status ${code}`));
  });
  worker.unref();
  for (const stream of [worker.stdout, worker.stderr])
    stream.on('data', (chunk) => options.onLog(String(chunk)));

  return {
    invoke: (message, timeoutSeconds) =>
      new Promise((resolve) => {
        if (failure) return resolve({ kind: 'failed', error: failure });
        if (dead) return resolve(exited(message.requestId, status ?? 'exit status 1'));
        const cancel = options.clock.after(timeoutSeconds * 1000, () => {
          die();
          settle(timedOut(options.clock.now(), message.requestId, timeoutSeconds));
        });
        current = {
          requestId: message.requestId,
          settle: (outcome) => {
            cancel();
            if (dead) die();
            resolve(outcome);
          },
        };
        worker.ref();
        worker.postMessage(message);
      }),
    dead: () => dead,
    end: async () => {
      dead = true;
      await worker.terminate();
    },
  };
}
