import type { EC2 } from '@aws-sdk/client-ec2';
import * as z from 'zod/mini';
import { CommandError } from '../output.ts';
import type { ActionAnswer } from './contracts.ts';

/** What an embedded region says of itself at the door at which it can be broken (region/control.ts); AWS has no such door. */
const regionState = z.object({ faults: z.array(z.string()), zonesCut: z.array(z.string()) });
export type RegionState = z.infer<typeof regionState>;

const faultsPath = '/_trivet/faults';

/** Whether an endpoint is on this machine, where alone embedded regions listen. */
export function isLoopback(endpoint: string): boolean {
  const { hostname } = new URL(endpoint);
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}

/** What is broken of the region there; undefined for AWS and for everything else that is no embedded region. */
export async function readRegion(
  endpoint: string | undefined,
  signal: AbortSignal,
): Promise<RegionState | undefined> {
  if (endpoint === undefined || !isLoopback(endpoint)) return undefined;
  const answer = await fetch(new URL(faultsPath, endpoint), { signal });
  if (!answer.ok) return undefined;
  return regionState.safeParse(await answer.json()).data;
}

/** Where things are broken. */
export interface BreakDeps {
  readonly endpoint: string | undefined;
  readonly ec2: Pick<EC2, 'terminateInstances'>;
}

/** What each breaks is named by. */
const orders: Readonly<Record<string, string>> = {
  'kill-instance': 'instanceId',
  'lose-volume': 'volumeId',
  'cut-zone': 'zone',
  'join-zone': 'zone',
};

const breakTimeoutMilliseconds = 10_000;

/**
 * Breaks something, in an embedded region alone: it asks there anew each time, whatever the page was told. Throws CommandError where it is
 * not one, and for what the region refuses.
 */
export async function breakIt(
  name: string,
  parameters: Readonly<Record<string, string>>,
  { ec2, endpoint }: BreakDeps,
): Promise<ActionAnswer> {
  const parameter = Object.hasOwn(orders, name) ? orders[name] : undefined;
  if (parameter === undefined)
    throw new CommandError(`nothing is broken by ${name}; there are: ${Object.keys(orders).join(', ')}.`);
  if ((parameters[parameter] ?? '') === '') throw new CommandError(`${parameter}: it is missing.`);
  const signal = AbortSignal.timeout(breakTimeoutMilliseconds);
  if (endpoint === undefined || !(await readRegion(endpoint, signal)))
    throw new CommandError('this is no embedded region: nothing is broken on AWS.');
  const { instanceId = '', volumeId = '', zone = '' } = parameters;
  switch (name) {
    case 'kill-instance':
      await ec2.terminateInstances({ InstanceIds: [instanceId] });
      return { message: `${instanceId} is terminated.` };
    case 'lose-volume':
      await order(endpoint, { fault: name, volumeId }, signal);
      return { message: `${volumeId} is lost.` };
    default:
      await order(endpoint, { fault: name, zone }, signal);
      return { message: name === 'cut-zone' ? `Zone ${zone} is cut off.` : `Zone ${zone} is joined again.` };
  }
}

async function order(endpoint: string, fault: object, signal: AbortSignal): Promise<void> {
  const answer = await fetch(new URL(faultsPath, endpoint), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(fault),
    signal,
  });
  if (answer.ok) return;
  const { message = answer.statusText } = (await answer.json().catch(() => ({}))) as { message?: string };
  throw new CommandError(message);
}
