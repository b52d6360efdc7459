import type { Permissions } from '../permissions.ts';
import type { Scope } from '../scope.ts';

/** What is done to a cluster's API is done with certificates from the bucket; of AWS these tasks need no more than to read them. */
export function kubernetesPermissions(scope: Scope): Permissions {
  const asAdministrator = 'clusters/*/pki/kubernetes-admin/*';
  return {
    'verify-kubernetes': [
      ...scope.registry(),
      ...scope.readsObjects(asAdministrator, 'clusters/*/slots/*/reports/*'),
    ],
    'bootstrap-kubernetes': [
      ...scope.registry(),
      ...scope.readsObjects('clusters/*/pki/kubernetes-super-admin/*'),
    ],
    'apply-add-ons': [...scope.registry(), ...scope.readsObjects(asAdministrator)],
    'verify-add-ons': [...scope.registry(), ...scope.readsObjects(asAdministrator)],
    'finish-kubernetes': scope.registry('UpdateItem'),
  };
}
