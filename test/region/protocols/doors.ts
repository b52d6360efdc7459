import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe } from 'vitest';
import type { Call } from '../../../region/kernel/calls.ts';
import { createKernel, type KernelOptions } from '../../../region/kernel/create-kernel.ts';
import type { Kernel, RequestContext, Service, ServiceId } from '../../../region/kernel/kernel.ts';
import { createRequestHandler, type InProcessRequestHandler } from '../../../region/protocols/in-process.ts';
import { createServer } from '../../../region/server.ts';

export interface ClientConfig {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly requestHandler?: InProcessRequestHandler;
}

/** A kernel with fake services behind one of the two doors, and what came through. */
export interface Door {
  readonly kernel: Kernel;
  readonly config: ClientConfig;
  /** Inputs that the fake operations were called with, the latest last. */
  readonly inputs: unknown[];
  readonly contexts: RequestContext[];
  readonly calls: Call[];
  readonly log: string[];
}

type Answer = (input: never, context: RequestContext) => unknown;

/** A service whose operations answer what `answers` says; inputs and contexts are kept on the door. */
export function play(door: Door, id: ServiceId, answers: Readonly<Record<string, Answer>>): void {
  const operations = Object.fromEntries(
    Object.entries(answers).map(([name, answer]) => [
      name,
      (input: never, context: RequestContext) => {
        door.inputs.push(input);
        door.contexts.push(context);
        return answer(input, context);
      },
    ]),
  );
  door.kernel.register({ id, operations } satisfies Service);
}

/** A kernel that keeps its log and its calls, not yet behind any door. */
export function createDoor(options: Partial<KernelOptions> = {}): Omit<Door, 'config'> {
  const log: string[] = [];
  const calls: Call[] = [];
  const kernel = createKernel({ stateDir: tmpdir(), log: (line) => void log.push(line), ...options });
  kernel.onCall((call) => void calls.push(call));
  return { kernel, inputs: [], contexts: [], calls, log };
}

const credentials = { accessKeyId: 'AKIDTEST', secretAccessKey: 'not-a-secret' };

/** Declares the same tests twice: through the in-process request handler, and over HTTP. */
export function throughBothDoors(declare: (door: Door) => void): void {
  describe('in-process', () => {
    const base = createDoor();
    const requestHandler = createRequestHandler(base.kernel);
    const endpoint = 'http://127.0.0.1:1';
    declare({ ...base, config: { endpoint, region: 'us-east-1', credentials, requestHandler } });
  });
  describe('over HTTP', () => {
    const base = createDoor();
    const server = createServer(base.kernel);
    const config = { endpoint: '', region: 'us-east-1', credentials };
    beforeAll(async () => {
      config.endpoint = await server.listen(0);
    });
    afterAll(() => server.close());
    declare({ ...base, config });
  });
}
