import type { Kernel } from '../../kernel/kernel.ts';
import type { IamService } from '../iam/index.ts';
import { played } from './played.ts';

/**
 * The ARN of the first principal that is not there: a role that nobody made, or a user other than the administrator. IAM, KMS and S3
 * refuse policies that name such a one. Principals are written as in a parsed policy (`AWS:<arn>`); others than this account's pass. A
 * region without IAM (a test's) knows nobody, and lets every name pass.
 */
export function missingPrincipal(kernel: Kernel, principals: readonly string[]): string | undefined {
  const iam = played<IamService>(kernel, 'iam');
  if (!iam) return undefined;
  const account = `arn:aws:iam::${kernel.accountId}:`;
  return principals
    .filter((principal) => principal.startsWith(`AWS:${account}`))
    .map((principal) => principal.slice('AWS:'.length))
    .find((arn) => {
      const resource = arn.slice(account.length);
      if (resource.startsWith('role/')) return iam.roleById(arn) === undefined;
      return resource.startsWith('user/') && resource !== 'user/administrator';
    });
}
