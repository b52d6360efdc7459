/**
 * The one error vocabulary of Trivet's tasks. Lambda reports a thrown error's `name`, and workflows route on it, so each name is a
 * literal: minifiers rename classes (codebases-as-models, habit 9). `retryable` means that the same call may succeed later without
 * anybody changing anything; `terminal` means that it will not.
 */
export type ErrorKind = 'retryable' | 'terminal';

export abstract class TrivetError extends Error {
  abstract override readonly name: string;
  abstract readonly kind: ErrorKind;
}

/** A task was called with an input that its contract refuses: a bug of the caller. */
export class InputInvalid extends TrivetError {
  override readonly name = 'InputInvalid' as const;
  override readonly kind = 'terminal' as const;
}

/** A task made an output that its contract refuses: a bug of the task. */
export class OutputInvalid extends TrivetError {
  override readonly name = 'OutputInvalid' as const;
  override readonly kind = 'terminal' as const;
}

/** The function's environment lacks a variable or holds a malformed one: the deployment is at fault. */
export class ConfigInvalid extends TrivetError {
  override readonly name = 'ConfigInvalid' as const;
  override readonly kind = 'terminal' as const;
}

/** The task ran out of its own time and was aborted just before Lambda would have killed it. */
export class TaskTimedOut extends TrivetError {
  override readonly name = 'TaskTimedOut' as const;
  override readonly kind = 'retryable' as const;
}

/** A cluster spec is malformed. The message lists every problem with its path and fix. */
export class SpecInvalid extends TrivetError {
  override readonly name = 'SpecInvalid' as const;
  override readonly kind = 'terminal' as const;
}

/** A well-formed spec asks for a change that is not safe or not possible here. */
export class SpecRefused extends TrivetError {
  override readonly name = 'SpecRefused' as const;
  override readonly kind = 'terminal' as const;
}

/** Another execution holds the lease. */
export class LeaseHeld extends TrivetError {
  override readonly name = 'LeaseHeld' as const;
  override readonly kind = 'retryable' as const;
}

/** The lease that this execution works under is no longer its own: it must not act any more (S14). */
export class LeaseLost extends TrivetError {
  override readonly name = 'LeaseLost' as const;
  override readonly kind = 'terminal' as const;
}

/** A conditional write to the registry lost against another writer. */
export class RegistryConflict extends TrivetError {
  override readonly name = 'RegistryConflict' as const;
  override readonly kind = 'retryable' as const;
}

/** The plan was made of a record that another execution has changed since: plan again. */
export class PlanStale extends TrivetError {
  override readonly name = 'PlanStale' as const;
  override readonly kind = 'terminal' as const;
}

/** The registry knows no such cluster or slot. */
export class ClusterUnknown extends TrivetError {
  override readonly name = 'ClusterUnknown' as const;
  override readonly kind = 'terminal' as const;
}

/** The cluster is being retired: nothing of it is made or changed any more. */
export class ClusterRetiring extends TrivetError {
  override readonly name = 'ClusterRetiring' as const;
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

/** A conditional write of an object found another version of it. */
export class ObjectConflict extends TrivetError {
  override readonly name = 'ObjectConflict' as const;
  override readonly kind = 'retryable' as const;
}

/** A resource belongs to another cluster or deployment; it is left alone (S20). */
export class ForeignResource extends TrivetError {
  override readonly name = 'ForeignResource' as const;
  override readonly kind = 'terminal' as const;
}

/** AWS throttled the call. */
export class AwsThrottled extends TrivetError {
  override readonly name = 'AwsThrottled' as const;
  override readonly kind = 'retryable' as const;
}

/** AWS failed on its side, could not be reached, or has not yet spread what was just made. */
export class AwsUnavailable extends TrivetError {
  override readonly name = 'AwsUnavailable' as const;
  override readonly kind = 'retryable' as const;
}

/** AWS refused the call. `code` is AWS's own. */
export class AwsRefused extends TrivetError {
  override readonly name = 'AwsRefused' as const;
  override readonly kind = 'terminal' as const;
  readonly code: string;
  constructor(message: string, options: ErrorOptions & { code: string }) {
    super(message, options);
    this.code = options.code;
  }
}

/** A volume is in state `error`, or gone while the registry names it. */
export class VolumeFailed extends TrivetError {
  override readonly name = 'VolumeFailed' as const;
  override readonly kind = 'terminal' as const;
}

/** A volume is attached to another instance that is not yet gone. */
export class VolumeInUse extends TrivetError {
  override readonly name = 'VolumeInUse' as const;
  override readonly kind = 'retryable' as const;
}

/** A volume, interface, load balancer or profile was asked for and is not ready yet. */
export class ResourceNotReady extends TrivetError {
  override readonly name = 'ResourceNotReady' as const;
  override readonly kind = 'retryable' as const;
}

/** The slot has no instance, or one that is not yet where the step needs it. */
export class SlotNotReady extends TrivetError {
  override readonly name = 'SlotNotReady' as const;
  override readonly kind = 'retryable' as const;
}

/** The decision for a slot is `hold`: a person or a later sweep has to act first. */
export class SlotHeld extends TrivetError {
  override readonly name = 'SlotHeld' as const;
  override readonly kind = 'terminal' as const;
}

/** A node is not replaced on purpose now: another slot is not well, or what was asked for needs another word. Named by a Pass state; no task throws it. */
export class ReplacementRefused extends TrivetError {
  override readonly name = 'ReplacementRefused' as const;
  override readonly kind = 'terminal' as const;
}

/** A directive for this instance is there already and says something else. */
export class DirectiveConflict extends TrivetError {
  override readonly name = 'DirectiveConflict' as const;
  override readonly kind = 'terminal' as const;
}

/** A directive, report or marker is not in the form that the node protocol fixes. */
export class ProtocolInvalid extends TrivetError {
  override readonly name = 'ProtocolInvalid' as const;
  override readonly kind = 'terminal' as const;
}

/** No etcd member answered. */
export class EtcdUnreachable extends TrivetError {
  override readonly name = 'EtcdUnreachable' as const;
  override readonly kind = 'retryable' as const;
}

/** etcd answered, and the answer is an error. */
export class EtcdRefused extends TrivetError {
  override readonly name = 'EtcdRefused' as const;
  override readonly kind = 'terminal' as const;
}

/** etcd answers, but the cluster is not yet (or no longer) healthy. */
export class EtcdUnhealthy extends TrivetError {
  override readonly name = 'EtcdUnhealthy' as const;
  override readonly kind = 'retryable' as const;
}

/** No API server of the cluster could be reached, or none could serve. */
export class KubernetesUnavailable extends TrivetError {
  override readonly name = 'KubernetesUnavailable' as const;
  override readonly kind = 'retryable' as const;
}

/** The Kubernetes API answered, and the answer is a refusal. */
export class KubernetesRefused extends TrivetError {
  override readonly name = 'KubernetesRefused' as const;
  override readonly kind = 'terminal' as const;
}

/** No node of the control plane has Kubernetes, and none will by waiting. Named by a Pass state; no task throws it. */
export class KubernetesAbsent extends TrivetError {
  override readonly name = 'KubernetesAbsent' as const;
  override readonly kind = 'terminal' as const;
}

/** A certificate or key in the bucket does not fit what it should be. */
export class CertificateInvalid extends TrivetError {
  override readonly name = 'CertificateInvalid' as const;
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

/** A bounded wait of a workflow came to its end. Named by Fail states; no task throws it. */
export class WaitExhausted extends TrivetError {
  override readonly name = 'WaitExhausted' as const;
  override readonly kind = 'terminal' as const;
}
