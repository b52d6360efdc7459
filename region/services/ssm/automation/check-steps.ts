import { NotPlayedError } from '../../../kernel/errors.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import { actionOf, playedAction } from './actions/index.ts';
import { invalidContent } from './errors.ts';
import { type Runbook, type Step, stepNamedBy } from './runbook.ts';

/** Checks the steps of a document: names, actions and their inputs, and that every way through them ends. */
export async function checkSteps(kernel: Kernel, { mainSteps: steps }: Runbook): Promise<void> {
  const names = new Set<string>();
  for (const { name } of steps) {
    if (names.has(name)) throw invalidContent(`The step name "${name}" is not unique.`);
    names.add(name);
  }
  for (const step of steps) await checkStep(kernel, step);
  for (const step of steps) checkLinks(step, steps);
  const circle = findCircle(steps);
  if (circle) throw invalidContent(`The document has an infinite loop: ${circle.join(' -> ')}.`);
}

async function checkStep(kernel: Kernel, step: Step): Promise<void> {
  const action = actionOf(step);
  if (action === undefined)
    throw invalidContent(`Step "${step.name}" has the unknown action ${step.action}.`);
  if (action === 'not played')
    throw new NotPlayedError(`the automation action ${step.action} (step "${step.name}")`);
  if (action.inputs) checkInputNames(step, action.inputs);
  const longest = action.longestTimeoutSeconds;
  if (longest !== undefined && (step.timeoutSeconds ?? 0) > longest)
    throw invalidContent(`Step "${step.name}": timeoutSeconds of ${step.action} is at most ${longest}.`);
  await action.check?.(kernel, step);
}

function checkInputNames(
  step: Step,
  { required, optional }: { readonly required: readonly string[]; readonly optional: readonly string[] },
): void {
  const known = [...required, ...optional];
  if (Object.keys(step.inputs).some((name) => !known.includes(name)))
    throw invalidContent(
      `Unknown input names provided. Known=[ [${known.join(', ')}] ], provided=[ [${Object.keys(step.inputs).join(', ')}] ] in step: ${step.name}.`,
    );
  const missing = required.find((name) => step.inputs[name] === undefined);
  if (missing !== undefined)
    throw invalidContent(`Step "${step.name}" lacks the required input "${missing}".`);
  if (step.outputs) throw new NotPlayedError(`outputs of ${step.action} (step "${step.name}")`);
}

function checkLinks(step: Step, steps: readonly Step[]): void {
  const { name, nextStep, onFailure, onCancel } = step;
  const links = [
    nextStep,
    stepNamedBy(onFailure),
    stepNamedBy(onCancel),
    ...(playedAction(step).targets?.(step) ?? []),
  ];
  for (const link of links) {
    if (link !== undefined && !steps.some((each) => each.name === link))
      throw invalidContent(`Step "${name}" leads to "${link}", which is no step of the document.`);
  }
  const afterCancel = steps.find((each) => each.name === stepNamedBy(onCancel));
  if (afterCancel && !playedAction(afterCancel).canFollowCancel)
    throw invalidContent(
      `Step "${name}": onCancel cannot lead to "${afterCancel.name}", a step of ${afterCancel.action}.`,
    );
}

/** The step that follows where nothing else is said: `nextStep`, or the one below; undefined after the last one. */
export function followerOf(step: Step, steps: readonly Step[]): string | undefined {
  return step.nextStep ?? steps[steps.indexOf(step) + 1]?.name;
}

/** Every step that may come after one. */
function followersOf(step: Step, steps: readonly Step[]): string[] {
  const { isEnd, onFailure, onCancel, inputs } = step;
  const chosen = playedAction(step).targets?.(step) ?? [];
  const goesOn = !isEnd && !(step.action === 'aws:branch' && inputs.Default !== undefined);
  const follower = goesOn ? followerOf(step, steps) : undefined;
  return [...chosen, follower, stepNamedBy(onFailure), stepNamedBy(onCancel)].filter(
    (name) => name !== undefined,
  );
}

/** A way that comes back to a step of its own: no document has one, on AWS either. */
function findCircle(steps: readonly Step[]): string[] | undefined {
  const done = new Set<string>();
  const visit = (name: string, way: readonly string[]): string[] | undefined => {
    if (way.includes(name)) return [...way.slice(way.indexOf(name)), name];
    const step = steps.find((each) => each.name === name);
    if (!step || done.has(name)) return undefined;
    for (const follower of followersOf(step, steps)) {
      const circle = visit(follower, [...way, name]);
      if (circle) return circle;
    }
    done.add(name);
    return undefined;
  };
  for (const { name } of steps) {
    const circle = visit(name, []);
    if (circle) return circle;
  }
  return undefined;
}
