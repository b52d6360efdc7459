import type { InvokeCommandInput, InvokeCommandOutput } from '@aws-sdk/client-lambda';
import { Uint8ArrayBlobAdapter } from '@smithy/core/serde';
import { AwsError } from '../../kernel/errors.ts';
import type { Kernel, RequestContext } from '../../kernel/kernel.ts';
import { onlyPlayed } from '../common/request.ts';
import { sourceArnOf } from '../common/service-principal.ts';
import type { AsyncInvocations } from './async-invocations.ts';
import type { Functions, ResolvedVersion } from './functions.ts';
import { allowsService } from './policy.ts';
import type { Runner } from './run.ts';

const syncPayloadLimit = 6 * 1024 * 1024;
const asyncPayloadLimit = 1024 * 1024;
const responseLimit = 6_291_556;

type InvokeOutput = Omit<InvokeCommandOutput, '$metadata'>;

/** The Invoke operation: RequestResponse, Event and DryRun. */
export function createInvoke(
  kernel: Kernel,
  functions: Functions,
  runner: Runner,
  background: AsyncInvocations,
) {
  return async (input: InvokeCommandInput, context: RequestContext): Promise<InvokeOutput> => {
    onlyPlayed('lambda.invoke', input, [
      'FunctionName',
      'Qualifier',
      'InvocationType',
      'LogType',
      'Payload',
      'ClientContext',
    ]);
    const target = functions.resolve(input.FunctionName, input.Qualifier);
    checkCaller(kernel, target, context);
    const type = input.InvocationType ?? 'RequestResponse';
    const payload = readPayload(input.Payload, type === 'Event' ? asyncPayloadLimit : syncPayloadLimit);
    if (type === 'DryRun') return { StatusCode: 204 };
    if (type === 'Event') {
      background.accept(target, context.requestId, payload);
      return { StatusCode: 202 };
    }
    if (type !== 'RequestResponse')
      throw new AwsError('InvalidParameterValueException', `InvocationType ${type} is unknown.`);
    const clientContext = input.ClientContext && Buffer.from(input.ClientContext, 'base64').toString('utf8');
    const { outcome, tail } = await runner.run({
      target,
      requestId: context.requestId,
      payload,
      ...(clientContext ? { clientContext } : {}),
    });
    const answered = outcome.kind === 'answered';
    return {
      StatusCode: 200,
      ExecutedVersion: target.version.version,
      ...(answered && fits(outcome.payload) ? {} : { FunctionError: 'Unhandled' }),
      ...(input.LogType === 'Tail' ? { LogResult: Buffer.from(tail).toString('base64') } : {}),
      Payload: Uint8ArrayBlobAdapter.fromString(
        answered ? limited(outcome.payload) : JSON.stringify(outcome.error),
      ),
    };
  };
}

/** A service calls only where the function's resource policy lets it (AddPermission); roles and users go by their own policies. */
function checkCaller(kernel: Kernel, target: ResolvedVersion, { principal }: RequestContext): void {
  const sourceArn = sourceArnOf(principal);
  if (sourceArn === undefined) return;
  const statements = target.fn.policies.get(target.reference.qualifier ?? '$LATEST')?.values() ?? [];
  const caller = { service: principal.arn, sourceArn, accountId: kernel.accountId };
  if (allowsService(statements, caller)) return;
  throw new AwsError(
    'AccessDeniedException',
    `${principal.arn} is not authorized to perform: lambda:InvokeFunction on resource: ${target.arn} because no resource-based policy allows the lambda:InvokeFunction action`,
    { status: 403 },
  );
}

function readPayload(payload: InvokeCommandInput['Payload'], limit: number): string {
  const text =
    typeof payload === 'string'
      ? payload
      : Buffer.from((payload ?? new Uint8Array()) as Uint8Array).toString('utf8');
  const bytes = Buffer.byteLength(text);
  if (bytes > limit) {
    throw new AwsError(
      'RequestTooLargeException',
      `${bytes} byte payload is too large for the Event or RequestResponse invocation type (limit ${limit} bytes)`,
      { status: 413, members: { Type: 'User' } },
    );
  }
  if (text === '') return '{}';
  try {
    JSON.parse(text);
    return text;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AwsError(
      'InvalidRequestContentException',
      `Could not parse request body into json: ${reason}`,
      {
        members: { Type: 'User' },
      },
    );
  }
}

function fits(payload: string): boolean {
  return Buffer.byteLength(payload) <= responseLimit;
}

function limited(payload: string): string {
  if (fits(payload)) return payload;
  return JSON.stringify({
    errorType: 'Function.ResponseSizeTooLarge',
    errorMessage: `Response payload size exceeded maximum allowed payload size (${responseLimit} bytes).`,
  });
}
