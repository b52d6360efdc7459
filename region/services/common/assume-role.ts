import { AwsError } from '../../kernel/errors.ts';
import type { Kernel, Principal } from '../../kernel/kernel.ts';

/**
 * The principal that a service becomes by a role. Throws AccessDenied where the role is not there or does not trust the service
 * (`events.amazonaws.com`), as STS answers AssumeRole.
 */
export async function assumeRole(
  kernel: Kernel,
  roleArn: string,
  service: string,
  sessionName: string,
): Promise<Principal> {
  const refused = new AwsError(
    'AccessDenied',
    `${service} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`,
    { status: 403 },
  );
  try {
    const { Role } = await kernel.invoke<{ Role: { RoleId?: string; AssumeRolePolicyDocument?: string } }>(
      'iam',
      'getRole',
      {
        RoleName: roleArn.slice(roleArn.lastIndexOf('/') + 1),
      },
    );
    if (!decodeURIComponent(Role.AssumeRolePolicyDocument ?? '').includes(`"${service}"`)) throw refused;
    const userId = Role.RoleId === undefined ? {} : { userId: `${Role.RoleId}:${sessionName}` };
    return { kind: 'role', arn: roleArn, sessionName, ...userId };
  } catch (error) {
    if (error instanceof AwsError && error.code.startsWith('NoSuchEntity')) throw refused;
    throw error;
  }
}
