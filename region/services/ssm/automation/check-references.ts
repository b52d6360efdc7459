import { NotPlayedError } from '../../../kernel/errors.ts';
import { playedAction } from './actions/index.ts';
import { invalidContent } from './errors.ts';
import { outputReference, referencesIn, systemVariables } from './references.ts';
import type { Runbook, Step } from './runbook.ts';

/** Checks that what a document refers to is there: parameters, outputs of steps, system variables. */
export function checkReferences(runbook: Runbook): void {
  const { mainSteps: steps, outputs } = runbook;
  for (const step of steps) {
    for (const reference of referencesIn(step.inputs)) checkReference(runbook, step, reference);
  }
  for (const output of outputs) {
    const named = outputReference(output);
    if (!named) throw invalidContent(`The output "${output}" is not of the form STEP.OUTPUT.`);
    checkOutput(steps, named, `The output "${output}"`);
  }
}

function checkReference({ parameters, mainSteps }: Runbook, step: Step, reference: string): void {
  if (systemVariables.includes(reference) || Object.hasOwn(parameters, reference)) return;
  if (/^(variable|global|automation|loop):/.test(reference))
    throw new NotPlayedError(`the variable ${reference} in automations (step "${step.name}")`);
  const named = outputReference(reference);
  // A parameter of Parameter Store is refused by the same words: it may stand in a default only.
  if (!named) throw invalidContent(`Parameter "${reference}" is not declared.`);
  if (named.step === step.name)
    throw invalidContent(`Step "${step.name}" refers to its own output ${reference}.`);
  checkOutput(mainSteps, named, `Step "${step.name}"`);
}

function checkOutput(
  steps: readonly Step[],
  { step: name, output }: { readonly step: string; readonly output: string },
  who: string,
): void {
  const step = steps.find((each) => each.name === name);
  if (!step) throw invalidContent(`${who} refers to the step "${name}", which is no step of the document.`);
  if (!playedAction(step).outputs(step).includes(output))
    throw invalidContent(`${who} refers to ${name}.${output}, which is no output of ${step.action}.`);
}
