import type { VolumeType } from '@aws-sdk/client-ec2';
import { refuse } from '../../common/request.ts';
import type { VolumeSettings } from './volume.ts';

interface TypeLimits {
  /** GiB. */
  readonly size: readonly [number, number];
  /** Provisioned IOPS, where the type has them. */
  readonly iops?: readonly [number, number];
  readonly iopsPerGib?: number;
  /** Provisioned MiB/s, where the type has them. */
  readonly throughput?: readonly [number, number];
}

/** Limits of the volume types (facts §3; API reference of CreateVolume). */
const limits: Readonly<Partial<Record<VolumeType, TypeLimits>>> = {
  gp2: { size: [1, 16_384] },
  gp3: { size: [1, 65_536], iops: [3_000, 80_000], iopsPerGib: 500, throughput: [125, 2_000] },
  io1: { size: [4, 16_384], iops: [100, 64_000], iopsPerGib: 50 },
  io2: { size: [4, 65_536], iops: [100, 256_000], iopsPerGib: 1_000 },
  st1: { size: [125, 16_384] },
  sc1: { size: [125, 16_384] },
  standard: { size: [1, 1_024] },
};

/** gp3 gives at most a quarter of a MiB/s for each provisioned operation. */
const throughputPerIops = 0.25;

export interface WantedSettings {
  readonly type: VolumeType | undefined;
  readonly size: number | undefined;
  readonly iops: number | undefined;
  readonly throughput: number | undefined;
}

/**
 * The settings of a new or modified volume, with EC2's defaults: gp2, and 3,000 IOPS and 125 MiB/s for gp3.
 * @throws AwsError InvalidParameterValue, InvalidParameterCombination, MissingParameter
 */
export function volumeSettings(wanted: WantedSettings): VolumeSettings {
  const type = wanted.type ?? 'gp2';
  const limit = limits[type];
  if (limit === undefined)
    refuse(
      'InvalidParameterValue',
      `Value (${type}) for parameter volumeType is invalid. Unknown volume type.`,
    );
  if (wanted.size === undefined)
    refuse('MissingParameter', 'The request must contain the parameter size/snapshot');
  const size = within('Volume size', wanted.size, limit.size, 'GiB');
  const iops = provisioned(type, 'iops', wanted.iops, limit.iops);
  const throughput = provisioned(type, 'throughput', wanted.throughput, limit.throughput);
  if (iops !== undefined) checkRatios(size, iops, throughput, limit);
  return { type, size, iops: iops ?? baselineIops(type, size), throughput };
}

function within(
  what: string,
  value: number,
  [lowest, highest]: readonly [number, number],
  unit = '',
): number {
  const given = `${what} of ${value}${unit}`;
  if (!Number.isInteger(value) || value < lowest)
    refuse('InvalidParameterValue', `${given} is too low; minimum is ${lowest}${unit}.`);
  if (value > highest) refuse('InvalidParameterValue', `${given} is too high; maximum is ${highest}${unit}.`);
  return value;
}

function provisioned(
  type: VolumeType,
  parameter: 'iops' | 'throughput',
  value: number | undefined,
  range: readonly [number, number] | undefined,
): number | undefined {
  if (range === undefined) {
    if (value !== undefined)
      refuse(
        'InvalidParameterCombination',
        `The parameter ${parameter} is not supported for ${type} volumes.`,
      );
    return undefined;
  }
  if (value !== undefined) return within(`Volume ${parameter}`, value, range);
  if (type === 'gp3') return range[0];
  refuse('MissingParameter', `The request must contain the parameter ${parameter} for volume type ${type}.`);
}

function checkRatios(size: number, iops: number, throughput: number | undefined, limit: TypeLimits): void {
  const included = limit.throughput === undefined ? 0 : (limit.iops?.[0] ?? 0);
  const perGib = limit.iopsPerGib ?? Number.POSITIVE_INFINITY;
  if (iops > included && iops / size > perGib)
    refuse(
      'InvalidParameterValue',
      `Iops to volume size ratio of ${(iops / size).toFixed(6)} is too high; maximum is ${perGib}.`,
    );
  if (throughput !== undefined && throughput / iops > throughputPerIops)
    refuse(
      'InvalidParameterValue',
      `Throughput (MiBps) to iops ratio of ${(throughput / iops).toFixed(6)} is too high; maximum is ${throughputPerIops} MiBps per iops.`,
    );
}

function baselineIops(type: VolumeType, size: number): number | undefined {
  return type === 'gp2' ? Math.min(Math.max(size * 3, 100), 16_000) : undefined;
}
