import type {
  SendTaskFailureCommandInput,
  SendTaskHeartbeatCommandInput,
  SendTaskSuccessCommandInput,
} from '@aws-sdk/client-sfn';
import { AwsError } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { StateFailure } from '../../states/errors.ts';
import type { JsonValue } from '../../states/json.ts';
import { payloadBytesMax } from '../../states/json.ts';
import type { TokenHandle } from '../../states/run.ts';

interface OpenToken {
  succeed(output: JsonValue): void;
  fail(failure: StateFailure): void;
  beat(): void;
}

/** The task tokens of the region: issued by waiting states, answered through the API. */
export interface Tokens {
  open(): TokenHandle;
  readonly operations: ReturnType<typeof tokenOperations>;
}

/** No tokens yet. */
export function createTokens(kernel: Kernel): Tokens {
  /** Undefined once the state waits no more. */
  const tokens = new Map<string, OpenToken | undefined>();
  return {
    open: () => {
      const token = Buffer.from(`task-token:${kernel.ids.uuid()}:${kernel.ids.uuid()}`).toString('base64');
      const { promise, resolve, reject } = Promise.withResolvers<JsonValue>();
      // The state may have timed out before anybody waits for the outcome.
      promise.catch(() => {});
      const listeners: (() => void)[] = [];
      const beat = (): void => {
        for (const listener of listeners) listener();
      };
      tokens.set(token, { succeed: resolve, fail: reject, beat });
      return {
        token,
        outcome: promise,
        onHeartbeat: (listener) => void listeners.push(listener),
        close: () => void tokens.set(token, undefined),
      };
    },
    operations: tokenOperations(
      (token) => find(tokens, token),
      (token) => void tokens.set(token, undefined),
    ),
  };
}

function find(tokens: ReadonlyMap<string, OpenToken | undefined>, token: string | undefined): OpenToken {
  if (token === undefined || !tokens.has(token)) {
    throw new AwsError('InvalidToken', "Invalid Token: 'Invalid token'");
  }
  const open = tokens.get(token);
  if (open) return open;
  throw new AwsError('TaskTimedOut', "Task Timed Out: 'Provided task does not exist anymore'");
}

function tokenOperations(open: (token: string | undefined) => OpenToken, spend: (token: string) => void) {
  return {
    sendTaskSuccess: (input: SendTaskSuccessCommandInput) => {
      const task = open(input.taskToken);
      task.succeed(parseOutput(input.output));
      spend(input.taskToken ?? '');
      return {};
    },
    sendTaskFailure: (input: SendTaskFailureCommandInput) => {
      const task = open(input.taskToken);
      task.fail(new StateFailure(input.error, input.cause));
      spend(input.taskToken ?? '');
      return {};
    },
    sendTaskHeartbeat: (input: SendTaskHeartbeatCommandInput) => {
      open(input.taskToken).beat();
      return {};
    },
  };
}

function parseOutput(output: string | undefined): JsonValue {
  if (output !== undefined && Buffer.byteLength(output) <= payloadBytesMax) {
    try {
      return JSON.parse(output) as JsonValue;
    } catch {
      // Refused below, like an output that is missing or too large.
    }
  }
  throw new AwsError('InvalidOutput', "Invalid Output: 'The output is not JSON of at most 262144 bytes'");
}
