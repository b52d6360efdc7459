import type { SendAutomationSignalCommandInput } from '@aws-sdk/client-ssm';
import { AwsError } from '../../../kernel/errors.ts';
import type { Principal } from '../../../kernel/kernel.ts';
import { invalid } from '../state.ts';
import { type Execution, hasEnded, type StepRecord } from './execution.ts';

const types = ['Approve', 'Reject', 'StartStep', 'StopStep', 'Resume', 'Revoke'];

/**
 * Gives a signal to the step that waits for it: Approve and Reject to the one that waits for approvals, Resume to the paused one that its
 * payload names. Throws InvalidAutomationSignalException and AutomationStepNotFoundException. The other signals are for automations that run
 * step by step, and for change requests: no automation here is one.
 */
export function sendSignal(
  execution: Execution,
  input: SendAutomationSignalCommandInput,
  sender: Principal,
): void {
  const type = input.SignalType ?? '';
  if (!types.includes(type))
    throw invalid(
      `1 validation error detected: Value '${type}' at 'signalType' failed to satisfy constraint: Member must satisfy enum value set: [${types.join(', ')}]`,
    );
  if (type !== 'Approve' && type !== 'Reject' && type !== 'Resume')
    throw refusal(`${type} is not valid for the automation ${execution.id}, which runs in the mode Auto.`);
  if (hasEnded(execution))
    throw refusal(
      `${type} is not valid for the automation ${execution.id}, which has ended as ${execution.status}.`,
    );
  const record = type === 'Resume' ? namedStep(execution, input) : execution.current;
  if (!record?.receive)
    throw refusal(
      `${type} is not valid for the automation ${execution.id}: ${record ? `its step "${record.step.name}" is ${record.status} and` : 'it'} waits for no signal.`,
    );
  record.receive({ type, comment: input.Payload?.Comment?.[0], sender });
}

/** The step that a Resume names: without a name, or with one of no step, it is for none. */
function namedStep(
  { id, steps }: Execution,
  { Payload: payload }: SendAutomationSignalCommandInput,
): StepRecord {
  const name = payload?.StepName?.[0];
  if (name === undefined) throw refusal(`Resume must name its step in the payload: StepName="step".`);
  const record = steps.find(({ step }) => step.name === name);
  if (record) return record;
  throw new AwsError(
    'AutomationStepNotFoundException',
    `The specified step name and execution ID don't exist: ${name}, ${id}`,
  );
}

function refusal(message: string): AwsError {
  return new AwsError('InvalidAutomationSignalException', message);
}
