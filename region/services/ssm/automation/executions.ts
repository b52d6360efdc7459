import type { Tag } from '@aws-sdk/client-ssm';
import { AwsError } from '../../../kernel/errors.ts';
import type { Kernel, Principal } from '../../../kernel/kernel.ts';
import { assumeRole } from '../../common/assume-role.ts';
import { sessionArn } from '../../common/session-arn.ts';
import type { DocumentVersion } from '../documents/document.ts';
import { Cancelled, RegionStops } from './errors.ts';
import { statusEvent } from './events.ts';
import { type Execution, hasEnded, type StepRecord } from './execution.ts';
import { isRoleArn } from './read-runbook.ts';
import { resolveReferences, textOf } from './references.ts';
import { runAutomation } from './run.ts';
import type { Step } from './runbook.ts';
import {
  documentBytesMax,
  type GivenParameters,
  invalidParameters,
  readParameters,
} from './start-parameters.ts';

/** What is to be run, by whom, with what. */
export interface Beginning {
  readonly documentName: string;
  readonly version: DocumentVersion;
  readonly given: GivenParameters;
  readonly caller: Principal;
  readonly tags: readonly Tag[];
}

/** The automation executions of the region, in the order of their start. */
export interface Executions {
  /** Throws InvalidAutomationExecutionParametersException. */
  start(beginning: Beginning): Promise<Execution>;
  find(id: string): Execution | undefined;
  all(): readonly Execution[];
  /** Stops one that runs, by a person's order. */
  cancel(execution: Execution): void;
  /** Ends all with the region. */
  stop(): Promise<void>;
}

/** No executions yet. */
export function createExecutions(kernel: Kernel): Executions {
  const executions = new Map<string, Execution>();
  const regionStops = new AbortController();
  const announce = (execution: Execution, record?: StepRecord): void =>
    kernel.putEvent(statusEvent(kernel, execution, record));
  return {
    start: async (beginning) => {
      const { version, given, caller } = beginning;
      const id = kernel.ids.uuid();
      const bytes = Buffer.byteLength(version.content) + Buffer.byteLength(JSON.stringify(given));
      if (bytes > documentBytesMax)
        throw invalidParameters('The document and its parameters together are larger than 64 KB.');
      const parameters = readParameters(version.runbook, given);
      const principal =
        (await assumeRunbookRole(kernel, id, version.runbook.assumeRole, parameters)) ?? caller;
      const { promise: done, resolve: markDone } = Promise.withResolvers<void>();
      const execution: Execution = {
        id,
        number: executions.size + 1,
        documentName: beginning.documentName,
        documentVersion: version.number,
        runbook: version.runbook,
        given,
        parameters,
        executedBy: sessionArn(kernel.accountId, caller),
        principal,
        startedAt: kernel.clock.now(),
        steps: version.runbook.mainSteps.map((step) => pending(kernel, step)),
        tags: [...beginning.tags],
        status: 'Pending',
        endedAt: undefined,
        current: undefined,
        failureMessage: undefined,
        stop: new AbortController(),
        isCompleting: false,
        done,
      };
      executions.set(id, execution);
      kernel.background(`automation ${id}`, () =>
        runAutomation(kernel, execution, announce, regionStops.signal).finally(markDone),
      );
      return execution;
    },
    find: (id) => executions.get(id),
    all: () => [...executions.values()],
    cancel: (execution) => {
      const { current } = execution;
      execution.status = 'Cancelling';
      announce(execution);
      if (current && !hasEnded(current)) {
        current.status = 'Cancelling';
        announce(execution, current);
      }
      execution.stop.abort(new Cancelled('the automation is stopped'));
    },
    stop: async () => {
      regionStops.abort(new RegionStops('the region stops'));
      await Promise.all([...executions.values()].map(({ done }) => done));
    },
  };
}

function pending(kernel: Kernel, step: Step): StepRecord {
  return {
    step,
    id: kernel.ids.uuid(),
    status: 'Pending',
    startedAt: undefined,
    endedAt: undefined,
    inputs: undefined,
    outputs: {},
    failure: undefined,
    receive: undefined,
  };
}

/** The session of the runbook's role; undefined where it has none, so that the automation runs as its caller. */
async function assumeRunbookRole(
  kernel: Kernel,
  id: string,
  assumeRoleText: string | undefined,
  parameters: Execution['parameters'],
): Promise<Principal | undefined> {
  const roleArn = textOf(resolveReferences(assumeRoleText ?? '', (name) => parameters[name] ?? ''));
  if (roleArn === '') return undefined;
  if (!isRoleArn(roleArn)) throw invalidParameters('The format of the supplied assume role ARN is invalid.');
  try {
    return await assumeRole(kernel, roleArn, 'ssm.amazonaws.com', `Automation-${id}`);
  } catch (thrown) {
    if (!(thrown instanceof AwsError) || thrown.code !== 'AccessDenied') throw thrown;
    throw invalidParameters(`The defined assume role is unable to be assumed. ${thrown.message}`);
  }
}
