/** One machine image of the region: what a public SSM parameter names, and what EC2's DescribeImages shows. */
export interface PublicImage {
  readonly parameter: string;
  readonly imageId: string;
  readonly architecture: 'arm64' | 'x86_64';
  readonly name: string;
}

const prefix = '/aws/service/ami-amazon-linux-latest/';

/**
 * Amazon Linux 2023 as the region knows it. The ids are made up and never change, so that a launch template's "latest" is stable; the
 * names and parameters are Amazon's.
 */
export const publicImages: readonly PublicImage[] = [
  {
    parameter: `${prefix}al2023-ami-kernel-default-arm64`,
    imageId: 'ami-0a12023defa0a1264',
    architecture: 'arm64',
    name: 'al2023-ami-2023.9.20251110.1-kernel-6.1-arm64',
  },
  {
    parameter: `${prefix}al2023-ami-kernel-default-x86_64`,
    imageId: 'ami-0a12023defa0a8664',
    architecture: 'x86_64',
    name: 'al2023-ami-2023.9.20251110.1-kernel-6.1-x86_64',
  },
  {
    parameter: `${prefix}al2023-ami-minimal-kernel-default-arm64`,
    imageId: 'ami-0a12023a111a1264a',
    architecture: 'arm64',
    name: 'al2023-ami-minimal-2023.9.20251110.1-kernel-6.1-arm64',
  },
  {
    parameter: `${prefix}al2023-ami-minimal-kernel-default-x86_64`,
    imageId: 'ami-0a12023a111a8664a',
    architecture: 'x86_64',
    name: 'al2023-ami-minimal-2023.9.20251110.1-kernel-6.1-x86_64',
  },
  {
    parameter: `${prefix}al2023-ami-kernel-6.1-arm64`,
    imageId: 'ami-0a12023defa0a1264',
    architecture: 'arm64',
    name: 'al2023-ami-2023.9.20251110.1-kernel-6.1-arm64',
  },
  {
    parameter: `${prefix}al2023-ami-kernel-6.1-x86_64`,
    imageId: 'ami-0a12023defa0a8664',
    architecture: 'x86_64',
    name: 'al2023-ami-2023.9.20251110.1-kernel-6.1-x86_64',
  },
];
