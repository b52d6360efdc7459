import type { Permissions } from '../permissions.ts';
import type { Scope } from '../scope.ts';
import { allow } from '../statements.ts';

/** Publishing reads public keys and writes public documents; the roles that are made are add-ons', never without their boundary. */
export function identityPermissions(scope: Scope): Permissions {
  return {
    'publish-issuer-documents': [
      ...scope.registry(),
      ...scope.readsObjects('clusters/*/pki/service-account.pub'),
      ...scope.writesIssuers,
    ],
    'ensure-add-on-roles': [
      ...scope.registry(),
      allow(['iam:CreateOpenIDConnectProvider'], [scope.issuerProvider], scope.makesTagged),
      allow(['iam:GetOpenIDConnectProvider'], [scope.issuerProvider]),
      // Tagging is also asked for by the call that makes it, when there is no tag to ask for yet.
      allow(
        ['iam:AddClientIDToOpenIDConnectProvider', 'iam:TagOpenIDConnectProvider'],
        [scope.issuerProvider],
      ),
      allow(['iam:CreateRole', 'iam:PutRolePolicy'], scope.addOnRoles, {
        StringEquals: { 'iam:PermissionsBoundary': scope.addOnBoundaryArn },
      }),
      allow(
        ['iam:GetRole', 'iam:GetRolePolicy', 'iam:TagRole', 'iam:UpdateAssumeRolePolicy'],
        scope.addOnRoles,
      ),
    ],
  };
}
