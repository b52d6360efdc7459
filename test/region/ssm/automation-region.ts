import { type AutomationExecution, SSM } from '@aws-sdk/client-ssm';
import { createKernel } from '../../../region/kernel/create-kernel.ts';
import type { AwsEvent, Kernel, Principal, UntypedOperation } from '../../../region/kernel/kernel.ts';
import { createRequestHandler } from '../../../region/protocols/in-process.ts';
import { createIam } from '../../../region/services/iam/index.ts';
import { createSsm } from '../../../region/services/ssm/index.ts';
import { createStepfunctions } from '../../../region/services/stepfunctions/index.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';

export const account = '123456789012';

/** The person at the keyboard. */
export const administrator = `arn:aws:iam::${account}:user/administrator`;

export interface AutomationRegion {
  readonly kernel: Kernel;
  readonly clock: ManualClock;
  /** The administrator's client, over the wire. */
  readonly ssm: SSM;
  readonly events: readonly AwsEvent[];
  /** A client of somebody else. */
  clientOf(principal: Principal): SSM;
  /** Stores a document of these steps and parameters under a name. */
  store(content: object, name?: string): Promise<void>;
  /** Starts the document `runbook`; gives the execution's id. */
  start(parameters?: Readonly<Record<string, string[]>>, more?: object): Promise<string>;
  /** How an execution stands: its status, and of each step name and status. */
  standing(id: string): Promise<string>;
  /** Stores, starts, moves time to the end, and gives the execution. */
  finish(content: object, parameters?: Readonly<Record<string, string[]>>): Promise<AutomationExecution>;
  stop(): Promise<void>;
}

/** Systems Manager, Step Functions and IAM in a region of their own, with a clock that the test moves. */
export function automationRegion(
  played: Readonly<Record<string, Readonly<Record<string, UntypedOperation>>>> = {},
): AutomationRegion {
  const clock = createManualClock();
  const kernel = createKernel({ stateDir: 'unused', clock });
  const events: AwsEvent[] = [];
  kernel.onEvent((event) => events.push(event));
  for (const [id, operations] of Object.entries(played)) kernel.register({ id: id as 'ec2', operations });
  const services = [createIam(kernel), createStepfunctions(kernel), createSsm(kernel)];
  for (const service of services) kernel.register(service);
  const requestHandler = createRequestHandler(kernel);
  const endpoint = 'http://127.0.0.1:1';
  const client = (credentials: { accessKeyId: string; secretAccessKey: string }): SSM =>
    new SSM({ endpoint, region: 'us-east-1', credentials, requestHandler, maxAttempts: 1 });
  const ssm = client({ accessKeyId: 'administrator', secretAccessKey: 'administrator' });

  const store: AutomationRegion['store'] = async (content, name = 'runbook') => {
    await ssm.createDocument({
      Name: name,
      DocumentType: 'Automation',
      Content: JSON.stringify({ schemaVersion: '0.3', ...content }),
    });
  };
  const start: AutomationRegion['start'] = async (Parameters, more = {}) => {
    const { AutomationExecutionId = '' } = await ssm.startAutomationExecution({
      DocumentName: 'runbook',
      ...(Parameters && { Parameters }),
      ...more,
    });
    await clock.settle();
    return AutomationExecutionId;
  };
  const describe = async (AutomationExecutionId: string): Promise<AutomationExecution> =>
    (await ssm.getAutomationExecution({ AutomationExecutionId })).AutomationExecution ?? {};
  return {
    kernel,
    clock,
    ssm,
    events,
    clientOf: (principal) => client(kernel.credentials.issue(principal)),
    store,
    start,
    standing: async (id) => {
      const { AutomationExecutionStatus: status, StepExecutions: steps = [] } = await describe(id);
      return [status, ...steps.map(({ StepName, StepStatus }) => `${StepName} ${StepStatus}`)].join(', ');
    },
    finish: async (content, parameters) => {
      await store(content);
      const id = await start(parameters);
      while ((await describe(id)).ExecutionEndTime === undefined) await clock.advance(60_000);
      return describe(id);
    },
    stop: async () => {
      for (const service of services.toReversed()) await service.stop?.();
    },
  };
}

/** The refusal that a call ends in, as `Code: message`. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    const { name, message } = error as Error;
    return `${name}: ${message}`;
  }
  throw new Error('the call was not refused');
}

/** A step that ends at once, for documents whose subject is another. */
export const nap = (name: string, more: object = {}): object => ({
  name,
  action: 'aws:sleep',
  inputs: { Duration: 'PT1S' },
  ...more,
});
