import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createKernel, type KernelOptions } from '../../../../region/kernel/create-kernel.ts';
import type { Kernel, Service, ServiceId, UntypedOperation } from '../../../../region/kernel/kernel.ts';

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
