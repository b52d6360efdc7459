import type { Principal } from '../../kernel/kernel.ts';

/** Who a caller is by ARN. A role's session has one of its own: `assumed-role/<role name without path>/<session>`. */
export function sessionArn(accountId: string, principal: Principal): string {
  if (principal.kind !== 'role') return principal.arn;
  const roleName = principal.arn.slice(principal.arn.lastIndexOf('/') + 1);
  return `arn:aws:sts::${accountId}:assumed-role/${roleName}/${principal.sessionName ?? roleName}`;
}
