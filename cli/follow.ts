import { setTimeout as sleep } from 'node:timers/promises';
import type { HistoryEvent, SFN } from '@aws-sdk/client-sfn';
import { eventsAfter } from './history.ts';
import { seconds } from './output.ts';

/** How an execution ended. `cause` is the text of the failure, unwrapped from Lambda's JSON. */
export interface Outcome {
  readonly executionArn: string;
  readonly status: string;
  readonly output?: unknown;
  readonly error?: string;
  readonly cause?: string;
}

export interface FollowOptions {
  readonly say: (line: string) => void;
  /** Redraw one line with the current state; off where stdout is not a terminal. */
  readonly live: boolean;
  readonly signal?: AbortSignal;
  readonly pollMilliseconds?: number;
}

/** Follows an execution to its end, printing each state once it is done, and the state it is in while it lasts. */
export async function follow(states: SFN, executionArn: string, options: FollowOptions): Promise<Outcome> {
  const { say, live, signal, pollMilliseconds = 200 } = options;
  const progress = createProgress();
  const clear = () => live && process.stdout.write('\r\x1b[2K');
  let last = 0;
  for (;;) {
    const described = await states.describeExecution({ executionArn });
    const events = await eventsAfter(states, executionArn, last);
    last = events.at(-1)?.id ?? last;
    const lines = events.flatMap((event) => progress.take(event));
    if (lines.length > 0) clear();
    for (const line of lines) say(line);
    if (described.status !== 'RUNNING') {
      clear();
      return outcomeOf(executionArn, described);
    }
    if (live) process.stdout.write(`\r\x1b[2K  … ${progress.current(Date.now())}`);
    await sleep(pollMilliseconds, undefined, signal && { signal });
  }
}

interface Running {
  readonly name: string;
  readonly since: number;
}

/** Turns history events into lines: a state that is done, how long it took, and what it found. Polls are told once per reason. */
function createProgress() {
  const running = new Map<string, Running[]>();
  const told = new Set<string>();
  let reason = '';
  return {
    take(event: HistoryEvent): string[] {
      const type = event.type ?? '';
      const at = event.timestamp?.getTime() ?? 0;
      const entered = event.stateEnteredEventDetails?.name;
      if (entered) {
        running.set(entered, [...(running.get(entered) ?? []), { name: entered, since: at }]);
        return [];
      }
      const name = event.stateExitedEventDetails?.name;
      if (!name) return [];
      const [first, ...rest] = running.get(name) ?? [];
      if (rest.length > 0) running.set(name, rest);
      else running.delete(name);
      if (!/^(Task|Map|Parallel)StateExited$/.test(type)) return [];
      reason = reasonIn(event.stateExitedEventDetails?.output) ?? '';
      const line = `${name}${reason ? `: ${reason}` : ''}`;
      if (told.has(line)) return [];
      told.add(line);
      return [`  ${seconds(at - (first?.since ?? at)).padStart(7)}  ${line}`];
    },
    current(now: number): string {
      const active = [...running.values()].flat().filter(({ name }) => !/\?$/.test(name));
      const oldest = active.toSorted((one, two) => two.since - one.since)[0];
      if (!oldest) return 'starting';
      const waits = reason ? ` (${reason})` : '';
      return `${oldest.name}, for ${seconds(Math.max(0, now - oldest.since))}${waits}`;
    },
  };
}

/** What a task's output says for people: its reason, or its decision's. */
export function reasonIn(output: string | undefined): string | undefined {
  if (!output) return undefined;
  const parsed: unknown = JSON.parse(output);
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const { reason, decision } = parsed as {
    reason?: unknown;
    decision?: { action?: unknown; reason?: unknown };
  };
  if (typeof decision?.reason === 'string') return `${decision.action}: ${decision.reason}`;
  return typeof reason === 'string' ? reason : undefined;
}

function outcomeOf(
  executionArn: string,
  described: {
    status?: string | undefined;
    output?: string | undefined;
    error?: string | undefined;
    cause?: string | undefined;
  },
): Outcome {
  return {
    executionArn,
    status: described.status ?? 'UNKNOWN',
    ...(described.output !== undefined && { output: JSON.parse(described.output) as unknown }),
    ...(described.error !== undefined && { error: described.error }),
    ...(described.cause !== undefined && { cause: unwrapCause(described.cause) }),
  };
}

/** Lambda wraps a thrown error's message in JSON, and a workflow the cause of a failure inside a Map with its step. */
export function unwrapCause(cause: string): string {
  try {
    const parsed = JSON.parse(cause) as { errorMessage?: unknown; step?: unknown; cause?: unknown } | null;
    if (typeof parsed?.errorMessage === 'string') return parsed.errorMessage;
    if (typeof parsed?.cause === 'string') return `${String(parsed.step)}: ${unwrapCause(parsed.cause)}`;
    return cause;
  } catch {
    return cause;
  }
}
