import type { Kernel, Principal } from '../../../../kernel/kernel.ts';
import type { JsonObject } from '../../../../states/json.ts';
import type { Step } from '../runbook.ts';

/** A signal that was sent to a waiting step. */
export interface Signal {
  readonly type: 'Approve' | 'Reject' | 'Resume';
  readonly comment: string | undefined;
  readonly sender: Principal;
}

/** One attempt of a step, as its action sees it. */
export interface Visit {
  readonly kernel: Kernel;
  readonly step: Step;
  /** The step's inputs with every reference replaced. */
  readonly inputs: JsonObject;
  /** In whose name the action calls: the session of the runbook's role, or whoever started the automation. */
  readonly principal: Principal;
  /** Aborted when the step times out, when somebody stops the automation, and when the region stops. */
  readonly signal: AbortSignal;
  /** Shows outputs before the step has ended; those of a step that fails stay as they were last. */
  report(outputs: JsonObject): void;
  /**
   * Lets the step wait for people: `receive` is given each signal until it answers something other than undefined; what it throws goes to
   * the sender. Rejects when the visit's signal is aborted.
   */
  receiveSignals<T>(receive: (signal: Signal) => T | undefined): Promise<T>;
}

/** How a step ended well. */
export interface Done {
  readonly outputs?: JsonObject;
  /** The step that a branch chose. */
  readonly chosen?: string;
}

/** One of AWS's automation actions. */
export interface Action {
  /** Names of its inputs; absent where the API that it calls has them. */
  readonly inputs?: { readonly required: readonly string[]; readonly optional: readonly string[] };
  /** Time-out of steps that name none, and the longest that a step may name. */
  readonly defaultTimeoutSeconds?: number;
  readonly longestTimeoutSeconds?: number;
  /** What a time-out interrupts, for its message. */
  readonly doing: string;
  /** Whether `onCancel` may name a step of it. */
  readonly canFollowCancel: boolean;
  /** Outputs that steps after it may refer to. */
  outputs(step: Step): readonly string[];
  /** Steps that it may choose as the next one. */
  targets?(step: Step): readonly string[];
  /** Looks at a step when its document is stored. Throws InvalidDocumentContent, and NotPlayedError. */
  check?(kernel: Kernel, step: Step): void | Promise<void>;
  run(visit: Visit): Promise<Done>;
}
