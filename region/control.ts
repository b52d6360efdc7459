import { AwsError } from './kernel/errors.ts';
import type { Kernel } from './kernel/kernel.ts';
import { toBytes, toText, type WireRequest, type WireResponse } from './protocols/wire.ts';
import type { Ec2Service } from './services/ec2/index.ts';

/** What a person can break here and nowhere on AWS; instances are terminated by EC2's own API. */
const breakages = ['cut-zone', 'join-zone', 'lose-volume'] as const;

/** The path at which the region says what can be broken, and breaks it. */
const faultsPath = '/_trivet/faults';

/** Answers at `faultsPath`; undefined for every other path. */
export interface Control {
  answer(request: WireRequest): WireResponse | undefined;
}

/**
 * The region's own door for breaking it: `GET` says what is broken, `POST` with `{"fault":"cut-zone","zone":"us-east-1a"}`, `join-zone` or
 * `{"fault":"lose-volume","volumeId":"vol-…"}` breaks. A page that somebody's browser shows from elsewhere cannot use it: the host must be
 * this machine, and the content type is one for which browsers ask first.
 */
export function createControl(kernel: Kernel): Control {
  const cuts = new Map<string, () => void>();
  const state = () => ({ faults: breakages, zonesCut: [...cuts.keys()].sort() });

  const cutZone = (zone: string): string | undefined => {
    if (!kernel.zones.includes(zone)) return `zone names no zone of ${kernel.region}: ${zone || 'none'}`;
    if (cuts.has(zone)) return undefined;
    const ends = [ec2Of(kernel).faults.zoneOutage(zone), kernel.machines.holdZone(zone)];
    cuts.set(zone, () => {
      for (const end of ends) end();
    });
    return undefined;
  };
  const joinZone = (zone: string): undefined => {
    cuts.get(zone)?.();
    cuts.delete(zone);
  };
  const loseVolume = (volumeId: string): string | undefined => {
    try {
      ec2Of(kernel).faults.loseVolume(volumeId);
      return undefined;
    } catch (error) {
      if (error instanceof AwsError) return error.message;
      throw error;
    }
  };

  const carryOut = (body: Uint8Array): WireResponse => {
    const order = parseOrder(toText(body));
    const { fault, volumeId = '', zone = '' } = order ?? {};
    let problem: string | undefined;
    if (fault === 'cut-zone') problem = cutZone(zone);
    else if (fault === 'join-zone') problem = joinZone(zone);
    else if (fault === 'lose-volume') problem = loseVolume(volumeId);
    else problem = `fault is one of ${breakages.join(', ')}`;
    return problem === undefined ? json(200, state()) : json(400, { message: problem });
  };

  return {
    answer(request) {
      if (request.path !== faultsPath) return undefined;
      if (!isHere(request.host)) return json(403, { message: 'this is answered on this machine alone' });
      if (request.method === 'GET') return json(200, state());
      if (request.method !== 'POST') return json(405, { message: 'GET or POST' });
      if (!/^application\/json\b/.test(request.headers['content-type'] ?? ''))
        return json(415, { message: 'content-type is application/json' });
      return carryOut(request.body);
    },
  };
}

const ec2Of = (kernel: Kernel): Ec2Service => kernel.service('ec2') as Ec2Service;

/** Another name than these, even where it leads to this machine, is a page's that was made to (DNS rebinding). */
function isHere(host: string): boolean {
  return /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host);
}

interface Order {
  readonly fault?: string;
  readonly volumeId?: string;
  readonly zone?: string;
}

function parseOrder(text: string): Order | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null) return undefined;
    return Object.fromEntries(Object.entries(parsed).filter(([, value]) => typeof value === 'string'));
  } catch {
    return undefined;
  }
}

function json(status: number, body: object): WireResponse {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: toBytes(`${JSON.stringify(body)}\n`),
  };
}
