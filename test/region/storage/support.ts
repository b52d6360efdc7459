import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { createKernel } from '../../../region/kernel/create-kernel.ts';
import type { Delays } from '../../../region/kernel/delays.ts';
import type { AwsError } from '../../../region/kernel/errors.ts';
import type { Kernel, Principal, Service, ServiceId } from '../../../region/kernel/kernel.ts';

export const administrator: Principal = {
  kind: 'user',
  arn: 'arn:aws:iam::123456789012:user/administrator',
  userId: 'AIDAADMINISTRATOR0000',
};

const ends: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

type Maker = (kernel: Kernel) => Service;

/** A kernel with some services, all gone after the test; delays may stand first. */
export async function regionOf(first: Maker | Partial<Delays>, ...rest: Maker[]): Promise<Kernel> {
  const stateDir = mkdtempSync(join(tmpdir(), 'trivet-storage-'));
  const makers = typeof first === 'function' ? [first, ...rest] : rest;
  const kernel = createKernel({ stateDir, ...(typeof first === 'object' && { delays: first }) });
  const services = makers.map((make) => make(kernel));
  for (const service of services) kernel.register(service);
  for (const service of services) await service.start?.();
  ends.push(async () => {
    for (const service of services.reverse()) await service.stop?.();
    kernel.clock.stop();
    rmSync(stateDir, { recursive: true, force: true });
  });
  return kernel;
}

/** Calls of one service as the administrator: `await s3('putObject', {…})`. */
export function caller(kernel: Kernel, id: ServiceId, principal: Principal = administrator) {
  return <O = Record<string, unknown>>(operation: string, input: object = {}): Promise<O> =>
    kernel.invoke<O>(id, operation, input, principal);
}

/** The refusal that a call ends in, as `{code, status, message, members}`. */
export async function refusal(
  call: Promise<unknown>,
): Promise<Pick<AwsError, 'code' | 'status' | 'message' | 'members'>> {
  try {
    await call;
  } catch (error) {
    const { code, status, message, members } = error as AwsError;
    return { code, status, message, members };
  }
  throw new Error('the call was not refused');
}

/** Only the code of a refusal. */
export async function refusedWith(call: Promise<unknown>): Promise<string> {
  return (await refusal(call)).code;
}
