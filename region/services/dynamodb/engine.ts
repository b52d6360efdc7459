import { createRequire } from 'node:module';
import { AwsError } from '../../kernel/errors.ts';
import { fromEngine, toEngine } from './shapes.ts';

/** What we use of dynalite: the store, the checks of the request, and the actions, without its HTTP server. */
interface Store {
  readonly tableDb: { awsAccountId: string; awsRegion: string };
  readonly db: { close(callback: (error?: unknown) => void): void };
}
type Callback = (error: EngineError | null | undefined, data?: unknown) => void;
type Action = (store: Store, data: unknown, callback: Callback) => void;
interface Validation {
  readonly types: object;
  readonly custom?: unknown;
}
interface EngineError extends Error {
  readonly statusCode?: number;
  readonly body?: { readonly __type: string; readonly message?: string; readonly Message?: string };
}

const require = createRequire(import.meta.url);
const { create: createStore } = require('dynalite/db') as {
  create(options: { createTableMs: number; deleteTableMs: number; updateTableMs: number }): Store;
};
const { checkTypes, checkValidations } = require('dynalite/validations') as {
  checkTypes(data: unknown, types: object): unknown;
  checkValidations(data: unknown, types: object, custom: unknown, store: Store): void;
};

/** Operations of dynalite that the region passes through. */
const names = [
  'batchGetItem',
  'batchWriteItem',
  'createTable',
  'deleteItem',
  'deleteTable',
  'describeTable',
  'getItem',
  'listTables',
  'listTagsOfResource',
  'putItem',
  'query',
  'scan',
  'tagResource',
  'untagResource',
  'updateItem',
  'updateTable',
] as const;

export type EngineOperation = (typeof names)[number];

const actions = new Map(
  names.map((name) => [
    name,
    {
      run: require(`dynalite/actions/${name}`) as Action,
      validation: require(`dynalite/validations/${name}`) as Validation,
    },
  ]),
);

export interface Engine {
  /** Runs an operation in the SDK's JS shapes; throws AwsError as DynamoDB refuses, and ServiceUnavailable once it is closed. */
  run<O>(operation: EngineOperation, input: object): Promise<O>;
  /** Resolves once what is under way is through. */
  close(): Promise<void>;
}

/** Milliseconds that a table stays CREATING, UPDATING or DELETING: long enough to be seen, short enough not to be felt. */
const tableDelay = 20;

/**
 * DynamoDB's behaviour from dynalite, in memory, called without a socket. Its requests and answers are DynamoDB's JSON: the store and
 * the actions are used as its own HTTP handler uses them, so what its authors tested over the wire is what runs here.
 */
export function createEngine(accountId: string, region: string): Engine {
  const store = createStore({
    createTableMs: tableDelay,
    deleteTableMs: tableDelay,
    updateTableMs: tableDelay,
  });
  store.tableDb.awsAccountId = accountId;
  store.tableDb.awsRegion = region;
  const { admit, close } = createGate();
  return {
    run: <O>(operation: EngineOperation, input: object): Promise<O> => admit(() => run<O>(operation, input)),
    close: async () => {
      await close();
      await new Promise<void>((resolve) => store.db.close(() => resolve()));
    },
  };

  async function run<O>(operation: EngineOperation, input: object): Promise<O> {
    const action = actions.get(operation);
    if (!action) throw new Error(`the engine has no operation ${operation}`);
    const { run: act, validation } = action;
    try {
      const data = checkTypes(toEngine(input), validation.types);
      checkValidations(data, validation.types, validation.custom, store);
      const answer = await new Promise<unknown>((resolve, reject) => {
        act(store, data, (error, result) => (error ? reject(error) : resolve(result)));
      });
      // TagResource answers an empty text on the wire.
      return fromEngine(answer === '' || answer === undefined ? {} : answer) as O;
    } catch (error) {
      throw asAwsError(error);
    }
  }
}

/** The engine throws where no caller can catch it when its store is closed under an operation: the end waits, and nothing begins after it. */
function createGate() {
  const underWay = new Set<Promise<unknown>>();
  let closed = false;
  return {
    async admit<O>(run: () => Promise<O>): Promise<O> {
      if (closed)
        throw new AwsError('ServiceUnavailable', 'The embedded region is being stopped.', { status: 503 });
      const going = run();
      underWay.add(going);
      try {
        return await going;
      } finally {
        underWay.delete(going);
      }
    },
    async close(): Promise<void> {
      closed = true;
      await Promise.allSettled(underWay);
    },
  };
}

function asAwsError(error: unknown): unknown {
  const { statusCode, body } = error as EngineError;
  if (statusCode === undefined || body === undefined) return error;
  const code = body.__type.slice(body.__type.indexOf('#') + 1);
  return new AwsError(code, body.message ?? body.Message ?? '', { status: statusCode });
}
