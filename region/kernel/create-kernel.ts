import { type Call, observeCall } from './calls.ts';
import { type Clock, createClock } from './clock.ts';
import { createCredentials } from './credentials.ts';
import { type DelayProfile, type Delays, resolveDelays } from './delays.ts';
import { AwsError, NotPlayedError } from './errors.ts';
import { createIds } from './ids.ts';
import type {
  AwsEvent,
  Kernel,
  Machines,
  Principal,
  RequestContext,
  Service,
  ServiceId,
  UntypedOperation,
} from './kernel.ts';

export interface KernelOptions {
  readonly stateDir: string;
  readonly delays?: DelayProfile | Partial<Delays>;
  readonly seed?: number;
  readonly log?: (line: string) => void;
  readonly clock?: Clock;
  /** Told of what background work threw; throws it again unless given. */
  readonly onDefect?: (what: string, error: unknown) => void;
}

const noMachines: Machines = {
  launch: () => {
    throw new Error('this region was composed without machines');
  },
  holdZone: () => () => {},
  deleteVolume: async () => {},
  stop: async () => {},
};

/** EC2 answers every dry run the same way, once the caller may do it: by an error, so that no operation has to know of it. */
function refuseDryRun(input: object): void {
  if ('DryRun' in input && input.DryRun === true)
    throw new AwsError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', {
      status: 412,
    });
}

/** Runs work that nobody awaits, and tells of what it throws. */
function createBackground(onDefect: (what: string, error: unknown) => void): Kernel['background'] {
  return (what, work) => {
    try {
      // A listener may return anything where nothing is expected.
      const going: unknown = work();
      if (going instanceof Promise) going.catch((error: unknown) => onDefect(what, error));
    } catch (error) {
      onDefect(what, error);
    }
  };
}

function rethrow(_what: string, error: unknown): never {
  throw error;
}

/** Who is told of calls and events; one that fails keeps no other from being told. */
function createListeners(
  background: Kernel['background'],
): Pick<Kernel, 'onCall' | 'reportCall' | 'onEvent' | 'putEvent'> {
  const ofEvents: ((event: AwsEvent) => void)[] = [];
  const ofCalls = new Set<(call: Call) => void>();
  return {
    onCall: (listener) => {
      ofCalls.add(listener);
      return () => void ofCalls.delete(listener);
    },
    reportCall: (call) => {
      for (const listener of ofCalls) background('a listener to calls', () => listener(call));
    },
    putEvent: (event) => {
      for (const listener of ofEvents) background('a listener to events', () => listener(event));
    },
    onEvent: (listener) => void ofEvents.push(listener),
  };
}

/** The part of the region that every service stands on: identity, time, ids, credentials, and calls between services. */
export function createKernel(options: KernelOptions): Kernel {
  const accountId = '123456789012';
  const region = 'us-east-1';
  const ids = createIds(options.seed ?? 1);
  const registered = new Map<ServiceId, Service>();
  const background = createBackground(options.onDefect ?? rethrow);
  const root: Principal = { kind: 'service', arn: 'region.internal' };

  const find = (id: ServiceId, operation: string): UntypedOperation => {
    const { operations } = kernel.service(id);
    const run = operations[operation];
    if (typeof run !== 'function') throw new NotPlayedError(`${id}.${operation}`);
    return run.bind(operations);
  };

  const kernel: Kernel = {
    accountId,
    region,
    zones: ['a', 'b', 'c', 'd', 'e', 'f'].map((letter) => `${region}${letter}`),
    stateDir: options.stateDir,
    clock: options.clock ?? createClock((action) => background('a timer', action)),
    delays: resolveDelays(options.delays),
    ids,
    credentials: createCredentials(accountId, ids),
    endpoint: '',
    machines: noMachines,
    log: options.log ?? (() => {}),
    background,
    register: (service) => void registered.set(service.id, service),
    service: (id) => {
      const service = registered.get(id);
      if (!service) throw new NotPlayedError(`the service ${id}`);
      return service;
    },
    services: () => [...registered.values()],
    invoke: <O>(
      service: ServiceId,
      operation: string,
      input: object,
      principal: Principal = root,
    ): Promise<O> => {
      const context: RequestContext = { principal, requestId: ids.uuid() };
      const known = { service, operation, via: 'invoke' as const, ...context };
      return observeCall(kernel, known, async (report) => {
        report({ input });
        return (await kernel.perform(service, operation, input, context)) as O;
      });
    },
    assertPlayed: (id, operation) => void find(id, operation),
    perform: async (id, operation, input, context) => {
      const run = find(id, operation);
      kernel.authorize(context.principal, id, operation, input);
      if (id === 'ec2') refuseDryRun(input);
      return run(input as never, context);
    },
    ...createListeners(background),
    authorize: () => {},
  };
  return kernel;
}
