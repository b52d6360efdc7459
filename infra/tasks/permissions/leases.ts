import type { Permissions } from '../permissions.ts';
import type { Scope } from '../scope.ts';
import { allow } from '../statements.ts';

/** Leases are items of the registry; whether a holder has ended, its execution says. */
export function leasePermissions(scope: Scope): Permissions {
  return {
    'acquire-lease': [...scope.registry('PutItem'), allow(['states:DescribeExecution'], [scope.execution])],
    'release-lease': scope.registry('PutItem'),
  };
}
