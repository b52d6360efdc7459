import { NotPlayedError } from '../../../../kernel/errors.ts';
import type { Kernel } from '../../../../kernel/kernel.ts';
import { loadCatalog, type OperationSchema } from '../../../../protocols/catalog.ts';
import { definitions, type ServiceDefinition } from '../../../../protocols/definitions.ts';
import { parseJsonBody, toJson } from '../../../../protocols/json.ts';
import { assertRequired } from '../../../../protocols/required.ts';
import { membersOf, type Shape, traitsOf } from '../../../../protocols/shape.ts';
import type { JsonObject, JsonValue } from '../../../../states/json.ts';
import { apiFailure, invalidContent, StepFailure } from '../errors.ts';
import type { Step } from '../runbook.ts';
import type { Visit } from './action.ts';
import { unlessAborted } from './inputs.ts';

/** Inputs of the API actions that are not the API's own. */
const ofAction: ReadonlySet<string> = new Set(['Service', 'Api', 'PropertySelector', 'DesiredValues']);

/** Names by which boto3 knows services that the region has under another one. */
const namespaces: Readonly<Record<string, string>> = { events: 'eventbridge' };

interface Api {
  readonly definition: ServiceDefinition;
  readonly operation: OperationSchema;
}

/** The API's own inputs among those of a step. */
function parametersOf(inputs: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(inputs).filter(([name]) => !ofAction.has(name)));
}

/**
 * The operation that `Service` and `Api` name: boto3's namespace, and the API in Pascal or snake case. Throws InvalidDocumentContent where
 * there is no such thing, or a parameter of it, and NotPlayedError where the region has it not.
 */
export async function findApi(kernel: Kernel, step: Step): Promise<Api> {
  const { Service: service, Api: api } = step.inputs;
  if (typeof service !== 'string' || typeof api !== 'string')
    throw invalidContent(`Step "${step.name}" must have Service and Api as texts.`);
  const id = namespaces[service] ?? service;
  const definition = definitions.find((each) => each.id === id);
  if (!definition) throw new NotPlayedError(`the service ${service}, which step "${step.name}" calls`);
  const { operations } = await loadCatalog(definition);
  const wanted = api.replaceAll('_', '').toLowerCase();
  const operation = [...operations.values()].find(({ name }) => name.toLowerCase() === wanted);
  if (!operation) throw invalidContent(`Step "${step.name}" calls ${api}, which ${service} does not have.`);
  refuseStreaming(step, operation);
  kernel.assertPlayed(definition.id, operation.method);
  checkParameters(step, operation);
  return { definition, operation };
}

function refuseStreaming(step: Step, { name, input, output }: OperationSchema): void {
  if (isStreaming(input) || isStreaming(output))
    throw invalidContent(`Step "${step.name}" calls ${name}, a streaming API, which no action supports.`);
}

function checkParameters(step: Step, { name, input }: OperationSchema): void {
  const known = new Set([...membersOf(input)].map(([member]) => member));
  const unknown = Object.keys(parametersOf(step.inputs)).find((each) => !known.has(each));
  if (unknown !== undefined)
    throw invalidContent(
      `Step "${step.name}" gives ${name} the parameter ${unknown}, which it does not have.`,
    );
}

/** Whether a request or response is not all data: its body is an object's or a function's bytes. */
function isStreaming(shape: Shape): boolean {
  return [...membersOf(shape)].some(
    ([, member]) => member.isStreaming() || (traitsOf(member).httpPayload === 1 && member.isBlobSchema()),
  );
}

/** Calls a step's API as its principal, and gives the response as JSON. Throws StepFailure for what the API refuses. */
export async function callApi(visit: Visit): Promise<JsonValue> {
  const { kernel, step, inputs, principal, signal } = visit;
  const { definition, operation } = await findApi(kernel, step);
  const input = readInput(operation, parametersOf(inputs));
  try {
    assertRequired(definition, operation.input, input);
    const work = kernel.invoke(definition.id, operation.method, input, principal);
    const answer = await unlessAborted(work, signal);
    return toJson(operation.output, answer ?? {}, { jsonNames: false }, operation.name) as JsonValue;
  } catch (thrown) {
    throw apiFailure(operation.name, thrown);
  }
}

function readInput(operation: OperationSchema, parameters: JsonObject): object {
  try {
    return parseJsonBody(operation.input, JSON.stringify(parameters), { jsonNames: false }) as object;
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new StepFailure('InputValidation', `Parameter validation failed: ${reason}`);
  }
}
