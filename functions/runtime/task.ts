import { Logger as PowertoolsLogger } from '@aws-lambda-powertools/logger';
import { MetricUnit, Metrics as PowertoolsMetrics } from '@aws-lambda-powertools/metrics';
import middy from '@middy/core';
import type { Context as LambdaContext } from 'aws-lambda';
import type * as z from 'zod/mini';
import { type Clock, systemClock } from './clock.ts';
import { type Config, config } from './config.ts';
import type { ErrorName } from './error-catalogue.ts';
import { InputInvalid, OutputInvalid, TaskTimedOut, TrivetError } from './errors.ts';
import { subjectOf } from './subject.ts';

/** What a task takes, gives and may throw: imported by its handler, by the workflow tests and by fakes. */
export interface Contract<I, O> {
  readonly name: string;
  readonly input: z.ZodMiniType<I>;
  readonly output: z.ZodMiniType<O>;
  /** Beyond `commonErrors`, which every task may throw. */
  readonly errors: readonly ErrorName[];
}

/** Fields never carry secrets: task logs are readable by whoever operates the deployment (S22). */
export interface Logger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

export interface Metrics {
  /** Adds to a counter, in the embedded metric format; each distinct set of dimensions is a metric of its own. */
  count(name: string, value?: number, dimensions?: Readonly<Record<string, string>>): void;
}

export interface TaskContext {
  /** Aborted shortly before the Lambda time-out: pass it to every SDK call. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly clock: Clock;
  readonly config: Config;
  readonly metrics: Metrics;
}

export interface Handler<I, O, D> {
  (event: unknown, context: LambdaContext): Promise<O>;
  /** The task itself, for tests: no parsing, no log of its own. */
  readonly run: (input: I, deps: D, context: TaskContext) => Promise<O>;
  readonly contract: Contract<I, O>;
}

/** Time that an aborted task has to unwind before Lambda kills the process. */
const unwindMilliseconds = 500;

/**
 * Makes a Lambda handler of a task: parses input and output by the contract, logs start, end and failure, and turns the coming
 * time-out into an abort. `makeDeps` is called once per cold start. Errors keep their catalogue name, on which workflows route.
 */
export function task<I, O, D>(
  contract: Contract<I, O>,
  makeDeps: (config: Config) => D,
  run: (input: I, deps: D, context: TaskContext) => Promise<O>,
): Handler<I, O, D> {
  let warm: { deps: D; config: Config; logger: PowertoolsLogger; metrics: Metrics } | undefined;
  const warmUp = () => {
    const settings = config();
    warm ??= {
      deps: makeDeps(settings),
      config: settings,
      logger: new PowertoolsLogger({ serviceName: contract.name }),
      metrics: makeMetrics(settings, contract.name),
    };
    return warm;
  };
  const invoke = async (event: unknown, lambda: LambdaContext, { signal }: { signal: AbortSignal }) => {
    const { deps, config, logger, metrics } = warmUp();
    const log = logOf(logger);
    const startedAt = performance.now();
    const milliseconds = () => Math.round(performance.now() - startedAt);
    logger.resetKeys();
    logger.appendKeys({ requestId: lambda.awsRequestId });
    try {
      const input = parse(contract.input, event, (text) => new InputInvalid(`${contract.name}: ${text}`));
      logger.appendKeys(subjectOf(input));
      const output = await run(input, deps, { signal, log, clock: systemClock, config, metrics });
      log.info('done', { milliseconds: milliseconds() });
      return parse(contract.output, output, (text) => new OutputInvalid(`${contract.name}: ${text}`));
    } catch (error) {
      const failure = nameAbort(error, signal, contract.name);
      const kind = failure instanceof TrivetError ? failure.kind : 'unexpected';
      log[kind === 'retryable' ? 'warn' : 'error']('failed', {
        milliseconds: milliseconds(),
        kind,
        error: failure instanceof Error ? failure : new Error(String(failure)),
      });
      throw failure;
    }
  };
  const handler = middy<unknown, O>(invoke as never, {
    timeoutEarlyInMillis: unwindMilliseconds,
    timeoutEarlyResponse: () => {
      throw new TaskTimedOut(`${contract.name} did not end in the time that it has`);
    },
  });
  return Object.assign(handler, { run, contract }) as unknown as Handler<I, O, D>;
}

function logOf(logger: PowertoolsLogger): Logger {
  return {
    debug: (message, fields = {}) => logger.debug(message, fields),
    info: (message, fields = {}) => logger.info(message, fields),
    warn: (message, fields = {}) => logger.warn(message, fields),
    error: (message, fields = {}) => logger.error(message, fields),
  };
}

/** An SDK call that was aborted says AbortError; what happened is that the task ran out of time. */
function nameAbort(error: unknown, signal: AbortSignal, name: string): unknown {
  const aborted = signal.aborted && error instanceof Error && error.name === 'AbortError';
  return aborted ? new TaskTimedOut(`${name} was aborted before its time-out`, { cause: error }) : error;
}

function parse<T>(schema: z.ZodMiniType<T>, value: unknown, fail: (text: string) => Error): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    const keys = 'keys' in issue ? ` ${issue.keys.join(', ')}` : '';
    return `${issue.path.join('.') || '(root)'}: ${issue.code}${keys}`;
  });
  throw fail(problems.join('; '));
}

function makeMetrics(settings: Config, serviceName: string): Metrics {
  const metrics = new PowertoolsMetrics({ namespace: 'Trivet', serviceName });
  return {
    count(name, value = 1, dimensions = {}) {
      const single = metrics.singleMetric();
      single.addDimensions({ deployment: settings.deployment, ...dimensions });
      single.addMetric(name, MetricUnit.Count, value);
    },
  };
}
