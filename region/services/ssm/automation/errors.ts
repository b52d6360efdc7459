import { AwsError, NotPlayedError } from '../../../kernel/errors.ts';

/** A document that AWS would not store. */
export function invalidContent(message: string): AwsError {
  return new AwsError('InvalidDocumentContent', message);
}

/** Where in its course a step failed, as `FailureDetails.FailureStage` says it. */
export type FailureStage = 'InputValidation' | 'Invocation' | 'PostVerification';

/** The failure of one attempt of a step. */
export class StepFailure extends Error {
  override readonly name = 'StepFailure';
  readonly stage: FailureStage;

  constructor(stage: FailureStage, message: string) {
    super(message);
    this.stage = stage;
  }
}

/** The step took longer than its `timeoutSeconds`. */
export class StepTimedOut extends Error {
  override readonly name = 'StepTimedOut';
}

/** Somebody stops the automation. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled';
}

/** The region stops, and with it everything that waits. */
export class RegionStops extends Error {
  override readonly name = 'RegionStops';
}

const advice = 'Please refer to Automation Service Troubleshooting Guide for more diagnosis details.';

/** What people read of a failed step, in AWS's frame. */
export function failureMessage(thrown: unknown): string {
  if (thrown instanceof StepTimedOut) return `Step timed out while step is ${thrown.message}. ${advice}`;
  if (thrown instanceof StepFailure) {
    const doing = {
      InputValidation: 'validating and resolving the step inputs',
      Invocation: 'Execute/Cancelling action',
      PostVerification: 'Poll action status for completion',
    }[thrown.stage];
    return `Step fails when it is ${doing}. ${thrown.message}. ${advice}`;
  }
  const reason = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  return `Internal Server Error. ${reason}`;
}

/** An AWS API's refusal, as botocore words it. What is no refusal, and what the region does not play, is passed on as it is. */
export function apiFailure(operation: string, thrown: unknown): unknown {
  if (!(thrown instanceof AwsError)) return thrown;
  if (thrown instanceof NotPlayedError) return new StepFailure('Invocation', thrown.message);
  const { code, message } = thrown;
  return new StepFailure(
    'Invocation',
    `An error occurred (${code}) when calling the ${operation} operation: ${message}`,
  );
}
