import type { AutomationExecution, AutomationExecutionMetadata, StepExecution } from '@aws-sdk/client-ssm';
import type { JsonObject, JsonValue } from '../../../states/json.ts';
import { playedAction } from './actions/index.ts';
import { followerOf } from './check-steps.ts';
import type { Execution, StepRecord } from './execution.ts';
import { outputReference, textOf } from './references.ts';
import { stepNamedBy } from './runbook.ts';

/** What AWS gives for an output of a step that has not succeeded. */
const noOutput = 'No output available yet because the step is not successfully executed';

/** An execution as GetAutomationExecution shows it. */
export function describeExecution(execution: Execution): AutomationExecution {
  const { Target: _target, ...shared } = describeMetadata(execution);
  return {
    ...shared,
    Parameters: Object.fromEntries(
      Object.entries(execution.given).map(([name, values]) => [name, [...values]]),
    ),
    StepExecutions: execution.steps.map((record) => describeStep(execution, record)),
    StepExecutionsTruncated: false,
  };
}

/** An execution as DescribeAutomationExecutions lists it. */
export function describeMetadata(execution: Execution): AutomationExecutionMetadata {
  const { current, endedAt, failureMessage } = execution;
  return {
    AutomationExecutionId: execution.id,
    DocumentName: execution.documentName,
    DocumentVersion: String(execution.documentVersion),
    AutomationExecutionStatus: execution.status,
    ExecutionStartTime: execution.startedAt,
    ...(endedAt === undefined ? {} : { ExecutionEndTime: endedAt }),
    ExecutedBy: execution.executedBy,
    Outputs: outputsOf(execution),
    Mode: 'Auto',
    ...(current === undefined
      ? {}
      : { CurrentStepName: current.step.name, CurrentAction: current.step.action }),
    ...(failureMessage === undefined ? {} : { FailureMessage: failureMessage }),
    Targets: [],
    ResolvedTargets: { ParameterValues: [], Truncated: false },
    AutomationType: 'Local',
  };
}

function outputsOf({ runbook, steps }: Execution): Record<string, string[]> {
  return Object.fromEntries(
    runbook.outputs.map((output) => {
      const named = outputReference(output);
      const record = steps.find(({ step }) => step.name === named?.step);
      const value = record?.status === 'Success' ? record.outputs[named?.output ?? ''] : undefined;
      return [output, value === undefined ? [noOutput] : listOf(value)];
    }),
  );
}

/** A step as both operations that show steps have it. */
export function describeStep({ runbook }: Execution, record: StepRecord): StepExecution {
  const { step, startedAt, endedAt, inputs = {}, outputs, failure } = record;
  const next = step.isEnd ? undefined : followerOf(step, runbook.mainSteps);
  const timeout = step.timeoutSeconds ?? playedAction(step).defaultTimeoutSeconds;
  const chosen = playedAction(step).targets?.(step) ?? [];
  const valid = [...chosen, next, stepNamedBy(step.onFailure)].filter((name) => name !== undefined);
  return {
    StepName: step.name,
    Action: step.action,
    ...(timeout === undefined ? {} : { TimeoutSeconds: timeout }),
    OnFailure: step.onFailure,
    MaxAttempts: step.maxAttempts,
    ...(startedAt === undefined ? {} : { ExecutionStartTime: startedAt }),
    ...(endedAt === undefined ? {} : { ExecutionEndTime: endedAt }),
    StepStatus: record.status,
    Inputs: mapValues(inputs, (value) => JSON.stringify(value)),
    Outputs: mapValues(outputs, listOf),
    ...(failure === undefined ? {} : { FailureMessage: failure.message }),
    ...(failure?.stage === undefined
      ? {}
      : { FailureDetails: { FailureStage: failure.stage, FailureType: 'Action' } }),
    StepExecutionId: record.id,
    OverriddenParameters: {},
    IsEnd: step.isEnd,
    ...(next === undefined ? {} : { NextStep: next }),
    IsCritical: step.isCritical ?? step.onFailure !== 'Continue',
    ValidNextSteps: [...new Set(valid)],
  };
}

function mapValues<T>(object: JsonObject, map: (value: JsonValue) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value)]));
}

function listOf(value: JsonValue): string[] {
  return Array.isArray(value) ? value.map((item: JsonValue) => textOf(item)) : [textOf(value)];
}
