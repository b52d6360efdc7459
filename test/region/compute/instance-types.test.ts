import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InstanceTypeInfo } from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type ComputeRegion, computeRegion, refusal } from './region.ts';

let region: ComputeRegion;
beforeAll(async () => {
  region = await computeRegion();
});
afterAll(() => region.stop());

async function shape(name: string): Promise<string> {
  const { InstanceTypes } = await region.call<{ InstanceTypes: InstanceTypeInfo[] }>(
    'ec2',
    'describeInstanceTypes',
    { InstanceTypes: [name] },
  );
  const [type] = InstanceTypes;
  const [architecture] = type?.ProcessorInfo?.SupportedArchitectures ?? [];
  return `${architecture} ${type?.VCpuInfo?.DefaultVCpus} vCPU ${type?.MemoryInfo?.SizeInMiB} MiB`;
}

test.each([
  ['m7g.medium', 'arm64 1 vCPU 4096 MiB'],
  ['c6g.medium', 'arm64 1 vCPU 2048 MiB'],
  ['r8g.medium', 'arm64 1 vCPU 8192 MiB'],
  ['m6g.large', 'arm64 2 vCPU 8192 MiB'],
  ['c7i.xlarge', 'x86_64 4 vCPU 8192 MiB'],
  ['t4g.small', 'arm64 2 vCPU 2048 MiB'],
])('%s is %s', async (name, expected) => {
  expect(await shape(name)).toBe(expected);
});

test('there is no medium of a family that is not Graviton', async () => {
  expect(await refusal(shape('m7i.medium'))).toBe(
    'InvalidInstanceType: The following supplied instance types do not exist: [m7i.medium]',
  );
});

const folder = join(import.meta.dirname, '..', '..', '..', 'examples');

/** What is applied in a cluster (several documents) names no instance types. */
const specs = readdirSync(folder).filter((file) => !/^---$/m.test(readFileSync(join(folder, file), 'utf8')));

test.each(specs)('every instance type that examples/%s names is there, for arm64', async (file) => {
  const text = readFileSync(join(folder, file), 'utf8');
  const spec = parse(text) as {
    controlPlane: { instanceTypes: string[] };
    pools?: { instanceTypes: string[] }[];
  };
  for (const { instanceTypes } of [spec.controlPlane, ...(spec.pools ?? [])]) {
    const shapes = await Promise.all(instanceTypes.map(shape));
    expect(new Set(shapes.map((each) => each.split(' ')[0]))).toEqual(new Set(['arm64']));
  }
});
