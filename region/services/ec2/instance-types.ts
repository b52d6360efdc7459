import type {
  DescribeInstanceTypeOfferingsRequest,
  DescribeInstanceTypeOfferingsResult,
  DescribeInstanceTypesRequest,
  DescribeInstanceTypesResult,
  EC2,
  InstanceTypeInfo,
  _InstanceType as InstanceTypeName,
} from '@aws-sdk/client-ec2';
import type { Operations } from '../../kernel/kernel.ts';
import { onlyPlayed, refuse } from '../common/request.ts';
import { describe } from './describe.ts';
import type { Ec2 } from './store.ts';
import { zoneIdOf } from './zones.ts';

type Architecture = 'x86_64' | 'arm64';

export interface InstanceTypeFacts {
  readonly name: string;
  readonly architecture: Architecture;
  readonly vcpus: number;
  readonly memoryMib: number;
}

/** Families that the region offers: architecture and GiB of memory for each vCPU. */
const families: Readonly<Record<string, { architecture: Architecture; gibPerVcpu: number }>> = {
  m5: { architecture: 'x86_64', gibPerVcpu: 4 },
  m6i: { architecture: 'x86_64', gibPerVcpu: 4 },
  m7i: { architecture: 'x86_64', gibPerVcpu: 4 },
  m6g: { architecture: 'arm64', gibPerVcpu: 4 },
  m7g: { architecture: 'arm64', gibPerVcpu: 4 },
  m8g: { architecture: 'arm64', gibPerVcpu: 4 },
  c6i: { architecture: 'x86_64', gibPerVcpu: 2 },
  c7i: { architecture: 'x86_64', gibPerVcpu: 2 },
  c6g: { architecture: 'arm64', gibPerVcpu: 2 },
  c7g: { architecture: 'arm64', gibPerVcpu: 2 },
  c8g: { architecture: 'arm64', gibPerVcpu: 2 },
  r6i: { architecture: 'x86_64', gibPerVcpu: 8 },
  r7i: { architecture: 'x86_64', gibPerVcpu: 8 },
  r6g: { architecture: 'arm64', gibPerVcpu: 8 },
  r7g: { architecture: 'arm64', gibPerVcpu: 8 },
  r8g: { architecture: 'arm64', gibPerVcpu: 8 },
};

/** vCPUs by size. */
const sizes: Readonly<Record<string, number>> = {
  large: 2,
  xlarge: 4,
  '2xlarge': 8,
  '4xlarge': 16,
  '8xlarge': 32,
};

/** Graviton families begin a size below the others. */
const sizesOf: Readonly<Record<Architecture, Readonly<Record<string, number>>>> = {
  x86_64: sizes,
  arm64: { medium: 1, ...sizes },
};

/** The burstable families: GiB of memory by size, always two vCPUs. */
const burstable: Readonly<Record<string, Architecture>> = { t3: 'x86_64', t3a: 'x86_64', t4g: 'arm64' };
const burstableGib: Readonly<Record<string, number>> = { nano: 0.5, micro: 1, small: 2, medium: 4, large: 8 };

const catalogue: ReadonlyMap<string, InstanceTypeFacts> = new Map(
  [
    ...Object.entries(families).flatMap(([family, { architecture, gibPerVcpu }]) =>
      Object.entries(sizesOf[architecture]).map(([size, vcpus]) => ({
        name: `${family}.${size}`,
        architecture,
        vcpus,
        memoryMib: vcpus * gibPerVcpu * 1024,
      })),
    ),
    ...Object.entries(burstable).flatMap(([family, architecture]) =>
      Object.entries(burstableGib).map(([size, gib]) => ({
        name: `${family}.${size}`,
        architecture,
        vcpus: 2,
        memoryMib: gib * 1024,
      })),
    ),
  ].map((facts) => [facts.name, facts]),
);

/** An instance type that the region offers. @throws AwsError InvalidParameterValue, as EC2 refuses a type that it does not have */
export function instanceTypeFacts(name: string): InstanceTypeFacts {
  const facts = catalogue.get(name);
  if (facts === undefined) refuse('InvalidParameterValue', `Invalid value '${name}' for InstanceType.`);
  return facts;
}

function view({ name, architecture, vcpus, memoryMib }: InstanceTypeFacts): InstanceTypeInfo {
  return {
    InstanceType: name as InstanceTypeName,
    CurrentGeneration: true,
    BareMetal: false,
    Hypervisor: 'nitro',
    SupportedUsageClasses: ['on-demand', 'spot'],
    ProcessorInfo: { SupportedArchitectures: [architecture] },
    VCpuInfo: { DefaultVCpus: vcpus },
    MemoryInfo: { SizeInMiB: memoryMib },
    BurstablePerformanceSupported: name.startsWith('t'),
  };
}

function describeInstanceTypes(ec2: Ec2, input: DescribeInstanceTypesRequest): DescribeInstanceTypesResult {
  onlyPlayed('ec2.describeInstanceTypes', input, ['InstanceTypes', 'Filters', 'NextToken', 'MaxResults']);
  for (const name of input.InstanceTypes ?? [])
    if (!catalogue.has(name))
      refuse('InvalidInstanceType', `The following supplied instance types do not exist: [${name}]`);
  const page = describe(input, {
    kind: 'instance',
    items: [...catalogue.values()],
    idOf: (type) => type.name,
    ids: input.InstanceTypes,
    filters: {
      'instance-type': (type) => type.name,
      'processor-info.supported-architecture': (type) => type.architecture,
      'vcpu-info.default-vcpus': (type) => String(type.vcpus),
      'memory-info.size-in-mib': (type) => String(type.memoryMib),
      'current-generation': () => 'true',
      'bare-metal': () => 'false',
    },
    tags: ec2.tags,
  });
  return { InstanceTypes: page.items.map(view), NextToken: page.nextToken };
}

function describeOfferings(
  ec2: Ec2,
  input: DescribeInstanceTypeOfferingsRequest,
): DescribeInstanceTypeOfferingsResult {
  onlyPlayed('ec2.describeInstanceTypeOfferings', input, [
    'LocationType',
    'Filters',
    'NextToken',
    'MaxResults',
  ]);
  const { kernel } = ec2;
  const LocationType = input.LocationType ?? 'region';
  const locations = {
    region: [kernel.region],
    'availability-zone': kernel.zones,
    'availability-zone-id': kernel.zones.map((zone) => zoneIdOf(kernel, zone)),
    outpost: [],
  }[LocationType];
  const items = [...catalogue.keys()].flatMap((type) => locations.map((location) => ({ type, location })));
  const page = describe(input, {
    kind: 'instance',
    items,
    idOf: ({ type, location }) => `${type} ${location}`,
    filters: { 'instance-type': ({ type }) => type, location: ({ location }) => location },
    tags: ec2.tags,
  });
  return {
    InstanceTypeOfferings: page.items.map(({ type, location }) => ({
      InstanceType: type as InstanceTypeName,
      LocationType,
      Location: location,
    })),
    NextToken: page.nextToken,
  };
}

/** Instance types and where they are offered: everywhere, in this region. */
export function instanceTypeOperations(ec2: Ec2): Operations<EC2> {
  return {
    describeInstanceTypes: (input) => describeInstanceTypes(ec2, input),
    describeInstanceTypeOfferings: (input) => describeOfferings(ec2, input),
  };
}
