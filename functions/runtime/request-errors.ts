/** What people ask for and do not get: part of the one vocabulary, and to be imported from errors.ts. */
import { TrivetError } from './trivet-error.ts';

/** A node is not replaced on purpose now: another slot is not well, or what was asked for needs another word. Named by a Pass state; no task throws it. */
export class ReplacementRefused extends TrivetError {
  override readonly name = 'ReplacementRefused' as const;
  override readonly kind = 'terminal' as const;
}

/** A certificate was asked for that is not given to anybody. */
export class RequestRefused extends TrivetError {
  override readonly name = 'RequestRefused' as const;
  override readonly kind = 'terminal' as const;
}

/** A person asks for a size that a pool cannot have, or in a form that is none; nothing was changed. */
export class ScalingRefused extends TrivetError {
  override readonly name = 'ScalingRefused' as const;
  override readonly kind = 'terminal' as const;
}

/** A person's size was reached in part only: no zone gives the rest, or a worker has to stay. */
export class ScalingUnfinished extends TrivetError {
  override readonly name = 'ScalingUnfinished' as const;
  override readonly kind = 'terminal' as const;
}

/** A person asked for something that cannot be done now, or not to this cluster: nothing was started. The message says why. */
export class RunbookRefused extends TrivetError {
  override readonly name = 'RunbookRefused' as const;
  override readonly kind = 'terminal' as const;
}

/** A workflow that a runbook started has failed. Named by a Fail state; no task throws it. */
export class RunbookFailed extends TrivetError {
  override readonly name = 'RunbookFailed' as const;
  override readonly kind = 'terminal' as const;
}

/** A cluster is not taken away: its name was not typed again as it is, or it is not marked as being retired. */
export class RetirementRefused extends TrivetError {
  override readonly name = 'RetirementRefused' as const;
  override readonly kind = 'terminal' as const;
}

/** After a retirement something of the cluster is still there. Named by a Pass state; no task throws it. */
export class RetirementIncomplete extends TrivetError {
  override readonly name = 'RetirementIncomplete' as const;
  override readonly kind = 'terminal' as const;
}
