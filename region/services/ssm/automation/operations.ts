import type {
  GetAutomationExecutionCommandInput,
  SendAutomationSignalCommandInput,
  SSM,
  StartAutomationExecutionCommandInput,
  StopAutomationExecutionCommandInput,
} from '@aws-sdk/client-ssm';
import { AwsError, NotPlayedError } from '../../../kernel/errors.ts';
import type { Operations, RequestContext } from '../../../kernel/kernel.ts';
import { fingerprint, onlyPlayed } from '../../common/request.ts';
import { findDocument, findVersion } from '../documents/document.ts';
import { checkTags, invalid, type SsmState } from '../state.ts';
import { type Execution, hasEnded } from './execution.ts';
import type { Executions } from './executions.ts';
import { executionLists } from './lists.ts';
import { describeExecution } from './shapes.ts';
import { sendSignal } from './signals.ts';
import { checkBounds } from './start-parameters.ts';

const tokenForm = /^[a-fA-F0-9]{8}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{12}$/;
const tagsMax = 5;

/** Starting, showing, signalling and stopping automations. */
export function automationOperations(ssm: SsmState, executions: Executions) {
  const find = (id: string | undefined): Execution => findExecution(executions, id);
  const start = createStart(ssm, executions);
  return {
    startAutomationExecution: (input, context) => start(input, context),
    getAutomationExecution: (input: GetAutomationExecutionCommandInput) => ({
      AutomationExecution: describeExecution(find(input.AutomationExecutionId)),
    }),
    sendAutomationSignal: (input: SendAutomationSignalCommandInput, context) => {
      sendSignal(find(input.AutomationExecutionId), input, context.principal);
      return {};
    },
    stopAutomationExecution: (input: StopAutomationExecutionCommandInput) => {
      stop(executions, find(input.AutomationExecutionId), input.Type);
      return {};
    },
    ...executionLists(executions, find),
  } satisfies Operations<SSM>;
}

/** The execution of an id. Throws ValidationException and AutomationExecutionNotFoundException. */
function findExecution(executions: Executions, id = ''): Execution {
  if (id.length !== 36)
    throw invalid(
      `1 validation error detected: Value '${id}' at 'automationExecutionId' failed to satisfy constraint: Member must have length 36`,
    );
  const execution = executions.find(id);
  if (execution) return execution;
  throw new AwsError(
    'AutomationExecutionNotFoundException',
    `There is no automation execution information for the requested automation execution ID: ${id}`,
  );
}

/** StartAutomationExecution. The same ClientToken with the same request is the same start, told twice. */
function createStart(ssm: SsmState, executions: Executions) {
  const started = new Map<string, { readonly request: string; readonly execution: Promise<Execution> }>();
  return async (input: StartAutomationExecutionCommandInput, { principal }: RequestContext) => {
    const { ClientToken: token, ...request } = input;
    checkRequest(input);
    const key = token?.toLowerCase();
    const print = fingerprint(request);
    const before = key === undefined ? undefined : started.get(key);
    if (before && before.request !== print)
      throw new AwsError(
        'IdempotentParameterMismatch',
        `The ClientToken ${token} was used before, with another request.`,
      );
    const execution = before?.execution ?? begin(ssm, executions, input, principal);
    if (key !== undefined) {
      started.set(key, { request: print, execution });
      // A start that was refused has used no token.
      execution.catch(() => started.delete(key));
    }
    return { AutomationExecutionId: (await execution).id };
  };
}

function checkRequest(input: StartAutomationExecutionCommandInput): void {
  onlyPlayed('ssm.startAutomationExecution', input, [
    'DocumentName',
    'DocumentVersion',
    'Parameters',
    'ClientToken',
    'Mode',
    'Tags',
  ]);
  const { ClientToken: token, Mode: mode, Tags: tags = [] } = input;
  if (mode === 'Interactive') throw new NotPlayedError('automations in the mode Interactive');
  if (token !== undefined && !tokenForm.test(token))
    throw invalid(
      `1 validation error detected: Value '${token}' at 'clientToken' failed to satisfy constraint: Member must satisfy regular expression pattern: ${tokenForm.source.slice(1, -1)}`,
    );
  if (tags.length > tagsMax) throw invalid(`An automation has at most ${tagsMax} tags.`);
  checkBounds(input.Parameters ?? {});
}

async function begin(
  { documents }: SsmState,
  executions: Executions,
  input: StartAutomationExecutionCommandInput,
  caller: RequestContext['principal'],
): Promise<Execution> {
  const document = findDocument(documents, input.DocumentName);
  if (!document)
    throw new AwsError(
      'AutomationDefinitionNotFoundException',
      `An Automation runbook with the specified name couldn't be found: ${input.DocumentName}`,
    );
  const version = findVersion(document, input.DocumentVersion);
  if (!version)
    throw new AwsError(
      'AutomationDefinitionVersionNotFoundException',
      `An Automation runbook with the specified name and version couldn't be found: ${document.name}, ${input.DocumentVersion}`,
    );
  const tags = checkTags(input.Tags ?? []);
  return executions.start({
    documentName: document.name,
    version,
    given: input.Parameters ?? {},
    caller,
    tags,
  });
}

/** `Cancel` ends what runs now; `Complete` lets it end, and begins nothing after it. */
function stop(executions: Executions, execution: Execution, type = 'Cancel'): void {
  if (type !== 'Cancel' && type !== 'Complete')
    throw invalid(
      `1 validation error detected: Value '${type}' at 'type' failed to satisfy constraint: Member must satisfy enum value set: [Complete, Cancel]`,
    );
  if (hasEnded(execution))
    throw new AwsError(
      'InvalidAutomationStatusUpdateException',
      `The automation ${execution.id} has ended as ${execution.status} and cannot be stopped.`,
    );
  if (type === 'Complete') execution.isCompleting = true;
  // Stopping twice is stopping once.
  else if (execution.status !== 'Cancelling') executions.cancel(execution);
}
