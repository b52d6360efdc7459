import { readArguments } from '../../functions/runbooks/decide-runbook.ts';
import type { Runbook } from '../../functions/runbooks/definitions.ts';
import { RunbookRefused } from '../../functions/runtime/errors.ts';
import { CommandError, type Output } from '../output.ts';
import type { Target } from '../target.ts';
import { findRunbook } from './automations.ts';
import { watchRunbook } from './watch.ts';

export interface StartRequest {
  readonly name: string;
  /** `Name=value`. */
  readonly parameters: readonly string[];
  readonly approver?: readonly string[];
  readonly watch: boolean;
}

/** `trivet runbook start NAME Name=value …`. Wrong parameters are said, all of them, before anything is started. */
export async function startRunbook(target: Target, request: StartRequest, output: Output): Promise<number> {
  const runbook = findRunbook(request.name);
  const approvers = request.approver ?? [target.callerArn];
  const given = readParameters(runbook, request.parameters);
  const id = await beginRunbook(target, runbook, given, approvers);
  output.say(`${runbook.name} ${id}`);
  if (runbook.approval)
    output.say(`  waits for ${approvers.join(' or ')}: trivet runbook approve ${id} (or --reject)`);
  if (request.watch) return watchRunbook(target, id, output);
  output.result({ id, runbook: runbook.name });
  return 0;
}

/**
 * Starts a runbook's automation and gives its ID; without approvers, the caller may approve. Throws CommandError that names every parameter
 * which is wrong, before anything is started, and for what SSM refuses.
 */
export async function beginRunbook(
  target: Target,
  runbook: Runbook,
  parameters: Readonly<Record<string, string>>,
  approvers: readonly string[] = [target.callerArn],
): Promise<string> {
  const given = checked(runbook, parameters);
  return start(target, runbook, {
    ...Object.fromEntries(Object.entries(given).map(([name, value]) => [name, [value]])),
    ...(runbook.approval && { Approvers: [...approvers] }),
  });
}

/** Names as a person writes them, in any case. */
function readParameters({ parameters }: Runbook, texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const [, name = '', value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
      if (name === '') throw new CommandError(`${text}: write parameters as Name=value.`);
      const known = parameters.find((one) => one.name.toLowerCase() === name.toLowerCase());
      return [known?.name ?? name, value];
    }),
  );
}

function checked({ name }: Runbook, parameters: Record<string, string>): Readonly<Record<string, string>> {
  try {
    return readArguments({ runbook: name, automation: '', parameters });
  } catch (error) {
    if (!(error instanceof RunbookRefused)) throw error;
    throw new CommandError(`${error.message}. trivet runbook show ${name} tells what it asks.`);
  }
}

async function start(
  target: Target,
  { name }: Runbook,
  Parameters: Record<string, string[]>,
): Promise<string> {
  const DocumentName = `${target.deployment}-${name}`;
  try {
    const { AutomationExecutionId = '' } = await target.ssm.startAutomationExecution({
      DocumentName,
      Parameters,
    });
    return AutomationExecutionId;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error.name === 'AutomationDefinitionNotFoundException')
      throw new CommandError(
        `there is no document ${DocumentName} in ${target.region}: is Trivet deployed there?`,
      );
    if (/^(InvalidAutomation|AutomationExecutionLimit|Validation|AccessDenied)/.test(error.name))
      throw new CommandError(`${DocumentName} was not started: ${error.message}`);
    throw error;
  }
}
