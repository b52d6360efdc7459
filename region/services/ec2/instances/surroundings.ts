import { AwsError } from '../../../kernel/errors.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import { refuse } from '../../common/request.ts';
import { checkImageReference } from '../launch-templates/data.ts';
import type { Ec2 } from '../store.ts';
import type { InstanceProfile } from './instance.ts';
import type { LaunchRequest } from './launch-request.ts';

/** The image of a launch, read from Parameter Store where the request says `resolve:ssm:`. @throws AwsError InvalidAMIID.NotFound and others */
export async function resolveImage({ kernel, faults }: Ec2, reference: string): Promise<string> {
  const imageId = reference.startsWith('resolve:ssm:')
    ? await readParameter(kernel, reference.slice('resolve:ssm:'.length))
    : reference;
  checkImageReference(imageId);
  if (faults.isImageMissing(imageId))
    refuse('InvalidAMIID.NotFound', `The image id '[${imageId}]' does not exist`);
  return imageId;
}

async function readParameter(kernel: Kernel, name: string): Promise<string> {
  try {
    const answer = await kernel.invoke<{ Parameter?: { Value?: string } }>('ssm', 'getParameter', {
      Name: name,
    });
    return answer.Parameter?.Value ?? '';
  } catch (error) {
    if (error instanceof AwsError && error.status < 500)
      refuse('InvalidParameterValue', `Unable to resolve the SSM parameter '${name}': ${error.message}`);
    throw error;
  }
}

interface ProfileAnswer {
  InstanceProfile?: {
    Arn?: string;
    InstanceProfileId?: string;
    Roles?: { Arn?: string }[];
  };
}

/** The instance profile of a launch and its role. @throws AwsError InvalidParameterValue for one that is not there or has no role */
export async function resolveProfile(
  { kernel }: Ec2,
  profile: LaunchRequest['profile'],
): Promise<InstanceProfile | undefined> {
  if (profile === undefined) return undefined;
  const { Name, Arn } = profile;
  if (Name !== undefined && Arn !== undefined)
    refuse(
      'InvalidParameterCombination',
      "The parameter 'iamInstanceProfile.name' may not be used in combination with 'iamInstanceProfile.arn'",
    );
  const parameter = Name === undefined ? 'iamInstanceProfile.arn' : 'iamInstanceProfile.name';
  const invalid = (): never =>
    refuse(
      'InvalidParameterValue',
      `Value (${Name ?? Arn}) for parameter ${parameter} is invalid. Invalid IAM Instance Profile ${Name === undefined ? 'ARN' : 'name'}`,
    );
  const InstanceProfileName = Name ?? Arn?.split('/').at(-1) ?? invalid();
  const answer = await kernel
    .invoke<ProfileAnswer>('iam', 'getInstanceProfile', { InstanceProfileName })
    .catch((error: unknown) => {
      if (error instanceof AwsError && error.status < 500) return undefined;
      throw error;
    });
  const found = answer?.InstanceProfile;
  if (found?.Arn === undefined || (Arn !== undefined && found.Arn !== Arn)) return invalid();
  const roleArn = found.Roles?.[0]?.Arn;
  if (roleArn === undefined)
    refuse('InvalidParameterValue', `IAM Instance Profile "${found.Arn}" has no associated IAM Roles`);
  return { arn: found.Arn, id: found.InstanceProfileId ?? '', roleArn };
}
