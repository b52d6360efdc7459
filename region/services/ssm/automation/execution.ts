import type { AutomationExecutionStatus, Tag } from '@aws-sdk/client-ssm';
import type { Principal } from '../../../kernel/kernel.ts';
import type { JsonObject } from '../../../states/json.ts';
import type { Signal } from './actions/action.ts';
import type { FailureStage } from './errors.ts';
import type { Runbook, Step } from './runbook.ts';
import type { GivenParameters } from './start-parameters.ts';

/** One step of an execution; `Pending` as long as the execution has not come to it. */
export interface StepRecord {
  readonly step: Step;
  readonly id: string;
  status: AutomationExecutionStatus;
  startedAt: Date | undefined;
  endedAt: Date | undefined;
  /** Its inputs with the references replaced, once that could be done. */
  inputs: JsonObject | undefined;
  outputs: JsonObject;
  failure: { readonly message: string; readonly stage: FailureStage | undefined } | undefined;
  /** Takes signals while the step waits for people; what it throws is for the sender. */
  receive: ((signal: Signal) => void) | undefined;
}

export interface Execution {
  readonly id: string;
  /** Order of start, for lists. */
  readonly number: number;
  readonly documentName: string;
  readonly documentVersion: number;
  /** Pinned at the start: an update of the document does not change it. */
  readonly runbook: Runbook;
  readonly given: GivenParameters;
  /** Values of all parameters. */
  readonly parameters: JsonObject;
  /** Whoever started it, by ARN. */
  readonly executedBy: string;
  /** In whose name its steps call. */
  readonly principal: Principal;
  readonly startedAt: Date;
  readonly steps: readonly StepRecord[];
  tags: Tag[];
  status: AutomationExecutionStatus;
  endedAt: Date | undefined;
  current: StepRecord | undefined;
  failureMessage: string | undefined;
  /** Ends what runs now, by a person's order. */
  readonly stop: AbortController;
  /** No further step is to begin (StopAutomationExecution, Type Complete). */
  isCompleting: boolean;
  /** Resolves once the execution has ended and its status stands. */
  readonly done: Promise<void>;
}

const ended: ReadonlySet<AutomationExecutionStatus> = new Set(['Success', 'Failed', 'TimedOut', 'Cancelled']);

/** Whether an execution or a step has come to its end. */
export function hasEnded({ status }: { readonly status: AutomationExecutionStatus }): boolean {
  return ended.has(status);
}
