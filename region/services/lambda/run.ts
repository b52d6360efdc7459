import { join } from 'node:path';
import type { Kernel, Principal } from '../../kernel/kernel.ts';
import { type Environment, type Outcome, startEnvironment } from './environment.ts';
import type { ResolvedVersion } from './functions.ts';
import type { Pool } from './pool.ts';
import { createLogSink, type LogSink } from './telemetry.ts';

/** One run of a bundle, for tests and for the proof that what ran is what would be uploaded. */
export interface RanHash {
  readonly functionName: string;
  readonly version: string;
  /** Path of the module within the package, for example `index.mjs`. */
  readonly file: string;
  /** Hex SHA-256 of the module that the environment loaded. */
  readonly sha256: string;
}

export interface RunResult {
  readonly outcome: Outcome;
  /** Last 4 KB of this invocation's log, for LogType Tail. */
  readonly tail: string;
}

export interface Runner {
  /** Runs one invocation in a warm or new environment. Throws TooManyRequestsException; a failing function does not throw. */
  run(
    target: ResolvedVersion,
    requestId: string,
    payload: string,
    clientContext?: string,
  ): Promise<RunResult>;
  retire(functionArn: string, version: string): void;
  ranHashes(): readonly RanHash[];
}

/** Environments and their log sinks belong together: one log stream each, as on AWS. */
export function createRunner(kernel: Kernel, pool: Pool): Runner {
  const ran = new Map<string, RanHash>();
  const sinks = new WeakMap<Environment, LogSink>();

  const make = (target: ResolvedVersion): Environment => {
    const stream = logStreamName(kernel, target.version.version);
    const sink = createLogSink(kernel, groupOf(target), stream);
    const environment = startEnvironment({
      data: {
        codeDirectory: target.version.code.directory,
        handler: target.version.settings.handler,
        functionName: target.fn.name,
        functionVersion: target.version.version,
        memoryMegabytes: target.version.settings.memoryMegabytes,
        logGroupName: groupOf(target),
        logStreamName: stream,
        compileCacheDirectory: join(kernel.stateDir, 'lambda', 'compile-cache'),
      },
      environment: environmentVariables(kernel, target, stream),
      clock: kernel.clock,
      onLog: (text) => sink.write(text),
      onReady: (file, sha256) => {
        const hash = { functionName: target.fn.name, version: target.version.version, file, sha256 };
        ran.set(JSON.stringify(hash), hash);
      },
    });
    sinks.set(environment, sink);
    return environment;
  };
  return {
    run: async (target, requestId, payload, clientContext) => {
      const { fn, version } = target;
      const lease = pool.lease(keyOf(target), fn.arn, fn.reservedConcurrency, () => make(target));
      const sink = sinks.get(lease.environment);
      try {
        if (lease.cold) await kernel.clock.sleep(kernel.delays.lambdaColdStart);
        sink?.startTail();
        sink?.write(`START RequestId: ${requestId} Version: ${version.version}`);
        const started = performance.now();
        const outcome = await lease.environment.invoke(
          {
            requestId,
            payload,
            deadline: kernel.clock.now().getTime() + version.settings.timeoutSeconds * 1000,
            invokedFunctionArn: target.arn,
            ...(clientContext === undefined ? {} : { clientContext }),
          },
          version.settings.timeoutSeconds,
        );
        sink?.write(report(target, requestId, performance.now() - started, outcome));
        return { outcome, tail: sink?.tail() ?? '' };
      } finally {
        lease.giveBack();
      }
    },
    retire: (functionArn, version) => pool.retire(`${functionArn}:${version}`),
    ranHashes: () => [...ran.values()],
  };
}

/** A new `$LATEST` has a new revision, and so environments of its own. */
function keyOf({ fn, version }: ResolvedVersion): string {
  return `${fn.arn}:${version.version === '$LATEST' ? version.revisionId : version.version}`;
}

function groupOf({ fn, version }: ResolvedVersion): string {
  return version.settings.logging.LogGroup ?? `/aws/lambda/${fn.name}`;
}

function logStreamName(kernel: Kernel, version: string): string {
  const day = kernel.clock.now().toISOString().slice(0, 10).replaceAll('-', '/');
  return `${day}/[${version}]${kernel.ids.uuid().replaceAll('-', '')}`;
}

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

/** The role session of an environment: session name = function name, as on AWS. */
export function sessionOf(target: ResolvedVersion): Principal {
  return { kind: 'role', arn: target.version.settings.role, sessionName: target.fn.name };
}

/** Exactly the function's variables and those that AWS itself sets: nothing of the region's own environment. */
function environmentVariables(
  kernel: Kernel,
  target: ResolvedVersion,
  stream: string,
): Record<string, string> {
  const { fn, version } = target;
  const credentials = kernel.credentials.issue(sessionOf(target));
  return {
    ...version.settings.variables,
    _HANDLER: version.settings.handler,
    AWS_REGION: kernel.region,
    AWS_DEFAULT_REGION: kernel.region,
    AWS_EXECUTION_ENV: `AWS_Lambda_${version.settings.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: fn.name,
    AWS_LAMBDA_FUNCTION_VERSION: version.version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(version.settings.memoryMegabytes),
    AWS_LAMBDA_LOG_GROUP_NAME: groupOf(target),
    AWS_LAMBDA_LOG_STREAM_NAME: stream,
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    AWS_ENDPOINT_URL: kernel.endpoint,
    LAMBDA_TASK_ROOT: version.code.directory,
    PATH: '/usr/local/bin:/usr/bin:/bin',
    TZ: ':UTC',
    LANG: 'en_US.UTF-8',
  };
}
