import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createKernel, type KernelOptions } from '../../../../region/kernel/create-kernel.ts';
import type {
  Kernel,
  Principal,
  Service,
  ServiceId,
  UntypedOperation,
} from '../../../../region/kernel/kernel.ts';

/** A directory that goes with the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'trivet-deploy-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A kernel with a state directory of its own; its services and clock stop with the test. */
export function testKernel(options: Partial<KernelOptions> = {}): Kernel {
  const kernel = createKernel({ stateDir: temporaryDirectory(), ...options });
  onTestFinished(async () => {
    for (const service of [...kernel.services()].reverse()) await service.stop?.();
    kernel.clock.stop();
  });
  return kernel;
}

/** A service of just these operations. */
export function fakeService(
  id: ServiceId,
  operations: Record<string, UntypedOperation>,
  extras: object = {},
): Service {
  return { id, operations, ...extras };
}

/** Roles that exist and trust everyone. */
export const fakeIam = (): Service =>
  fakeService('iam', {
    getRole: (input: { RoleName: string }) => ({
      Role: {
        RoleName: input.RoleName,
        RoleId: `AROA${input.RoleName.toUpperCase()}`,
        AssumeRolePolicyDocument: encodeURIComponent(
          '{"Statement":[{"Principal":{"Service":["lambda.amazonaws.com","states.amazonaws.com"]}}]}',
        ),
      },
    }),
  });

/** What was called, and what was sent to a queue instead. */
export interface Targets {
  readonly calls: { readonly payload: unknown; readonly principal: Principal }[];
  readonly letters: {
    readonly MessageBody: string;
    readonly MessageAttributes: Record<string, { StringValue: string }>;
  }[];
}

/** Lambda and SQS as targets that only write down; Lambda answers by `answer`, which may throw. */
export function fakeTargets(kernel: Kernel, answer: () => unknown = () => ({ StatusCode: 202 })): Targets {
  const targets: Targets = { calls: [], letters: [] };
  kernel.register(
    fakeService('lambda', {
      invoke: (input: { Payload: Uint8Array }, { principal }: { principal: Principal }) => {
        targets.calls.push({ payload: JSON.parse(Buffer.from(input.Payload).toString()), principal });
        return answer();
      },
    }),
  );
  kernel.register(
    fakeService('sqs', {
      getQueueUrl: ({ QueueName }: { QueueName: string }) => ({ QueueUrl: QueueName }),
      sendMessage: (message: Targets['letters'][number]) => void targets.letters.push(message),
    }),
  );
  return targets;
}
