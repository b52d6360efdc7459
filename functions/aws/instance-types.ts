import {
  DescribeInstanceTypesCommand,
  EC2Client,
  type _InstanceType as InstanceTypeName,
} from '@aws-sdk/client-ec2';
import type { Config } from '../runtime/config.ts';
import type { InstanceTypeFact } from '../scaling/fresh-node.ts';
import { calling } from './classify.ts';
import { abortedBy, clientSettings } from './client-settings.ts';

export interface InstanceTypes {
  /** Those of `names` that the region knows. Throws AwsRefused where it does not know one of them. */
  describe(names: readonly string[], signal?: AbortSignal): Promise<InstanceTypeFact[]>;
}

/** DescribeInstanceTypes takes at most 100 names. */
const namesPerCallMax = 100;

export function makeInstanceTypes(config: Config): InstanceTypes {
  const client = new EC2Client(clientSettings(config));
  return {
    async describe(names, signal) {
      const facts: InstanceTypeFact[] = [];
      for (let from = 0; from < names.length; from += namesPerCallMax) {
        const InstanceTypes = names.slice(from, from + namesPerCallMax) as InstanceTypeName[];
        const command = new DescribeInstanceTypesCommand({ InstanceTypes });
        const call = client.send(command, abortedBy(signal));
        const found = await calling('ec2:DescribeInstanceTypes', call);
        for (const { InstanceType, VCpuInfo, MemoryInfo, ProcessorInfo } of found.InstanceTypes ?? [])
          facts.push({
            instanceType: InstanceType ?? '',
            vcpus: VCpuInfo?.DefaultVCpus ?? 0,
            memoryMebibytes: MemoryInfo?.SizeInMiB ?? 0,
            architecture: ProcessorInfo?.SupportedArchitectures?.includes('arm64') ? 'arm64' : 'x86_64',
          });
      }
      return facts;
    },
  };
}
