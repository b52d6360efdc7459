import { join } from 'node:path';
import type { Kernel } from '../../kernel/kernel.ts';
import { type Environment, type Outcome, startEnvironment } from './environment.ts';
import type { ResolvedVersion } from './functions.ts';
import type { Pool } from './pool.ts';
import { environmentVariables, logGroupOf } from './session.ts';
import { createLogSink, createMetrics, type LogSink } from './telemetry.ts';

/** One run of a bundle, for tests and for the proof that what ran is what would be uploaded. */
export interface RanHash {
  readonly functionName: string;
  readonly version: string;
  /** Path of the module within the package, for example `index.mjs`. */
  readonly file: string;
  /** Hex SHA-256 of the module that the environment loaded. */
  readonly sha256: string;
}

export interface Invocation {
  readonly target: ResolvedVersion;
  readonly requestId: string;
  /** JSON text. */
  readonly payload: string;
  readonly clientContext?: string;
}

export interface RunResult {
  readonly outcome: Outcome;
  /** Last 4 KB of this invocation's log, for LogType Tail. */
  readonly tail: string;
}

export interface Runner {
  /** Runs one invocation in a warm or new environment. Throws TooManyRequestsException; a failing function does not throw. */
  run(invocation: Invocation): Promise<RunResult>;
  /** Ends the environments of a version that is gone or replaced. */
  retire(functionArn: string, revisionId: string): void;
  ranHashes(): readonly RanHash[];
}

/** Environments and their log sinks belong together: one log stream each, as on AWS. */
export function createRunner(kernel: Kernel, pool: Pool): Runner {
  const ran = new Map<string, RanHash>();
  const sinks = new WeakMap<Environment, LogSink>();
  const metrics = createMetrics(kernel);

  const make = async (target: ResolvedVersion): Promise<Environment> => {
    await kernel.clock.sleep(kernel.delays.lambdaColdStart);
    const stream = logStreamName(kernel, target);
    const sink = createLogSink(kernel, logGroupOf(target), stream);
    const environment = startEnvironment({
      data: dataFor(kernel, target, stream),
      environment: await environmentVariables(kernel, target, stream),
      clock: kernel.clock,
      onLog: sink.write,
      onReady: (file, sha256) => {
        const hash = { functionName: target.fn.name, version: target.version.version, file, sha256 };
        ran.set(JSON.stringify(hash), hash);
      },
    });
    sinks.set(environment, sink);
    return environment;
  };
  const run = async (invocation: Invocation): Promise<RunResult> => {
    const { target } = invocation;
    const { fn } = target;
    const slot = metrics.countThrottle(fn.name, () =>
      pool.take(keyOf(target), fn.arn, fn.reservedConcurrency),
    );
    try {
      const environment = slot.warm ?? (await make(target));
      if (!slot.warm) slot.adopt(environment);
      const result = await runIn(kernel, environment, sinks.get(environment), invocation);
      metrics.countRun(fn.name, result.milliseconds, result.outcome.kind === 'failed');
      return result;
    } finally {
      slot.giveBack();
    }
  };
  return {
    run,
    retire: (functionArn, revisionId) => pool.retire(`${functionArn}:${revisionId}`),
    ranHashes: () => [...ran.values()],
  };
}

async function runIn(
  kernel: Kernel,
  environment: Environment,
  sink: LogSink | undefined,
  { target, requestId, payload, clientContext }: Invocation,
): Promise<RunResult & { milliseconds: number }> {
  const { timeoutSeconds } = target.version.settings;
  sink?.startTail();
  sink?.write(`START RequestId: ${requestId} Version: ${target.version.version}`);
  const started = performance.now();
  const message = {
    requestId,
    payload,
    deadline: kernel.clock.now().getTime() + timeoutSeconds * 1000,
    invokedFunctionArn: target.arn,
    ...(clientContext === undefined ? {} : { clientContext }),
  };
  const outcome = await environment.invoke(message, timeoutSeconds);
  const milliseconds = performance.now() - started;
  sink?.write(report(target, requestId, milliseconds, outcome));
  return { outcome, tail: sink?.tail() ?? '', milliseconds };
}

/** Every version and every `$LATEST` has a revision of its own, and so environments of its own. */
function keyOf({ fn, version }: ResolvedVersion): string {
  return `${fn.arn}:${version.revisionId}`;
}

function dataFor(kernel: Kernel, target: ResolvedVersion, logStream: string) {
  const { fn, version } = target;
  return {
    codeDirectory: version.code.directory,
    handler: version.settings.handler,
    functionName: fn.name,
    functionVersion: version.version,
    memoryMegabytes: version.settings.memoryMegabytes,
    logGroupName: logGroupOf(target),
    logStreamName: logStream,
    compileCacheDirectory: join(kernel.stateDir, 'lambda', 'compile-cache'),
  };
}

/** In a log group that may be several functions', the stream's name has the function's as well. */
function logStreamName(kernel: Kernel, target: ResolvedVersion): string {
  const { fn, version } = target;
  const day = kernel.clock.now().toISOString().slice(0, 10).replaceAll('-', '/');
  const own = logGroupOf(target) === `/aws/lambda/${fn.name}`;
  return `${day}/${own ? '' : fn.name}[${version.version}]${kernel.ids.uuid().replaceAll('-', '')}`;
}

/** The last lines that Lambda writes for an invocation. It reads no memory use of a thread, and so claims none. */
function report(target: ResolvedVersion, requestId: string, milliseconds: number, outcome: Outcome): string {
  const lines = [`END RequestId: ${requestId}`];
  const error = outcome.kind === 'failed' ? outcome.error : undefined;
  if (error?.errorType === 'Sandbox.Timedout' || error?.errorType === 'Runtime.ExitError')
    lines.unshift(error.errorMessage);
  const duration = `Duration: ${milliseconds.toFixed(2)} ms\tBilled Duration: ${Math.ceil(milliseconds)} ms`;
  lines.push(
    `REPORT RequestId: ${requestId}\t${duration}\tMemory Size: ${target.version.settings.memoryMegabytes} MB`,
  );
  return lines.join('\n');
}
