import type {
  DescribeAvailabilityZonesRequest,
  DescribeAvailabilityZonesResult,
  DescribeRegionsRequest,
  DescribeRegionsResult,
  EC2,
} from '@aws-sdk/client-ec2';
import type { Kernel, Operations } from '../../kernel/kernel.ts';
import { onlyPlayed, refuse } from '../common/request.ts';
import { describe } from './describe.ts';
import type { Ec2 } from './store.ts';

/** The id of a zone, the same in every account on AWS (`use1-az1`). */
export function zoneIdOf(kernel: Kernel, zone: string): string {
  return `use1-az${kernel.zones.indexOf(zone) + 1}`;
}

/** The zone that a request names by name or by id; the first one when it names none. @throws AwsError InvalidParameterValue */
export function zoneNameOf(kernel: Kernel, name: string | undefined, id?: string): string {
  const zone =
    name ?? (id === undefined ? kernel.zones[0] : kernel.zones.find((one) => zoneIdOf(kernel, one) === id));
  if (zone === undefined || !kernel.zones.includes(zone))
    refuse(
      'InvalidParameterValue',
      `Value (${name ?? id}) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: ${kernel.zones.join(', ')}.`,
    );
  return zone;
}

/** Refuses a zone that is none of this region's. @throws AwsError InvalidZone.NotFound */
export function requireZone(kernel: Kernel, zone: string): string {
  if (!kernel.zones.includes(zone)) refuse('InvalidZone.NotFound', `The zone '${zone}' does not exist.`);
  return zone;
}

function describeAvailabilityZones(
  ec2: Ec2,
  input: DescribeAvailabilityZonesRequest,
): DescribeAvailabilityZonesResult {
  const { kernel } = ec2;
  onlyPlayed('ec2.describeAvailabilityZones', input, [
    'ZoneNames',
    'ZoneIds',
    'Filters',
    'AllAvailabilityZones',
  ]);
  for (const name of input.ZoneNames ?? [])
    if (!kernel.zones.includes(name)) refuse('InvalidParameterValue', `Invalid availability zone: [${name}]`);
  const wanted = kernel.zones.filter(
    (zone) =>
      (!input.ZoneNames?.length || input.ZoneNames.includes(zone)) &&
      (!input.ZoneIds?.length || input.ZoneIds.includes(zoneIdOf(kernel, zone))),
  );
  const { items } = describe(
    { Filters: input.Filters },
    {
      kind: 'instance',
      items: wanted,
      idOf: (zone) => zone,
      filters: {
        'zone-name': (zone) => zone,
        'zone-id': (zone) => zoneIdOf(kernel, zone),
        'region-name': () => kernel.region,
        'zone-type': () => 'availability-zone',
        'opt-in-status': () => 'opt-in-not-required',
        state: () => 'available',
      },
      tags: ec2.tags,
    },
  );
  return {
    AvailabilityZones: items.map((zone) => ({
      ZoneName: zone,
      ZoneId: zoneIdOf(kernel, zone),
      RegionName: kernel.region,
      State: 'available',
      OptInStatus: 'opt-in-not-required',
      ZoneType: 'availability-zone',
      GroupName: `${kernel.region}-zg-1`,
      NetworkBorderGroup: kernel.region,
      Messages: [],
    })),
  };
}

function describeRegions({ kernel }: Ec2, input: DescribeRegionsRequest): DescribeRegionsResult {
  onlyPlayed('ec2.describeRegions', input, ['RegionNames', 'AllRegions']);
  const unknown = input.RegionNames?.find((name) => name !== kernel.region);
  if (unknown !== undefined) refuse('InvalidParameterValue', `Invalid region: ${unknown}`);
  return {
    Regions: [
      {
        RegionName: kernel.region,
        Endpoint: `ec2.${kernel.region}.amazonaws.com`,
        OptInStatus: 'opt-in-not-required',
      },
    ],
  };
}

/** Zones and regions. */
export function zoneOperations(ec2: Ec2): Operations<EC2> {
  return {
    describeAvailabilityZones: (input) => describeAvailabilityZones(ec2, input),
    describeRegions: (input) => describeRegions(ec2, input),
  };
}
